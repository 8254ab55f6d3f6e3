import { UpstreamError } from '../errors.js';
import { RebuiltMap } from '../values/rebuilt-map.js';
import { unwatchDeparture, watchDeparture, type Departing } from '../values/departure.js';
import { Fault } from './fault.js';
import type { Call, CallScope } from './http.js';
import { monotonicNow } from '../values/clock.js';
import { freeze } from '../values/freeze.js';

/** A read older than this is joined no more: what it brings may be out of date for whoever asks now. */
const JOINABLE_MS = 2_000;

/** A read under way and those who wait for it. Held only until it ends, so that no answer grows old in here. */
interface Flight {
  readonly startedAt: number;
  /** Writes that had begun or ended before. */
  readonly writes: number;
  /** Whoever asks is no operator, and has less room. */
  readonly byStranger: boolean;
  followers: Follower[] | undefined;
}

/** What the end of the leader's read means for the others: its outcome, or nothing, when it ended for reasons of its own. */
type Landing = { readonly value: unknown } | { readonly error: UpstreamError } | 'unknown';

/**
 * Lets equal reads of one credential that are under way at the same time be one. Each waits with its own signal and
 * deadline; when the one that asks leaves early, another asks anew. A write parts what was asked before from what comes
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

  /** Runs the read, or waits for an equal one that runs already; rejects as the read itself would. */
  share<T>(call: Call<T>, scope: CallScope, provider: string, run: () => Promise<T>): Promise<T> {
    const key = `${scope.fingerprint} ${scope.credential} ${call.operation} ${call.method} ${call.path} ${call.body ?? ''}`;
    if (this.joinable(key) === undefined) return this.lead(key, scope, run);
    const late = () =>
      new Fault('timeout', 'unsent', { detail: 'deadline' }).toError(provider, call.operation, scope.credential);
    return this.follow(key, scope, late, run);
  }

  private joinable(key: string): Flight | undefined {
    const flight = this.flights.get(key);
    return flight !== undefined && flight.writes === this.writes && monotonicNow() - flight.startedAt <= JOINABLE_MS
      ? flight
      : undefined;
  }

  private async follow<T>(key: string, scope: CallScope, late: () => Error, run: () => Promise<T>): Promise<T> {
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
    return this.lead(key, scope, run);
  }

  private lead<T>(key: string, scope: CallScope, run: () => Promise<T>): Promise<T> {
    const flight: Flight = {
      startedAt: monotonicNow(),
      writes: this.writes,
      byStranger: scope.byStranger === true,
      followers: undefined,
    };
    this.flights.set(key, flight);
    return run().then(
      (value) => {
        const followers = this.land(key, flight);
        if (followers !== undefined) tell(followers, { value: freeze(value) });
        return value;
      },
      (error: unknown) => {
        const theirs =
          error instanceof UpstreamError && scope.signal?.aborted !== true && monotonicNow() < scope.deadline;
        tell(this.land(key, flight) ?? [], theirs ? { error } : 'unknown');
        throw error;
      },
    );
  }

  /** Takes the flight down; those who wait for it. */
  private land(key: string, flight: Flight): readonly Follower[] | undefined {
    if (this.flights.get(key) === flight) this.flights.delete(key);
    const { followers } = flight;
    flight.followers = undefined;
    return followers;
  }
}

function tell(followers: readonly Follower[], landing: Landing): void {
  for (const follower of followers) follower.land(landing);
}

/** One who waits; leaves with its own signal or at its own deadline. */
class Follower implements Departing {
  private readonly timer: NodeJS.Timeout;
  private settled = false;

  constructor(
    flight: Flight,
    private readonly scope: CallScope,
    late: () => Error,
    private readonly resolve: (landing: Landing) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    this.timer = setTimeout(() => this.depart(late()), Math.max(0, scope.deadline - monotonicNow()));
    (flight.followers ??= []).push(this);
    if (scope.signal?.aborted) this.depart(scope.signal.reason);
    else if (scope.signal) watchDeparture(scope.signal, this);
  }

  depart(reason: unknown): void {
    if (this.settle()) this.reject(reason);
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
