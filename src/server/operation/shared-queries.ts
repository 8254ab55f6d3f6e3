import type { ExecutionResult } from 'graphql';
import { GatewayError } from '../../errors.js';
import { Stay, unwatchDeparture, watchDeparture, type Departing, type Presence } from '../../values/departure.js';
import { isPromise, type MaybePromise } from '../../values/maybe-promise.js';
import { RebuiltMap } from '../../values/rebuilt-map.js';
import { createCallerNames, type NameCaller } from './caller-name.js';
import type { Executor, Run } from './prepared-run.js';
import type { CredentialHeaders, HeaderReader } from '../options.js';
import { monotonicNow } from '../../values/clock.js';
import type { Outcome } from './outcome.js';

/** What makes two requests the same question. */
export interface Question {
  /** All that was asked: document, operation and variables. */
  readonly question: string;
  readonly header: HeaderReader;
}

/** A question, and what its execution is stopped by. */
export interface Asking extends Question {
  /** The caller's, and that of all who join. */
  readonly stay: Stay;
}

/** An equal query of an equal caller that is under way. */
export interface Leader {
  readonly run: Run;
  /**
   * Its outcome; 'unknown' when it ended for reasons of its own, and each has to ask for himself. Rejects when the one who waits
   * leaves.
   */
  landing(waiting: Presence): Promise<Outcome | 'unknown'>;
}

export interface SharedQueries {
  /** Runs what stands for itself; mutations must come this way. */
  readonly alone: Executor;
  /** One that began just now, for whoever has not even read his own question yet. */
  underWay(asking: Question): Leader | undefined;
  /** Runs a query, or waits for an equal one of an equal caller that began just now. */
  query(run: Run, asking: Asking): MaybePromise<Outcome>;
}

/** A query under way and those who wait for it. Held only until it ends, so that no answer grows old in here. */
class Flight implements Leader {
  readonly startedAt = monotonicNow();
  private followers: Set<Follower> | undefined;
  private name: string | undefined;

  /** `mutations`: how many had begun or ended before. */
  constructor(
    readonly run: Run,
    readonly mutations: number,
    private readonly asking: Asking,
    private readonly nameCaller: NameCaller,
  ) {}

  get isGivenUp(): boolean {
    return this.asking.stay.aborted;
  }

  landing(waiting: Presence): Promise<Outcome | 'unknown'> {
    if (waiting.aborted) return Promise.reject(waiting.reason);
    return new Promise((resolve, reject) => {
      const follower = new Follower(this, waiting, resolve, reject);
      (this.followers ??= new Set()).add(follower);
      this.asking.stay.join();
    });
  }

  lose(follower: Follower, reason: unknown): void {
    if (this.followers?.delete(follower)) this.asking.stay.leave(reason);
  }

  land(outcome: Outcome | 'unknown'): void {
    if (this.followers === undefined) return;
    const { followers } = this;
    this.followers = undefined;
    this.asking.stay.end();
    for (const follower of followers) follower.land(outcome);
  }

  /** Worked out when somebody else asks the same, which most queries never see. */
  get caller(): string {
    return (this.name ??= this.nameCaller(this.asking.header));
  }
}

/** One who waits for the outcome of another's execution. */
class Follower implements Departing {
  constructor(
    private readonly flight: Flight,
    private readonly waiting: Presence,
    private readonly resolve: (landing: Outcome | 'unknown') => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    watchDeparture(waiting, this);
  }

  depart(reason: unknown): void {
    this.reject(reason);
    this.flight.lose(this, reason);
  }

  land(outcome: Outcome | 'unknown'): void {
    unwatchDeparture(this.waiting, this);
    this.resolve(outcome);
  }
}

/**
 * A query older than this is joined no more. Short, because what it read first may be out of date when its last read comes;
 * the reads themselves are shared for longer, each for itself.
 */
const JOINABLE_MS = 50;

/**
 * Lets equal queries of equal callers that come at the same moment be one execution: many tabs of one app, or a page that
 * thousands open at once. A mutation parts what was asked before from what comes after, so that nobody misses his own change.
 * When the caller of one that others have joined leaves it goes on for them, and is over for him when it ends; when all have left
 * it is stopped. With a person's token few equal queries come, and who that person is must be found out for each who
 * waits: those are shared elsewhere, by rules of their own.
 */
export function shareQueries(execute: Executor, credentials: CredentialHeaders): SharedQueries {
  const nameCaller = createCallerNames(credentials);
  const isPersonal = (header: HeaderReader) => credentials.personal.some((name) => header(name) !== null);
  /** By question; those of further callers who ask the same by caller and question. */
  const flights = new RebuiltMap<Flight>();
  let mutations = 0;

  /** Under which name a question of a caller is found. */
  function keyOf({ question, header }: Question): string {
    const first = flights.get(question);
    if (first === undefined) return question;
    const caller = nameCaller(header);
    return first.caller === caller ? question : `${caller} ${question}`;
  }

  function joinable(key: string): Flight | undefined {
    const flight = flights.get(key);
    const isFresh =
      flight?.mutations === mutations && !flight.isGivenUp && monotonicNow() - flight.startedAt <= JOINABLE_MS;
    return isFresh ? flight : undefined;
  }

  function lead(key: string, run: Run, asking: Asking): MaybePromise<Outcome> {
    const flight = new Flight(run, mutations, asking, nameCaller);
    flights.set(key, flight);
    const land = (outcome: Outcome | 'unknown'): void => {
      if (flights.get(key) === flight) flights.delete(key);
      flight.land(outcome);
    };
    const succeed = (result: ExecutionResult): Outcome => {
      const outcome = { result };
      land(asking.stay.aborted || hasOwnLimit(result) ? 'unknown' : outcome);
      return outcome;
    };
    const fail = (reason: unknown): never => {
      land('unknown');
      throw reason;
    };
    try {
      const result = execute(run);
      return isPromise(result) ? result.then(succeed, fail) : succeed(result);
    } catch (reason) {
      return fail(reason);
    }
  }

  async function follow(flight: Flight, run: Run, waiting: Presence): Promise<Outcome> {
    const landing = await flight.landing(waiting);
    return landing === 'unknown' ? { result: await execute(run) } : landing;
  }

  return {
    underWay: (asking) =>
      flights.get(asking.question) === undefined || isPersonal(asking.header) ? undefined : joinable(keyOf(asking)),
    query(run, asking) {
      if (isPersonal(asking.header)) return asOutcome(execute(run));
      const key = keyOf(asking);
      const equal = joinable(key);
      return equal === undefined ? lead(key, run, asking) : follow(equal, run, asking.stay);
    },
    alone(run) {
      if (run.operation.known.kind !== 'mutation') return execute(run);
      mutations += 1;
      const over = () => void (mutations += 1);
      const result = execute(run);
      if (isPromise(result)) return result.finally(over);
      over();
      return result;
    },
  };
}

/** Whether a limit of the one who asked was in the way: callers with equal credentials may come from other addresses. */
function hasOwnLimit({ errors }: ExecutionResult): boolean {
  return errors?.some(({ originalError: cause }) => isTooMany(cause)) === true;
}

function isTooMany(cause: unknown): boolean {
  return cause instanceof GatewayError && cause.code === 'TOO_MANY_REQUESTS';
}

/** What was executed for one alone. */
export function asOutcome(result: MaybePromise<ExecutionResult>): MaybePromise<Outcome> {
  return isPromise(result) ? result.then((settled) => ({ result: settled })) : { result };
}
