import type { OperationLoad } from '../options.js';
import { Behind, type Arrival, type Privilege } from './behind.js';
import { processClock, type Clock } from './clock.js';
import { createHeldRefusals } from './held-refusals.js';

export interface GateOptions {
  readonly maxInFlight: number;
  readonly operators?: number | undefined;
  readonly onRefused?: () => void;
  readonly clock?: Clock;
}

/** What one turn of the event loop may cost while operations wait. README.md has the figures that chose these. */
const TURN_MS = 8;
/** Operations that may begin in one turn, at first and at rest. */
const FIRST_PER_TURN = 128;
const LEAST_PER_TURN = 8;
/** Who would wait for longer is refused. */
const TURNS = 8;
/** Beyond what may be in flight operators have room for one in so many more: whoever fills the rest stops nobody else's money. */
const OPERATORS_PART = 8;

/**
 * Begins as many operations in each turn as keep turns short: one more after a short turn, half as many after a long one. Others
 * wait in line; a full line refuses. What waits for an upstream costs no time and does not count, but for the memory it holds.
 */
export function createGate({ maxInFlight, operators, onRefused, clock = processClock }: GateOptions) {
  const waiting: Arrival[] = [];
  const behind = new Behind<Arrival>(FIRST_PER_TURN, operators);
  /** Patience: turns that may be waited for. All when a burst meets an empty line, one when there has been a line for as many. */
  let [inFlight, refused, perTurn, patience] = [0, 0, FIRST_PER_TURN, TURNS];
  let [begun, followed] = [0, false];
  /** Processor time of the process when the turn began; NaN when there was little to do: such a turn is not judged. */
  let spentBefore = NaN;
  const stand = (): number => waiting.length + behind.length;
  const most = maxInFlight + Math.ceil(maxInFlight / OPERATORS_PART);
  const isFull = (): boolean => inFlight >= maxInFlight || waiting.length >= perTurn * patience;
  /** In whose name one may stand behind the full line. */
  const nameBehind = (ask?: Privilege): string | null => (inFlight >= most ? null : behind.nameFor(ask));
  /** Every other one comes from behind. */
  const next = (): Arrival | undefined =>
    (begun % 2 ? undefined : behind.shift()) ??
    (inFlight < maxInFlight ? waiting.shift() : undefined) ??
    behind.shift();

  function begin(arrival: Arrival): void {
    begun += 1;
    inFlight += 1;
    arrival.go();
  }

  const letOut = createHeldRefusals(clock, (ms) => void (spentBefore += ms)); // Fewer operations would not make it less.
  function refuseSoon(refuse: () => void, now = false): void {
    refused += 1;
    onRefused?.();
    letOut(refuse, now);
  }

  function followTurn(): void {
    if (!followed) clock.atTurnEnd(endTurn);
    followed = true;
  }

  /** Runs when the turn has heard all that its sockets had to say. */
  function endTurn(): void {
    const isBusy = stand() > 0 || begun > LEAST_PER_TURN;
    const spent = isBusy ? clock.spent() : NaN;
    if (spent - spentBefore > TURN_MS) perTurn = Math.max(LEAST_PER_TURN, Math.floor(perTurn / 2));
    else if (begun >= perTurn || (patience === TURNS && perTurn < FIRST_PER_TURN)) perTurn += 1;
    [begun, followed, spentBefore] = [0, false, spent];
    for (let one; begun < perTurn && inFlight < most && (one = next()) !== undefined;) begin(one);
    patience = waiting.length > 0 ? Math.max(1, patience - 1) : Math.min(TURNS, patience + 1);
    if (inFlight >= maxInFlight) for (const { refuse } of waiting.splice(0)) refuseSoon(refuse);
    if (inFlight >= most) for (const { refuse } of behind.empty()) refuseSoon(refuse);
    if (isBusy) followTurn();
  }

  return {
    arrived(arrival: Arrival): void {
      followTurn();
      if (isFull()) {
        const name = nameBehind(arrival.privilege);
        if (name === null) refuseSoon(arrival.refuse);
        else behind.push(arrival, name);
      } else if (stand() === 0 && begun < perTurn) begin(arrival);
      else waiting.push(arrival);
    },
    left: (): void => void (inFlight -= 1),
    /** For what is no operation yet: whether it is refused, now or soon. False says nothing about later. */
    turnAway: (refuse: () => void, now = false, privilege?: Privilege): boolean =>
      isFull() && nameBehind(privilege) === null && (refuseSoon(refuse, now), true),
    load: (): OperationLoad => ({ inFlight, waiting: stand(), refused }),
  };
}
