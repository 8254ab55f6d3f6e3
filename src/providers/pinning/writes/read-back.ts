import { sleep } from '../../../values/sleep.js';
import { detailsOf, UpstreamError, type CallFacts } from '../../../errors.js';
import { outcomeUnknown } from '../../../unclear-ends.js';
import type { CallScope } from '../../../upstream/http.js';
import type { Attempt } from '../../../writes/writes.js';
import { cidKey, parseCid } from '../../../values/cid.js';
import { compareInstants, toMillis } from '../../../values/instant.js';
import type { ProviderDeps } from '../../provider.js';
import { allRows, USUAL_PAGE, type Sighting } from '../listing/all-rows.js';
import type { PinningClient } from '../client.js';
import type { ListedPin, ListPins } from '../listing/listing.js';
import type { Pin, PinInput } from '../model.js';
import type { ServiceMemory } from '../service-memory.js';

/** How much earlier than the attempt a pin may claim to be made and still be taken for the attempt's. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** What a write works with. */
export interface Work {
  readonly client: PinningClient;
  readonly token: string;
  readonly scope: CallScope;
  readonly memory: ServiceMemory;
  readonly deps: Pick<ProviderDeps, 'readbackDelayMs' | 'upstreamTimeoutMs' | 'writeTimeoutMs'>;
}

/** What a look for an attempt's pin found: the pin, nothing, or several that could be it. */
export type Finding = Pin | 'none' | 'ambiguous';

/**
 * Every pin of the content, in whatever state; rows of other content, which some services mix in, are left out. A service
 * that does not choose by content may have shown just one page of what it has.
 */
export async function rowsOf(work: Work, cid: string, scope: CallScope): Promise<Sighting> {
  const cids = parseCid(cid)?.spellings ?? [cid];
  const key = cidKey(cid);
  const list: ListPins = (request) => work.client.getPins(scope, work.token, request);
  const { rows, whole } = await allRows(list, cids, factsOf(work, 'getPins'));
  const own = rows.filter((row) => row.cidKey === null || row.cidKey === undefined || row.cidKey === key);
  const cut = own.length < rows.length && rows.length % USUAL_PAGE === 0;
  return { rows: own, whole: whole && !cut };
}

/** The pin, or null when there is none. */
export function pinOrNull(
  work: Pick<Work, 'client' | 'token'>,
  requestId: string,
  scope: Work['scope'],
): Promise<Pin | null> {
  return work.client.getPinByRequestId(scope, work.token, requestId).catch((error: unknown) => {
    if (saysNone(error)) return null;
    throw error;
  });
}

/** Whether a service refused because there is no such pin. */
export function saysNone(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'not_found';
}

/** The refusal of a service that would have said so itself. */
export function notThere(work: Work, operation: string): UpstreamError {
  return new UpstreamError('not_found', { ...factsOf(work, operation), delivery: 'answered' });
}

/**
 * Some services confirm whatever they are asked, even of pins that there are not, and their answers are the same with the pin
 * and without it: so a look comes first, and throws `not_found` when there is none. It is spared where this credential was
 * shown the pin lately, or the service refused this operation to it by itself; not where it is known to confirm anything,
 * nor where there is another `doubt`. Resolves with whether a look saw it.
 */
export async function checkThere(work: Work, requestId: string, operation: string, doubt = false): Promise<boolean> {
  const { client, memory, scope, token } = work;
  const { fingerprint } = scope;
  const needed = memory.confirmsAnything(fingerprint) || doubt;
  if (!needed && (memory.refusesMissing(fingerprint, operation) || memory.wasSeen(fingerprint, requestId)))
    return false;
  try {
    await client.getPinByRequestId(scope, token, requestId);
    memory.noteSeen(fingerprint, [requestId]);
    return true;
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    if (error.kind === 'not_found') throw new UpstreamError('not_found', { ...detailsOf(error), operation });
    // Where this is only a precaution, a service whose reads fail can still be asked to do it.
    if (needed) throw error;
    return false;
  }
}

/** Remembers that the service has said by itself, to this credential and operation, that there is no such pin. */
export function learnFrom(work: Work, operation: string, refusal: unknown): void {
  if (refusal instanceof UpstreamError && refusal.kind === 'not_found' && refusal.delivery === 'answered')
    work.memory.learnRefusesMissing(work.scope.fingerprint, operation);
}

/** The readable pins of a listing. */
export function pinsIn(rows: readonly ListedPin[]): Pin[] {
  return rows.flatMap(({ pin }) => (pin instanceof UpstreamError ? [] : [pin]));
}

/**
 * Finds the pin of an attempt: by its marker, or, where the service may have dropped that, as the only unmarked pin of this
 * name made since. `existing` names the pins that were there before: another that is dated long before the attempt is not its own, nor
 * proof that there is none, since clocks of services may be wrong. When that was not recorded, a pin made shortly before the attempt
 * could be anybody's. A row that cannot be read proves nothing: while it may be the pin, nothing is found. Nor
 * does a listing that holds more than it showed prove that there is none.
 */
export async function findOwn(
  work: Work,
  { rows, whole }: Sighting,
  input: PinInput,
  attempt: Attempt,
  existing: ReadonlySet<string> | undefined,
): Promise<Finding> {
  const pins = pinsIn(rows);
  const marked = pins.find((pin) => pin.marker === attempt.marker);
  if (pins.some((pin) => pin.marker !== null)) work.memory.learnMarkers(work.scope.fingerprint, true);
  if (marked) return marked;
  if (rows.some((row) => row.pin instanceof UpstreamError && mayBeOwn(work, row, attempt, existing)))
    return 'ambiguous';
  const none = whole ? 'none' : 'ambiguous';
  if (work.memory.keepsMarkers(work.scope.fingerprint)) return none;
  const candidates = await notOthers(
    work,
    attempt,
    pins.filter((pin) => isLike(pin, input, existing)),
  );
  const dated = candidates?.filter((pin) => isDatedLike(pin, attempt));
  const [only, ...others] = dated ?? [];
  if (dated && !only) return existing && candidates?.length ? 'ambiguous' : none;
  if (!only || others.length > 0) return 'ambiguous';
  if (!existing && toMillis(only.createdAt) < attempt.startedAt) return 'ambiguous';
  return (await takes(work, attempt, only)) ? only : 'ambiguous';
}

/** Whether a pin without a marker is like the one asked for, and was not there before. */
function isLike({ marker, name, requestId }: Pin, input: PinInput, existing: ReadonlySet<string> | undefined): boolean {
  return marker === null && name === nameOf(input) && !existing?.has(requestId);
}

/** Whether a pin claims to be no older than it may be when the attempt made it. */
function isDatedLike({ createdAt }: Pin, { startedAt }: Attempt): boolean {
  return toMillis(createdAt) >= startedAt - CLOCK_SKEW_MS;
}

/** Whether nothing new is there that a service which drops markers now may have made for this attempt. */
export function showsNoneLike(work: Work, { rows }: Sighting, input: PinInput, attempt: Attempt): boolean {
  const existing = work.memory.existingBefore(attempt.marker);
  return !pinsIn(rows).some((pin) => isLike(pin, input, existing) && (existing || isDatedLike(pin, attempt)));
}

/**
 * Takes a pin that shows no marker for the key of this attempt; false when another key has it. Where the id of a pin is its content,
 * two keys get the same one.
 */
export async function takes(work: Work, attempt: Attempt, pin: Pin): Promise<boolean> {
  if (pin.marker !== null || parseCid(pin.requestId)) return true;
  return (await attempt.takes?.(objectOf(work, pin))) ?? true;
}

/** The pins that no other key has; undefined when nobody can tell. */
async function notOthers(work: Work, attempt: Attempt, pins: readonly Pin[]): Promise<readonly Pin[] | undefined> {
  if (pins.length === 0 || !attempt.taken) return pins;
  const taken = await attempt.taken(pins.map((pin) => objectOf(work, pin)));
  return taken && pins.filter((pin) => parseCid(pin.requestId) !== undefined || !taken.has(objectOf(work, pin)));
}

/** A pin by a name for all keys; one that is replaced under its id is another one. */
function objectOf({ scope }: Work, { requestId, cid }: Pin): string {
  return JSON.stringify([scope.fingerprint, requestId, cidKey(cid)]);
}

/** Whether a row that cannot be read may be the pin of this attempt, by what little it tells. */
function mayBeOwn(
  work: Work,
  { id, marker }: ListedPin,
  attempt: Attempt,
  existing: ReadonlySet<string> | undefined,
): boolean {
  if (marker === attempt.marker) return true;
  if (typeof marker === 'string' || existing?.has(id)) return false;
  return marker === undefined || !work.memory.keepsMarkers(work.scope.fingerprint);
}

/**
 * The look before a write that an earlier life may have sent already, or whose end could otherwise not be told on this
 * service. Resolves with the pin when the work is done, else with nothing; remembers what was there.
 */
export async function preRead(
  work: Work,
  input: PinInput,
  attempt: Attempt,
  operation: string,
): Promise<Pin | undefined> {
  if (!attempt.keyed && work.memory.keepsMarkers(work.scope.fingerprint)) return undefined;
  const seen = await rowsBefore(work, input, attempt);
  if (!seen) return undefined;
  const { rows } = seen;
  const before = work.memory.existingBefore(attempt.marker);
  const now = new Set(rows.map((row) => row.id));
  // What was here before a key's first sending cannot be its pin; but whether it is the first, only a readable marker tells.
  const doubtful = (row: ListedPin): boolean =>
    attempt.keyed && row.pin instanceof UpstreamError && row.marker === undefined;
  const there = new Set(rows.filter((row) => !doubtful(row)).map((row) => row.id));
  // What was begun under this key is looked for by its record; here some services count rows that there are not.
  const found = await findOwn(work, { rows, whole: true }, input, attempt, before ?? there);
  if (found === 'ambiguous') throw outcomeUnknown(factsOf(work, operation), undefined);
  if (found !== 'none') return found;
  if (!before && seen.whole) work.memory.rememberExisting(attempt.marker, now);
  return undefined;
}

/**
 * A key of the caller's may have been sent before, so without a look nothing is sent, and a listing that is paused is waited
 * for. Without such a key the look only helps to tell an unclear end: a service whose listings fail, or rest, can still take
 * pins.
 */
async function rowsBefore(work: Work, input: PinInput, attempt: Attempt): Promise<Sighting | undefined> {
  const patienceMs = attempt.keyed ? Infinity : 0;
  try {
    return await rowsOf(work, input.cid, { ...work.scope, patienceMs });
  } catch (error) {
    if (attempt.keyed || !(error instanceof UpstreamError)) throw error;
    return undefined;
  }
}

/** Waits for the only gap there is between two looks. */
export function readbackPause(work: Work): Promise<void> {
  return sleep(work.deps.readbackDelayMs);
}

/** The facts of an error that is about the whole write. */
export function factsOf(work: Work, operation: string): CallFacts {
  return { provider: work.client.provider, operation, credential: work.scope.credential };
}

/** The name as a service would show it: one that repeats the CID says nothing, and reads as none. */
export function nameOf(input: PinInput): string | null {
  return input.name === '' || input.name === input.cid ? null : input.name;
}

/** Newest first. */
export function newestFirst(pins: readonly Pin[]): Pin[] {
  return [...pins].sort((a, b) => compareInstants(b.createdAt, a.createdAt));
}
