import { UpstreamError } from '../../errors.js';
import type { CallScope } from '../../upstream/http.js';
import { monotonicNow } from '../../values/clock.js';

const leaving = new WeakMap<AbortSignal, Set<() => void>>();

/** One listener serves all that wait on a signal: more than ten on one are taken for a leak. */
function onDeparture(signal: AbortSignal, leave: () => void): () => void {
  const waiting = leaving.get(signal) ?? new Set();
  if (!leaving.has(signal)) {
    leaving.set(signal, waiting);
    signal.addEventListener(
      'abort',
      () => {
        for (const one of waiting) one();
      },
      { once: true },
    );
  }
  waiting.add(leave);
  return () => {
    waiting.delete(leave);
  };
}

/** The answer, unless the asker's own time ends (kind `timeout`) or the asker leaves; whatever makes the answer goes on for others. */
export function untilDeparture<T>(
  answer: Promise<T>,
  { signal, deadline, credential }: CallScope,
  provider: string,
): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      clearTimeout(timer);
      stay();
      end();
    };
    const timer = setTimeout(
      () => {
        settle(() => {
          reject(
            new UpstreamError('timeout', {
              provider,
              operation: 'sharedRead',
              credential,
              delivery: 'unclear',
              detail: 'deadline',
            }),
          );
        });
      },
      Math.max(0, deadline - monotonicNow()),
    );
    const stay = signal
      ? onDeparture(signal, () => {
          settle(() => {
            reject(signal.reason as Error);
          });
        })
      : () => undefined;
    answer.then(
      (value) => {
        settle(() => {
          resolve(value);
        });
      },
      (error: unknown) => {
        settle(() => {
          reject(error as Error);
        });
      },
    );
  });
}
