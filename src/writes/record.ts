import { detailsOf, type UpstreamError, type UpstreamErrorDetails, type UpstreamErrorKind } from '../errors.js';
import { CLEAR_REFUSALS, isForeignPage } from '../unclear-ends.js';
import type { Json } from '../values/json.js';

/** A final refusal, as it is kept and thrown again. */
export interface KeptRefusal {
  readonly kind: UpstreamErrorKind;
  readonly details: UpstreamErrorDetails;
}

/** What is remembered under one key. Times in epoch milliseconds. */
export type WriteRecord = {
  /** Fingerprint of the payload that this key stands for. */
  readonly payload: string;
  /** The first sending; until then, the beginning of the run. */
  readonly startedAt: number;
} & (
  | {
      /** Somebody is about to send. If they are gone, nothing was sent. */
      readonly state: 'INTENT';
      /** Set free by people after an end that nobody knew, and begun by nobody since: it may be sent once more, at once. */
      readonly freed?: boolean;
      /** Who runs it: writes the record anew all the time, as a sign of life. */
      readonly holder: string;
    }
  | {
      /** Somebody has (perhaps) sent. If they are gone, nobody knows how it ended. */
      readonly state: 'SENT';
      readonly holder: string;
      readonly sentAt: number;
      /** Of the quarantine, what had gone by when this was written: the store tells the rest. */
      readonly restedMs?: number;
      /** The upstream's id of what may be the effect, as an answer showed it. */
      readonly objectId?: string;
    }
  | {
      readonly state: 'UNKNOWN';
      readonly sentAt: number;
      readonly objectId?: string;
      readonly fault?: UpstreamErrorDetails;
      readonly restedMs?: number;
    }
  | { readonly state: 'RESULT'; readonly outcome: KeptOutcome }
);
export type KeptOutcome = { readonly value: Json } | { readonly refusal: KeptRefusal };

/** Something was sent, and nobody has written down how it ended. */
export type SentRecord = Extract<WriteRecord, { sentAt: number }>;

/** What is kept of a key that people have freed, until somebody begins. */
export function freeRecord(payload: string, startedAt: number): WriteRecord {
  return { state: 'INTENT', payload, startedAt, holder: 'freed', freed: true };
}

/** A record, and the generation of its key that it tells of. */
export interface KeptRecord {
  readonly record: WriteRecord;
  readonly generation: number;
}

export function recordText(record: WriteRecord, generation: number): string {
  return JSON.stringify(generation === 0 ? record : { ...record, generation });
}

/** Reads a stored record; throws when it is not one, because taking it for a missing one could send twice. */
export function parseRecord(text: string): KeptRecord {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) throw new Error('a stored write record cannot be understood');
  const { generation, ...record } = parsed;
  // A record of 0.1 that says that it is free names no generation, and nothing has been sent since.
  return { record, generation: generation ?? (record.state === 'INTENT' && record.freed === true ? 1 : 0) };
}

function isRecord(value: unknown): value is WriteRecord & { readonly generation?: number } {
  if (!hasFields(value, { state: 'string', payload: 'string', startedAt: 'number' })) return false;
  if (value['generation'] !== undefined && !hasFields(value, { generation: 'number' })) return false;
  switch (value['state']) {
    case 'INTENT':
      return hasFields(value, { holder: 'string' });
    case 'SENT':
      return hasFields(value, { holder: 'string', sentAt: 'number' });
    case 'UNKNOWN':
      return hasFields(value, { sentAt: 'number' });
    case 'RESULT':
      return hasFields(value, { outcome: 'object' });
    default:
      return false;
  }
}

/** Whether this is an object with these fields, of these types as `typeof` names them. */
export function hasFields(value: unknown, types: Readonly<Record<string, string>>): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(types).every(([name, type]) => typeof fields.get(name) === type);
}

/** Those of the clear refusals that are a provider's last word about a write; rights, limits and transport may be different next time. */
const FINAL: ReadonlySet<UpstreamErrorKind> = new Set(['conflict', 'insufficient_funds', 'rejected', 'not_found']);

/** What a failure after the start of a sending tells about its end. */
export function proofOf(error: UpstreamError): 'refused' | 'not_done' | 'unclear' {
  if (error.kind === 'outcome_unknown' || error.delivery === 'unclear') return 'unclear';
  if (error.delivery === 'unsent') return 'not_done';
  if (FINAL.has(error.kind)) return 'refused';
  if (isForeignPage(error)) return 'not_done';
  return CLEAR_REFUSALS.has(error.kind) ? 'not_done' : 'unclear';
}

/** The plain facts of an error, fit for storing: nothing that the upstream said for people. */
export function factsToKeep(error: UpstreamError): UpstreamErrorDetails {
  return {
    ...detailsOf(error),
    retryAfterMs: undefined,
    upstreamDetails: undefined,
    replayed: undefined,
    kept: undefined,
    endOpen: undefined,
    idempotencyKey: undefined,
  };
}
