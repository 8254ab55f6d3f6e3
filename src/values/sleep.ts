import { unwatchDeparture, watchDeparture, type Presence } from './departure.js';

/** Waits; rejects with the signal's reason as soon as it aborts. */
export function sleep(ms: number, signal?: Presence): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const sleeper = {
      depart(reason: unknown) {
        clearTimeout(timer);
        reject(reason);
      },
    };
    const timer = setTimeout(() => {
      if (signal) unwatchDeparture(signal, sleeper);
      resolve();
    }, ms);
    if (signal) watchDeparture(signal, sleeper);
  });
}
