import { Breaker, type Verdict } from './breaker.js';
import { Bulkhead, type Comer, type Room } from './bulkhead.js';
import { Fault } from './fault.js';
import type { CircuitState, HttpSettings, UpstreamLoad } from './http.js';
import { Silence } from './silence.js';
import { monotonicNow } from '../values/clock.js';
import type { Presence } from '../values/departure.js';

/** How an attempt ended. */
export interface Leaving {
  readonly pass: number;
  readonly comer: Comer;
  readonly verdict: Verdict;
  /** What the call asked for: 500s count once several shapes got one. */
  readonly shape: string;
  /** When it went out, if it did. */
  readonly sentAt: number | undefined;
  /** An answer of any kind ends a silence. */
  readonly answered: boolean;
}

/**
 * What stands before the reads, or the writes, of one class of calls to one upstream: a circuit breaker and a bulkhead.
 * While the upstream is silent, the bulkhead is no wider than what is needed to open the circuit, since whatever else
 * is sent would only wait.
 */
export class Gate {
  private readonly breaker: Breaker;
  private readonly bulkhead: Bulkhead;
  private readonly silence: Silence;
  private readonly narrow: number;
  /** A read that its client gave up no sooner than this says something, if nothing else is heard. */
  private readonly tellingMs: number;

  constructor(
    settings: HttpSettings,
    private readonly room: Room,
    onChange: (circuit: CircuitState['circuit']) => void,
  ) {
    this.narrow = settings.breakerMinRequests;
    this.tellingMs = settings.upstreamTimeoutMs / 2;
    this.silence = new Silence(Math.ceil(this.narrow / 4));
    this.bulkhead = new Bulkhead(room);
    this.breaker = new Breaker(settings, (circuit) => {
      // Nobody waits for an upstream that is known to be down.
      if (circuit === 'OPEN') this.bulkhead.dismiss(circuitOpen());
      onChange(circuit);
    });
  }

  circuit(now: number): CircuitState['circuit'] {
    return this.breaker.circuit(now);
  }

  load(now: number): Pick<UpstreamLoad, 'circuit' | 'inFlight' | 'queued'> {
    return { circuit: this.breaker.circuit(now), inFlight: this.bulkhead.inFlight, queued: this.bulkhead.queued };
  }

  /** Lets an attempt in: the pass for `leave`, undefined when it has to wait its turn; throws a `circuit_open` Fault. */
  tryEnter(comer: Comer, now: number): number | undefined {
    // Before anything else, so that nobody queues for an open circuit.
    if (this.breaker.refuses(now)) throw circuitOpen();
    if (!this.bulkhead.tryEnter(comer, this.limitAt(now))) return undefined;
    return this.breaker.enter(now);
  }

  /** Waits for a turn; rejects with an `overloaded` or `circuit_open` Fault, or with the signal's reason. */
  async wait(comer: Comer, maxMs: number, signal: Presence | undefined): Promise<number> {
    await this.bulkhead.wait(comer, maxMs, signal);
    const now = monotonicNow();
    const pass = this.breaker.enter(now);
    if (pass !== undefined) return pass;
    this.bulkhead.leave(comer, this.limitAt(now));
    throw circuitOpen();
  }

  /** An attempt that was let in goes out on the wire. */
  sent(): void {
    this.silence.sent();
  }

  /** Must follow every entry. */
  leave({ pass, comer, verdict, shape, sentAt, answered }: Leaving): void {
    const now = monotonicNow();
    let said = verdict;
    if (sentAt !== undefined) {
      // Or clients less patient than we are would keep the circuit of a dead upstream closed.
      if (verdict === 'neutral' && !answered && now - sentAt >= this.tellingMs && this.silence.lasts) said = 'bad';
      if (answered) this.silence.heard(now - sentAt);
      else this.silence.lost();
    }
    this.breaker.leave(pass, said, shape, now);
    this.bulkhead.leave(comer, this.bulkhead.queued === 0 ? this.room.limit : this.limitAt(now));
  }

  /** The upstream could not be connected to: no call of any class would get further. */
  unreachable(): void {
    this.breaker.note(monotonicNow());
  }

  private limitAt(now: number): number {
    // A probe is one alone, and must not wait for those from before.
    if (!this.silence.lasts || !this.breaker.closed) return this.room.limit;
    return Math.min(this.room.limit, Math.max(1, this.narrow - this.breaker.recentFailures(now)));
  }
}

function circuitOpen(): Fault {
  return new Fault('circuit_open', 'unsent');
}
