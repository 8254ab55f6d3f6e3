import type { MaybePromise } from './maybe-promise.js';
import type { Turn } from './next-turn.js';

/** Work that may be cut wherever it yields. */
export type Steps<T> = Generator<void, T, void>;

/** Does the work: at once when it is never cut, else each part in a turn of its own. Rejects as `turn` does. */
export function takeSteps<T>(steps: Steps<T>, turn: Turn): MaybePromise<T> {
  const first = steps.next();
  return first.done === true ? first.value : takeOthers(steps, turn);
}

async function takeOthers<T>(steps: Steps<T>, turn: Turn): Promise<T> {
  for (;;) {
    await turn();
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
