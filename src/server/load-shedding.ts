/** How many operations there are, and how many were turned away, since the start. */
export interface OperationLoad {
  /** Begun and not yet answered; streams that are open are not among them. */
  readonly inFlight: number;
  /** Arrived, not yet begun. */
  readonly waiting: number;
  readonly refused: number;
}

/** An operation that has arrived: exactly one of the two is called, at once or in one of the next turns of the event loop. */
export interface Arrival {
  /** Begins it; `left` must follow once, when it is over. */
  readonly go: () => void;
  readonly refuse: () => void;
}

/** Takes on as many operations as the processor can carry, lets a burst wait for its turn, and turns the rest away. */
export interface LoadShedding {
  arrived(arrival: Arrival): void;
  left(): void;
  /** Whether an operation that arrives now would be refused; when it would, it is counted as refused. */
  turnAway(): boolean;
  load(): OperationLoad;
}

/** Whether one more operation may begin, for those who can wait for the answer. `left` must follow a yes. */
export function mayBegin(shedding: LoadShedding): boolean | Promise<boolean> {
  let may: boolean | undefined;
  let tell: ((may: boolean) => void) | undefined;
  const decide = (decided: boolean): void => {
    may = decided;
    tell?.(decided);
  };
  shedding.arrived({ go: () => decide(true), refuse: () => decide(false) });
  return may ?? new Promise((resolve) => (tell = resolve));
}

export interface LoadSheddingOptions {
  /** Operations in flight beyond which all others are refused, however idle the processor is. */
  readonly maxInFlight: number;
  /** Told of refusals, at most once a second. */
  readonly onRefused?: (refused: number) => void;
}

/** A turn of the event loop that takes longer makes everybody wait, health checks too. */
const TURN_MS = 50;
/** Operations begun in one turn: what is begun now has to be finished in turns to come. */
const FIRST_PER_TURN = 128;
const LEAST_PER_TURN = 32;
const MOST_PER_TURN = 1_024;
/** Operations that wait. A burst, or what has piled up during a pause, is worked off within a few turns… */
const BURST = 512;
/** …but a queue that has not been empty for so long is no burst: then no more wait than the next turn takes on. */
const BURST_MS = 500;
const REPORT_MS = 1_000;

/**
 * Makes the gate of one server. What it goes by is the time that the event loop takes for one turn, and not how many
 * operations there are: those that wait for a slow upstream cost nothing, and their number is bounded elsewhere, for each
 * upstream. `maxInFlight` stands above all of these bounds and guards the memory.
 */
export function createLoadShedding({ maxInFlight, onRefused }: LoadSheddingOptions): LoadShedding {
  let waiting: Arrival[] = [];
  let first = 0;
  let inFlight = 0;
  let refused = 0;
  let reported = 0;
  let perTurn = FIRST_PER_TURN;
  let begunThisTurn = 0;
  let mayWait = BURST;
  /** Time at which the turn began, or at which its first operation arrived after a rest; NaN at rest. */
  let turnBegan = NaN;
  let crowdedSince = NaN;

  const queued = (): number => waiting.length - first;
  const isFull = (): boolean => inFlight >= maxInFlight || queued() >= mayWait;

  function begin({ go }: Arrival): void {
    begunThisTurn += 1;
    inFlight += 1;
    go();
  }

  function count(): void {
    if (refused === reported && onRefused !== undefined) setTimeout(report, REPORT_MS).unref();
    refused += 1;
  }

  function report(): void {
    onRefused?.(refused - reported);
    reported = refused;
  }

  function refuse(arrival: Arrival): void {
    count();
    arrival.refuse();
  }

  function followTurns(): void {
    if (!Number.isNaN(turnBegan)) return;
    turnBegan = performance.now();
    setImmediate(endTurn);
  }

  /** Runs after all that the turn's sockets had to say; how long that took decides how much the next turn takes on. */
  function endTurn(): void {
    const now = performance.now();
    adapt(now - turnBegan);
    if (queued() === 0) crowdedSince = NaN;
    else if (Number.isNaN(crowdedSince)) crowdedSince = now;
    mayWait = now - crowdedSince > BURST_MS ? perTurn : BURST;
    begunThisTurn = 0;
    while (queued() > 0 && begunThisTurn < perTurn && inFlight < maxInFlight) begin(next());
    if (inFlight >= maxInFlight) while (queued() > 0) refuse(next());
    waiting = waiting.slice(first);
    first = 0;
    turnBegan = NaN;
    if (begunThisTurn > 0) followTurns();
  }

  function adapt(turnMs: number): void {
    if (turnMs > TURN_MS) perTurn = Math.max(LEAST_PER_TURN, Math.floor(perTurn * Math.max(0.5, TURN_MS / turnMs)));
    else if (queued() > 0 || perTurn < FIRST_PER_TURN) perTurn = Math.min(MOST_PER_TURN, perTurn + Math.ceil(perTurn / 8));
  }

  function next(): Arrival {
    const arrival = waiting[first] as Arrival;
    first += 1;
    return arrival;
  }

  return {
    arrived(arrival) {
      if (isFull()) return refuse(arrival);
      followTurns();
      if (queued() === 0 && begunThisTurn < perTurn) begin(arrival);
      else waiting.push(arrival);
    },
    left() {
      inFlight -= 1;
    },
    turnAway() {
      if (!isFull()) return false;
      count();
      return true;
    },
    load: () => ({ inFlight, waiting: queued(), refused }),
  };
}
