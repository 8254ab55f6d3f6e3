/** As it was at the start: a test that holds the clock does not hold this. */
const atTurnEnd = setImmediate;

/** Those who wait; one of them goes on in each turn of the event loop, and whatever else is due comes between. */
const waiting: (() => void)[] = [];

/** Lets others run before more of a long work is done; may reject, when nobody wants it any more. */
export type Turn = () => Promise<void>;

/** Lets everything else run first: for work that is long, and can be cut. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) atTurnEnd(goOn);
  });
}

function goOn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) atTurnEnd(goOn);
}
