import type { Clock } from '../../src/server/overload/clock.js';
import { HOLD_MS } from '../../src/server/overload/held-refusals.js';
import { createGate } from '../../src/server/overload/turn-gate.js';

/** A clock that is turned by hand: turns of the event loop take as long, and cost as much, as a test says. */
export interface HandClock extends Clock {
  readonly now: number;
  /** The process works for so long. */
  work(ms: number): void;
  /** Nothing happens for so long. */
  rest(ms: number): void;
  /** What is due runs, as timers do at the beginning of a turn; then what was left for its end. */
  endTurn(): void;
  /** When the next timer is due; Infinity for none. */
  readonly nextTimer: number;
  /** Whether something wants to hear of the turn's end. */
  readonly awaited: boolean;
}

export function createHandClock(): HandClock {
  let [now, spent] = [0, 0];
  let atEnd: (() => void)[] = [];
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  return {
    get now() {
      return now;
    },
    get nextTimer() {
      return timers.reduce((first, { at }) => Math.min(first, at), Infinity);
    },
    get awaited() {
      return atEnd.length > 0;
    },
    spent: () => spent,
    atTurnEnd: (run) => void atEnd.push(run),
    after: (ms, run) => void timers.push({ at: now + ms, run }),
    work(ms) {
      now += ms;
      spent += ms;
    },
    rest(ms) {
      now += ms;
    },
    endTurn() {
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
      const ends = atEnd;
      atEnd = [];
      for (const run of ends) run();
    },
  };
}

export interface Harness {
  readonly gate: ReturnType<typeof createGate>;
  readonly clock: HandClock;
  readonly begun: number[];
  readonly refused: number[];
  /** With a name they are an operator's. */
  arrive(count: number, operator?: string): void;
  /** Lets the loop be busy for so long, or have an idle part too, and then ends the turn. */
  turn(ms: number, busyMs?: number): void;
  end(count: number): void;
}

/** A gate, and what it did with numbered arrivals. */
export function harness(maxInFlight = 100_000, onRefused?: () => void): Harness {
  const clock = createHandClock();
  const gate = createGate({ maxInFlight, clock, ...(onRefused ? { onRefused } : {}) });
  const begun: number[] = [];
  const refused: number[] = [];
  let arrivals = 0;
  return {
    gate,
    clock,
    begun,
    refused,
    arrive(count, operator) {
      for (let one = 0; one < count; one += 1) {
        const number = (arrivals += 1);
        gate.arrived({
          go: () => begun.push(number),
          refuse: () => refused.push(number),
          privilege: () => operator ?? null,
        });
      }
    },
    turn(ms, busyMs = ms) {
      clock.work(busyMs);
      clock.rest(ms - busyMs);
      clock.endTurn();
    },
    end(count) {
      for (let one = 0; one < count; one += 1) gate.left();
    },
  };
}

/** Milliseconds of processor that each step takes: README.md of `src/server/overload` has them as measured. */
export interface Costs {
  readonly parse: number;
  readonly begin: number;
  readonly finish: number;
  /** Of an operation that is refused before it is parsed: to look at it, and to answer. */
  readonly look: number;
  readonly refuse: number;
  readonly accept: number;
  readonly turn: number;
}
export const light: Costs = {
  parse: 0.04,
  begin: 0.08,
  finish: 0.08,
  look: 0.012,
  refuse: 0.013,
  accept: 0.1,
  turn: 0.05,
};
export const mixed: Costs = { ...light, begin: 0.16, finish: 0.2 };

export interface Flooded {
  /** Good answers within the patience, as a share of what the processor could do. */
  readonly goodput: number;
  readonly refused99: number;
  /** Of probes that open a connection each. */
  readonly liveness99: number;
  readonly lost: number;
}

interface Waiting {
  readonly at: number;
  readonly probe: boolean;
  /** When the connection's last request was refused; undefined for its first one, which is always parsed. */
  readonly refusedAt: number | undefined;
}

const RISE_MS = 2_000;
const UNTIL_MS = 5_000;
const BACKLOG = 4_096;
/** As `headgate serve` has it. */
const ACCEPTS_PER_TURN = 16;
const PATIENCE_MS = 2_000;
const UPSTREAM_MS = 1;
const PROBE_EVERY_MS = 50;

/**
 * An instance in numbers: an open crowd sends `times` what the processor can do, and opens a connection whenever none is free;
 * each turn accepts some, hears all that was sent, and ends. Counts after the crowd has come.
 */
export function flood(costs: Costs, times: number, random: () => number): Flooded {
  const clock = createHandClock();
  const gate = createGate({ maxInFlight: 4_000, clock });
  const capacity = 1 / (costs.parse + costs.begin + costs.finish);
  const backlog: Waiting[] = [];
  let [readable, running]: [Waiting[], { readonly due: number; readonly at: number }[]] = [[], []];
  let [nextArrival, nextProbe, good, lost] = [0, 0, 0, 0];
  /** Connections that are free, the one that has been so for the longest first, with when they were refused. */
  const free: number[] = [];
  const refusedMs: number[] = [];
  const livenessMs: number[] = [];
  const counts = (at: number): boolean => at > RISE_MS;

  function dial(at: number, probe: boolean): void {
    if (backlog.length < BACKLOG) backlog.push({ at, probe, refusedAt: undefined });
    else lost += 1;
  }

  /** All that was sent until now. */
  function come(): void {
    for (; nextArrival <= clock.now; nextArrival -= Math.log(1 - random()) / pace(nextArrival)) {
      const refusedAt = free.shift();
      if (refusedAt === undefined) dial(nextArrival, false);
      else readable.push({ at: nextArrival, probe: false, refusedAt });
    }
    for (; nextProbe <= clock.now; nextProbe += PROBE_EVERY_MS) dial(nextProbe, true);
  }
  const pace = (at: number): number => capacity * times * Math.min(1, Math.max(0.05, at / RISE_MS));

  function hear({ at, probe, refusedAt }: Waiting): void {
    if (probe) {
      clock.work(costs.parse * 2);
      livenessMs.push(clock.now - at);
      return;
    }
    const refuse = (): void => {
      clock.work(costs.refuse);
      free.push(clock.now);
      if (counts(at)) refusedMs.push(clock.now - at);
    };
    if (refusedAt !== undefined) clock.work(costs.look);
    if (refusedAt !== undefined && gate.turnAway(refuse, clock.now - refusedAt > HOLD_MS)) return;
    clock.work(costs.parse);
    gate.arrived({
      go() {
        clock.work(costs.begin);
        running.push({ due: clock.now + UPSTREAM_MS, at });
      },
      refuse,
    });
  }

  while (clock.now < UNTIL_MS) {
    come();
    const [heard, done] = [readable, running.filter(({ due }) => due <= clock.now)];
    [readable, running] = [[], running.filter(({ due }) => due > clock.now)];
    clock.work(costs.turn);
    for (const next of backlog.splice(0, ACCEPTS_PER_TURN)) {
      clock.work(costs.accept);
      readable.push(next);
    }
    for (const { at } of done) {
      clock.work(costs.finish);
      gate.left();
      free.push(-Infinity);
      if (!counts(at)) continue;
      if (clock.now - at > PATIENCE_MS) lost += 1;
      else good += 1;
    }
    heard.forEach(hear);
    const isIdle = !clock.awaited && readable.length === 0;
    clock.endTurn();
    const upstream = running.reduce((first, { due }) => Math.min(first, due), Infinity);
    if (isIdle) clock.rest(Math.max(0, Math.min(nextArrival, nextProbe, clock.nextTimer, upstream) - clock.now));
  }
  return {
    goodput: good / (UNTIL_MS - RISE_MS) / capacity,
    refused99: percentile99(refusedMs),
    liveness99: percentile99(livenessMs),
    lost,
  };
}

function percentile99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}
