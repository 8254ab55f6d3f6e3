import { GatewayError, invalidInput } from '../errors.js';
import { keyHash, recordKeyOf, type RecordName } from './identity.js';
import type { Notes } from './notes.js';
import type { OpenEntry, OpenList } from './open-list.js';
import { freeRecord, type WriteRecord } from './record.js';
import { inProgress } from './write-errors.js';
import type { StoredRecord, WriteStore } from './store.js';
import type { OpenWrite, Resolution } from './writes.js';

/** The name under which the word of people is kept: as long as a payout's record. */
const nameOf = (recordKey: string, generation = 0): RecordName => ({
  recordKey,
  caller: 'operators',
  generation,
  lasting: true,
});

/** All open writes, oldest first; what has ended meanwhile leaves the list. */
export async function readOpenWrites(list: OpenList, notes: Notes, store: WriteStore): Promise<readonly OpenWrite[]> {
  const entries = await list.entries();
  const writes = await Promise.all(
    entries.map(async (entry): Promise<OpenWrite | undefined> => {
      const found = await store.read(nameOf(entry.recordKey));
      if (!found || !isOpen(found.record)) {
        await list.remove(entry.recordKey);
        return undefined;
      }
      const write = openWrite(entry, found.record);
      return { ...write, objectId: (await notes.read(entry.marker)) ?? write.objectId };
    }),
  );
  return writes
    .filter((write) => write !== undefined)
    .toSorted((a, b) => a.startedAt - b.startedAt || (a.recordKey < b.recordKey ? -1 : 1));
}

interface Tools {
  readonly open: OpenList;
  readonly notes: Notes;
  readonly store: WriteStore;
  readonly claimMs: number;
  readonly now: () => number;
}

/** Writes down what people have found out about an open write. */
export async function resolveOpenWrite(tools: Tools, resolution: Resolution): Promise<OpenWrite> {
  const { open, notes, store, claimMs, now } = tools;
  const { operation, key, applied, principal } = resolution;
  const [entry, found] = pick(await candidates(tools, resolution), recordKeyOf(operation, principal, key));
  const { record } = found;
  if (record.state !== 'UNKNOWN' && found.ageMs < claimMs && !found.orphaned) throw inProgress();
  const { payload, startedAt } = record;
  const details = { provider: entry.provider, operation, delivery: 'answered', conflict: 'DUPLICATE' } as const;
  const next: WriteRecord = applied
    ? { state: 'RESULT', payload, startedAt, outcome: { refusal: { kind: 'conflict', details } } }
    : freeRecord(payload, now());
  // People may be wrong: the next sending of this key looks at what was named for this one first.
  if (!applied && entry.marker !== '' && 'objectId' in record && record.objectId !== undefined)
    await notes.keepNamed(entry.marker, record.objectId);
  const name = nameOf(entry.recordKey, applied ? found.generation : found.generation + 1);
  // Somebody may have found it out in this very moment: their truth stands.
  if ((await store.replace(name, found.version, next)) === undefined) throw inProgress();
  await open.remove(entry.recordKey);
  return openWrite(entry, record);
}

type Candidate = readonly [OpenEntry, StoredRecord];

async function candidates({ open, store }: Tools, { operation, key, principal }: Resolution): Promise<Candidate[]> {
  const hash = keyHash(key);
  const listed = (await open.entries()).filter(
    (entry) => entry.operation === operation && entry.recordKey.endsWith(`:${hash}`),
  );
  const own = recordKeyOf(operation, principal, key);
  const named = listed.some(({ recordKey }) => recordKey === own)
    ? listed
    : [...listed, { recordKey: own, marker: '', provider: 'headgate', operation }];
  const read = await Promise.all(
    named.map(async (entry) => [entry, await store.read(nameOf(entry.recordKey))] as const),
  );
  return read.flatMap(([entry, found]): Candidate[] => (found && isOpen(found.record) ? [[entry, found]] : []));
}

function pick(open: readonly Candidate[], own: string): Candidate {
  const mine = open.find(([{ recordKey }]) => recordKey === own) ?? open[0];
  if (mine === undefined)
    throw new GatewayError('NOT_FOUND', 'No write of this operation is open under this idempotency key.');
  if (open.length > 1 && mine[0].recordKey !== own)
    throw invalidInput(
      'input.idempotencyKey',
      'is open for several callers, and not for yours: use the key of one of them',
    );
  return mine;
}

function isOpen(record: WriteRecord): boolean {
  return record.state !== 'RESULT' && !(record.state === 'INTENT' && record.freed === true);
}

function openWrite({ recordKey, operation, provider }: OpenEntry, record: WriteRecord): OpenWrite {
  const state = record.state === 'RESULT' ? 'UNKNOWN' : record.state;
  const fault = record.state === 'UNKNOWN' ? record.fault : undefined;
  const words = [fault?.status, fault?.upstreamCode, fault?.reason, fault?.detail].filter((word) => word !== undefined);
  return {
    recordKey,
    operation,
    provider,
    state,
    startedAt: record.startedAt,
    objectId: 'objectId' in record ? (record.objectId ?? null) : null,
    sentAt: 'sentAt' in record ? record.sentAt : null,
    lastFault: fault === undefined ? null : words.join(' ') || 'no answer',
  };
}
