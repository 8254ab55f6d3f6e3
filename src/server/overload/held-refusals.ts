import type { Clock } from './clock.js';

/** Refusals of those who come back at once go out so often. */
export const HOLD_MS = 30;

/** Lets refusals out, each at once or with others a little later. `took` is told the processor time that a batch of them cost. */
export function createHeldRefusals(clock: Clock, took: (ms: number) => void) {
  const held: (() => void)[] = [];

  function letOut(): void {
    const began = clock.spent();
    for (const refuse of held.splice(0)) refuse();
    took(clock.spent() - began);
  }

  return (refuse: () => void, now: boolean): void => {
    if (now) refuse();
    else if (held.push(refuse) === 1) clock.after(HOLD_MS, letOut);
  };
}
