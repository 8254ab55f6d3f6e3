/** How many operations there are, and how many were turned away, since the start. */
export interface OperationLoad {
  /** Begun and not yet answered; streams that are open are not among them. */
  readonly inFlight: number;
  /** Arrived, not yet begun. */
  readonly waiting: number;
  readonly refused: number;
}

/** An operation that has arrived: exactly one of the two is called, soon. */
export interface Arrival {
  /** Begins it; `left` must follow once, when it is over. */
  readonly go: () => void;
  readonly refuse: () => void;
}

/** Takes on as many operations as the processor can carry, lets a burst wait for its turn, and turns the rest away. */
export interface LoadShedding {
  arrived(arrival: Arrival): void;
  left(): void;
  /** A connection was accepted. */
  connected(): void;
  /** For what has not become an operation yet: whether it is refused, which then happens soon. False says nothing about later. */
  turnAway(refuse: () => void): boolean;
  load(): OperationLoad;
}

/** Refusals of one turn that are held back. */
interface Held {
  readonly since: number;
  readonly refusals: readonly (() => void)[];
}

export interface LoadSheddingOptions {
  /** Operations in flight beyond which all others are refused, however idle the processor is. */
  readonly maxInFlight: number;
  /** Told of refusals, at most once a second. */
  readonly onRefused?: (refused: number) => void;
}

/**
 * What operations may take of one turn of the event loop. Everybody else waits meanwhile: health checks, answers of upstreams,
 * and above all new connections, of which each turn takes but one.
 */
const TURN_MS = 8;
/** Reading a request costs about as much as writing its refusal; operations get at least as much time as both. */
const READ_AND_REFUSE = 2;
/** Operations begun in one turn: what is begun now has to be finished in turns to come. */
const FIRST_PER_TURN = 64;
const LEAST_PER_TURN = 4;
const MOST_PER_TURN = 512;
/**
 * After a turn that accepted a connection more may stand in line, of which each turn takes but one. So operations pause while
 * they come in, half a second at most, and a tenth of the time in the long run; when that is used up, they go on slowly.
 */
const PAUSE_MS = 500;
const PAUSE_SHARE = 0.1;
const MOST_WHILE_CONNECTING = 2;
/** Operations that wait. A burst, or what has piled up during a pause, is worked off within a few turns… */
const BURST = 1_000;
/** …but a queue that has not been empty for so long is no burst: then no more wait than these turns take on. */
const BURST_MS = 500;
const TURNS_TO_WAIT = 16;
/** A refusal is held back for so long: whoever asks again at once is no cheaper to refuse the second time. */
const HOLD_MS = 30;
const MOST_HELD = 5_000;
const REPORT_MS = 1_000;
/** Asking for the time spent costs a system call, so that turns share one look at it for so long. */
const LOOK_MS = 5;

/** Where other work makes turns long, operations keep their part: a thousand a second, or 250 when turns are very long. */
function leastAfter(turnMs: number): number {
  return Math.max(LEAST_PER_TURN, Math.floor(Math.min(turnMs, 16)), Math.floor(turnMs / 4));
}

/** What the processor has spent on this process, in milliseconds. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/**
 * Makes the gate of one server. What it goes by is the time that one turn of the event loop costs, and not how many
 * operations there are: those that wait for a slow upstream cost nothing, and their number is bounded elsewhere, for each
 * upstream. `maxInFlight` stands above all of these bounds and guards the memory.
 */
export function createLoadShedding({ maxInFlight, onRefused }: LoadSheddingOptions): LoadShedding {
  let waiting: Arrival[] = [];
  let first = 0;
  let unwanted: (() => void)[] = [];
  /** Those of earlier turns, by the time at which they came. */
  const held: Held[] = [];
  let holding = 0;
  let refusingMs = 0;
  let inFlight = 0;
  let refused = 0;
  let reported = 0;
  let perTurn = FIRST_PER_TURN;
  let begunThisTurn = 0;
  /** What this turn takes on at most: `perTurn`, or less. */
  let mostThisTurn = perTurn;
  let accepted = false;
  let pauseMs = PAUSE_MS;
  let pauseAt = 0;
  let mayWait = BURST;
  /** When the turn began, or when its first operation arrived after a rest; NaN at rest. */
  let turnBegan = NaN;
  let lookedAt = -Infinity;
  let spentBefore = 0;
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

  /**
   * Not before the end of the turn: whoever asks again at once would be heard in the same turn, which then might not end, and
   * nobody else would be served.
   */
  function refuseSoon(refuse: () => void): void {
    count();
    unwanted.push(refuse);
  }

  /** Those who have been held for long enough; all, when the processor has time for them. */
  function refuseDue(now: number): void {
    if (unwanted.length > 0) held.push({ since: now, refusals: unwanted });
    holding += unwanted.length;
    unwanted = [];
    const began = held.length > 0 ? spent() : 0;
    while (held[0] !== undefined && (queued() === 0 || holding > MOST_HELD || now - held[0].since >= HOLD_MS)) {
      const [{ refusals }] = held.splice(0, 1) as [Held];
      holding -= refusals.length;
      for (const refuse of refusals) refuse();
    }
    refusingMs = began > 0 ? spent() - began : 0;
  }

  function followTurns(): void {
    if (!Number.isNaN(turnBegan)) return;
    turnBegan = performance.now();
    if (turnBegan - lookedAt >= LOOK_MS) {
      lookedAt = turnBegan;
      spentBefore = spent();
    }
    setImmediate(endTurn);
  }

  /** What a turn cost: of a long one, time in which others had the core is not ours to save. */
  function costOf(turnMs: number): number {
    return turnMs <= TURN_MS ? turnMs : Math.min(turnMs, spent() - spentBefore);
  }

  /** Runs after all that the turn's sockets had to say; how long that took decides how much the next turn takes on. */
  function endTurn(): void {
    const now = performance.now();
    adapt(costOf(now - turnBegan));
    if (queued() === 0) crowdedSince = NaN;
    else if (Number.isNaN(crowdedSince)) crowdedSince = now;
    mayWait = now - crowdedSince > BURST_MS ? perTurn * TURNS_TO_WAIT : BURST;
    begunThisTurn = 0;
    mostThisTurn = mostAfter(now - turnBegan, now);
    while (queued() > 0 && begunThisTurn < mostThisTurn && inFlight < maxInFlight) begin(next());
    if (inFlight >= maxInFlight) while (queued() > 0) refuseSoon(next().refuse);
    waiting = waiting.slice(first);
    first = 0;
    turnBegan = NaN;
    if (begunThisTurn > 0 || queued() > 0) followTurns();
    refuseDue(now);
  }

  /** How many operations the turn after this one takes on. */
  function mostAfter(turnMs: number, now: number): number {
    pauseMs = Math.min(PAUSE_MS, pauseMs + (now - pauseAt) * PAUSE_SHARE);
    pauseAt = now;
    if (!accepted) return perTurn;
    accepted = false;
    pauseMs -= Math.min(pauseMs, turnMs);
    return pauseMs > 0 ? 0 : MOST_WHILE_CONNECTING;
  }

  function adapt(turnMs: number): void {
    const onRefusals = refusingMs * READ_AND_REFUSE;
    const share = Math.max(TURN_MS, onRefusals) / (turnMs - onRefusals);
    if (share > 0 && share < 1) perTurn = Math.max(leastAfter(turnMs), Math.floor(perTurn * Math.max(0.5, share)));
    else if (queued() > 0 || perTurn < FIRST_PER_TURN)
      perTurn = Math.min(MOST_PER_TURN, perTurn + Math.ceil(perTurn / 8));
  }

  function next(): Arrival {
    const arrival = waiting[first] as Arrival;
    first += 1;
    return arrival;
  }

  return {
    arrived(arrival) {
      followTurns();
      if (isFull()) refuseSoon(arrival.refuse);
      else if (queued() === 0 && begunThisTurn < mostThisTurn) begin(arrival);
      else waiting.push(arrival);
    },
    left() {
      inFlight -= 1;
    },
    connected() {
      accepted = true;
      followTurns();
    },
    turnAway(refuse) {
      if (!isFull()) return false;
      followTurns();
      refuseSoon(refuse);
      return true;
    },
    load: () => ({ inFlight, waiting: queued(), refused }),
  };
}
