import { UpstreamError } from '../errors.js';
import { RebuiltMap } from '../values/rebuilt-map.js';
import { Stay, unwatchDeparture, watchDeparture, type Departing } from '../values/departure.js';
import type { Waiting } from './call-progress.js';
import { Fault } from './fault.js';
import type { Call, CallScope } from './http.js';
import { monotonicNow } from '../values/clock.js';
import { freeze } from '../values/freeze.js';

/** A read older than this is joined no more: what it brings may be out of date for whoever asks now. */
const JOINABLE_MS = 2_000;

/** What the end of the read means for those who joined: its outcome, or nothing, when it ended for the leader's own reasons. */
type Landing = { readonly value: unknown } | { readonly error: UpstreamError } | 'unknown';

/**
 * Lets equal reads of one credential that are under way at the same time be one. Each waits with its own signal and
 * deadline, the one who asks like those who join: the read goes on while anybody waits, and is stopped when all have left.
 * Its retries are planned by the deadline of the one who asks. A write parts what was asked before from what comes
 * after, so that nobody misses his own change. What is shared is frozen.
 */
export class InFlight {
  private readonly flights = new RebuiltMap<Flight>();
  private writes = 0;

  /** Runs a write. */
  apart<T>(run: () => Promise<T>): Promise<T> {
    this.writes += 1;
    return run().finally(() => {
      this.writes += 1;
    });
  }

  /** Runs the read for whoever waits for it, or waits for an equal one that runs already; rejects as the read itself would. */
  share<T>(call: Call<T>, scope: CallScope, provider: string, run: (waiting: Waiting) => Promise<T>): Promise<T> {
    const key = `${scope.fingerprint} ${scope.credential} ${call.operation} ${call.method} ${call.path} ${call.body ?? ''}`;
    const late = () =>
      new Fault('timeout', 'unsent', { detail: 'deadline' }).toError(provider, call.operation, scope.credential);
    return this.joinable(key) === undefined ? this.lead(key, scope, late, run) : this.follow(key, scope, late, run);
  }

  private joinable(key: string): Flight | undefined {
    const flight = this.flights.get(key);
    const isFresh =
      flight?.writes === this.writes && !flight.aborted && monotonicNow() - flight.startedAt <= JOINABLE_MS;
    return isFresh ? flight : undefined;
  }

  private async follow<T>(
    key: string,
    scope: CallScope,
    late: () => Error,
    run: (waiting: Waiting) => Promise<T>,
  ): Promise<T> {
    for (let flight = this.joinable(key); flight !== undefined; flight = this.joinable(key)) {
      const joined = flight;
      const landing = await new Promise<Landing>(
        (resolve, reject) => new Follower(joined, scope, late, resolve, reject),
      );
      if (landing === 'unknown') continue;
      if ('error' in landing) {
        // That there was no room for a stranger says nothing of the room for operators.
        if (landing.error.kind === 'overloaded' && joined.byStranger && scope.byStranger !== true) break;
        throw landing.error;
      }
      // Equal keys are equal calls, so this is what the caller's own read would have brought.
      return landing.value as T;
    }
    return this.lead(key, scope, late, run);
  }

  private lead<T>(key: string, scope: CallScope, late: () => Error, run: (waiting: Waiting) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const flight = new Flight(scope, this.writes, late, reject);
      this.flights.set(key, flight);
      run(flight).then(
        (value) => {
          this.takeDown(key, flight);
          flight.land(value);
          resolve(value);
        },
        (error: unknown) => {
          this.takeDown(key, flight);
          flight.fail(error);
          reject(error);
        },
      );
    });
  }

  private takeDown(key: string, flight: Flight): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
  }
}

/**
 * A read under way and all who wait for it, whose presence together is that of the one for whom it is made. Held only until
 * it ends, so that no answer grows old in here. What only a read needs that others join is made when one does.
 */
class Flight extends Stay implements Waiting {
  readonly startedAt = monotonicNow();
  private followers: Follower[] | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** `writes`: how many had begun or ended before. `reject` ends the wait of the one who asked, the leader. */
  constructor(
    private readonly leader: CallScope,
    readonly writes: number,
    private readonly late: () => Error,
    private readonly reject: (reason: unknown) => void,
  ) {
    super(leader.signal);
  }

  get signal(): Stay {
    return this;
  }

  /** The last of all who wait. */
  get deadline(): number {
    let last = this.leader.deadline;
    for (const { deadline } of this.followers ?? []) if (deadline > last) last = deadline;
    return last;
  }

  /** Whoever asked is no operator, and has less room. */
  get byStranger(): boolean {
    return this.leader.byStranger === true;
  }

  take(follower: Follower): void {
    (this.followers ??= []).push(follower);
    this.join();
    const { deadline } = this.leader;
    if (follower.deadline > deadline)
      this.timer ??= setTimeout(() => this.depart(this.late()), Math.max(0, deadline - monotonicNow()));
  }

  lose(follower: Follower, reason: unknown): void {
    const index = this.followers?.indexOf(follower) ?? -1;
    if (index < 0) return;
    this.followers?.splice(index, 1);
    this.leave(reason);
  }

  land(value: unknown): void {
    if (this.followers !== undefined) this.tell({ value: freeze(value) });
  }

  /** Beyond the leader's deadline, and of what is no upstream's, a failure says nothing to those who have more time. */
  fail(error: unknown): void {
    if (this.followers === undefined) return;
    const theirs = error instanceof UpstreamError && !this.aborted && monotonicNow() < this.leader.deadline;
    this.tell(theirs ? { error } : 'unknown');
  }

  protected override leftBehind(reason: unknown): void {
    this.reject(reason);
  }

  private tell(landing: Landing): void {
    clearTimeout(this.timer);
    const { followers = [] } = this;
    this.followers = [];
    this.end();
    for (const follower of followers) follower.land(landing);
  }
}

/** One who waits; leaves with its own signal or at its own deadline. */
class Follower implements Departing {
  readonly deadline: number;
  private readonly timer: NodeJS.Timeout;
  private settled = false;

  constructor(
    private readonly flight: Flight,
    private readonly scope: CallScope,
    late: () => Error,
    private readonly resolve: (landing: Landing) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    this.deadline = scope.deadline;
    this.timer = setTimeout(() => this.depart(late()), Math.max(0, scope.deadline - monotonicNow()));
    flight.take(this);
    if (scope.signal?.aborted) this.depart(scope.signal.reason);
    else if (scope.signal) watchDeparture(scope.signal, this);
  }

  depart(reason: unknown): void {
    if (!this.settle()) return;
    this.reject(reason);
    this.flight.lose(this, reason);
  }

  land(landing: Landing): void {
    if (this.settle()) this.resolve(landing);
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.timer);
    if (this.scope.signal) unwatchDeparture(this.scope.signal, this);
    return true;
  }
}
