import { isDeepStrictEqual } from 'node:util';
import { UpstreamError, type UpstreamErrorKind } from '../../../errors.js';
import type { CallScope } from '../../../upstream/http.js';
import type { PollSource } from '../../../polling/polling.js';
import { callScope } from '../../provider.js';
import type { PinningClient } from '../client.js';
import type { ListPins } from '../listing/listing.js';
import type { Pin, PinStatus } from '../model.js';
import { inParallel } from '../../../values/in-parallel.js';
import { correct, ListingDoubt } from './poll-doubt.js';
import { isOutOfReach, readEach } from './poll-each.js';
import { cidGroups, readByCids, walkInProgress, type PinReadings } from './poll-listings.js';
import { PollMemory, type ListingPlan } from './poll-plan.js';
import { createServiceMemory, type ServiceMemory } from '../service-memory.js';
import type { PinningCredential } from '../session.js';
import { monotonicNow } from '../../../values/clock.js';

export interface PollSourceOptions {
  readonly firstIntervalMs: number;
  /** How long one call of a poll may take. */
  readonly attemptTimeoutMs: number;
}

type PollClient = Pick<
  PinningClient,
  'service' | 'baseUrl' | 'getPins' | 'getPinByRequestId' | 'listBudget' | 'pausedUntil'
>;

const LONGEST_PAUSE_MS = 60_000;
const LISTINGS_AT_ONCE = 5;
const none: ReadonlySet<string> = new Set();
const finalStatuses: ReadonlySet<PinStatus> = new Set(['PINNED', 'FAILED', 'REMOVED']);
const hopelessKinds: ReadonlySet<UpstreamErrorKind> = new Set([
  'unauthorized',
  'forbidden',
  'rejected',
  'insufficient_funds',
]);

/** Watches pins of one service with one credential, in the fewest calls that are known to work there. */
export function createPollSource(
  client: PollClient,
  credential: PinningCredential,
  options: PollSourceOptions,
  memory: Pick<ServiceMemory, 'wasAdded' | 'wasRemoved' | 'noteSeen'> = createServiceMemory(),
): PollSource<Pin> {
  const { fingerprint } = credential;
  const reader = new PinReader(client, credential, options.attemptTimeoutMs);
  return {
    key: JSON.stringify(['pins', client.service, client.baseUrl, fingerprint]),
    firstIntervalMs: options.firstIntervalMs,
    async read(ids, known, signal) {
      const readings = await reader.read(ids, known, signal);
      const seen = [...readings].filter(([, reading]) => reading !== null && !(reading instanceof Error));
      memory.noteSeen(
        fingerprint,
        seen.map(([id]) => id),
      );
      return readings;
    },
    changed: (before, after) =>
      before.status !== after.status ||
      !isDeepStrictEqual(before.info, after.info) ||
      // Services list their peers in any order.
      !isDeepStrictEqual(before.delegates.toSorted(), after.delegates.toSorted()),
    expects: (id) => memory.wasAdded(fingerprint, id),
    removed: (id) => memory.wasRemoved(fingerprint, id),
    final: (pin) => finalStatuses.has(pin.status),
    hopeless: (error) => error instanceof UpstreamError && hopelessKinds.has(error.kind),
    // A pause of the listings alone is no reason to wait: pins can be read by id meanwhile.
    notBefore: () => Math.min(client.pausedUntil(fingerprint), monotonicNow() + LONGEST_PAUSE_MS),
  };
}

/** Reads many pins by the cheapest plan, and remembers what each plan turned out to cost. */
class PinReader {
  readonly #memory = new PollMemory();
  readonly #doubt = new ListingDoubt();
  /** Ids that an earlier read had to leave out: they come first in the next one, or a short budget would starve them. */
  #owed: ReadonlySet<string> = new Set();

  constructor(
    private readonly client: PollClient,
    private readonly credential: PinningCredential,
    private readonly timeoutMs: number,
  ) {}

  async read(ids: readonly string[], known: ReadonlyMap<string, Pin>, signal: AbortSignal): Promise<PinReadings> {
    const readings: PinReadings = new Map();
    const plan = this.#memory.choose(ids, known, (listings) => this.#affords(listings));
    const ended = plan === 'list' ? await this.#readList(ids, readings, signal) : none;
    if (plan === 'cids') await this.#readCids(ids, known, readings, signal);
    const listed = new Map(
      [...readings].filter((entry): entry is [string, Pin] => entry[1] !== null && !(entry[1] instanceof Error)),
    );
    // What a listing does not show has finished, failed or gone, or is merely not shown: only the pin itself can tell.
    const left = ids.filter((id) => !readings.has(id));
    await this.#readLeft(left, readings, signal);
    if (plan === 'ids') return readings;
    this.#learnStrays(plan, ids, new Set(left), readings);
    // What is in progress although a listing showed its end is asked itself from now on, whichever way the others are listed.
    this.#learnStrays('cids', [...ended], ended, readings);
    await this.#recheck(plan, listed, readings, signal);
    return readings;
  }

  async #readLeft(left: readonly string[], readings: PinReadings, signal: AbortSignal): Promise<void> {
    const owedFirst = left.toSorted((a, b) => Number(this.#owed.has(b)) - Number(this.#owed.has(a)));
    this.#owed = new Set(await this.#readEach(owedFirst, readings, signal));
  }

  #readEach(ids: readonly string[], readings: PinReadings, signal: AbortSignal): Promise<readonly string[]> {
    const read = async (id: string): Promise<Pin> => {
      signal.throwIfAborted();
      return this.client.getPinByRequestId(this.#scope(signal), this.credential.fields.token, id);
    };
    return readEach(ids, read, readings);
  }

  /** Asks some of the pins that the listing showed in progress; when one is not where it was shown, all of them. */
  async #recheck(
    plan: ListingPlan,
    listed: ReadonlyMap<string, Pin>,
    readings: PinReadings,
    signal: AbortSignal,
  ): Promise<void> {
    const shown = [...listed].flatMap(([id, { status }]) => (finalStatuses.has(status) ? [] : [id]));
    const ask = async (ids: readonly string[]): Promise<readonly string[]> => {
      const own: PinReadings = new Map();
      await this.#readEach(ids, own, signal);
      const wrong = correct(listed, own, readings);
      // From now on the pin itself is asked, or its watchers would hear the listing's old word after its own.
      for (const id of wrong) this.#memory.learnStray(plan, id, true);
      return wrong;
    };
    const some = new Set(this.#doubt.pick(shown));
    if ((await ask([...some])).length > 0) await ask(shown.filter((id) => !some.has(id)));
  }

  /** Resolves with the pins that were shown at their end, which is not believed. */
  async #readList(ids: readonly string[], readings: PinReadings, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const wanted = new Set(ids.filter((id) => !this.#memory.isStray('list', id)));
    try {
      const walk = await walkInProgress(this.#list(signal), wanted, readings, () => this.#affords(1));
      this.#memory.learnList(walk.calls, walk.rows);
      if (walk.error !== undefined) this.#fallBack('list', walk.error, ids, readings);
      return walk.ended;
    } catch (error) {
      this.#fallBack('list', error, ids, readings);
      return none;
    }
  }

  async #readCids(
    ids: readonly string[],
    known: ReadonlyMap<string, Pin>,
    readings: PinReadings,
    signal: AbortSignal,
  ): Promise<void> {
    const list = this.#list(signal);
    const pins = ids.flatMap((id) => (this.#memory.isStray('cids', id) ? [] : (known.get(id) ?? [])));
    let failure: { readonly error: unknown } | undefined;
    await inParallel(cidGroups(this.client.baseUrl, pins), LISTINGS_AT_ONCE, async (group) => {
      if (failure) return;
      try {
        await readByCids(list, group.cids, group.ids, readings);
      } catch (error) {
        // The groups that have not been asked for would meet the same.
        failure ??= { error };
      }
    });
    if (failure) this.#fallBack('cids', failure.error, ids, readings);
  }

  /** After a listing failed: goes on by id, unless the service is out of reach or refuses the credential. */
  #fallBack(plan: ListingPlan, error: unknown, ids: readonly string[], readings: PinReadings): void {
    if (!(error instanceof UpstreamError)) throw error;
    if (isOutOfReach(error) || error.kind === 'unauthorized') {
      if (readings.size === 0) throw error;
      for (const id of ids) if (!readings.has(id)) readings.set(id, error);
    } else if (error.kind !== 'rate_limited') this.#memory.refuse(plan);
  }

  #learnStrays(plan: ListingPlan, ids: readonly string[], left: ReadonlySet<string>, readings: PinReadings): void {
    for (const id of ids) {
      const reading = readings.get(id);
      const inProgress = reading instanceof Error || !reading ? undefined : !finalStatuses.has(reading.status);
      if (inProgress !== undefined) this.#memory.learnStray(plan, id, inProgress && left.has(id));
    }
  }

  #affords(listings: number): boolean {
    const { fingerprint } = this.credential;
    if (this.client.pausedUntil(fingerprint, 'list') > monotonicNow()) return false;
    const budget = this.client.listBudget(fingerprint);
    // Watchers come last: what people may want to ask meanwhile is left to them.
    const reserve = budget?.limit === undefined ? 0 : Math.floor(budget.limit / 2);
    return !budget || budget.remaining - reserve >= listings;
  }

  #list(signal: AbortSignal): ListPins {
    return (request) => this.client.getPins(this.#scope(signal), this.credential.fields.token, request);
  }

  #scope(signal: AbortSignal): CallScope {
    return callScope({ signal, deadline: monotonicNow() + this.timeoutMs }, this.credential);
  }
}
