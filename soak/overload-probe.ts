import { get } from 'node:http';
import { answerWith } from '../bench/dialogue.js';

/** Asks an instance again and again whether it lives, each time on a new connection, as supervisors do. Runs in a process of its own. */

export interface ProbeOrder {
  readonly url: string;
  readonly everyMs: number;
  readonly forMs: number;
}

export interface ProbeReport {
  /** How long each answer took; infinite for none, or one that was not 200. */
  readonly ms: readonly (number | null)[];
  /** By how much each question came too late because this process was kept waiting: the same may have been done to its answer. */
  readonly lateMs: readonly number[];
}

const PATIENCE_MS = 5_000;

function ask(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = performance.now();
    const request = get(url, { agent: false, timeout: PATIENCE_MS }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200 ? performance.now() - asked : null));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(null));
  });
}

answerWith<ProbeOrder>(async ({ url, everyMs, forMs }) => {
  const asked: Promise<number | null>[] = [];
  const lateMs: number[] = [];
  const began = performance.now();
  for (let dueAt = began; dueAt < began + forMs; dueAt += everyMs) {
    await new Promise((resolve) => {
      setTimeout(resolve, dueAt - performance.now());
    });
    lateMs.push(performance.now() - dueAt);
    asked.push(ask(url));
  }
  return { ms: await Promise.all(asked), lateMs } satisfies ProbeReport;
});
