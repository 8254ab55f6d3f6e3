import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UpstreamError, type BadResponseReason, type CallFacts, type Delivery } from '../../errors.js';
import type { Answer } from '../../http/http.js';
import { cidKey } from '../../values/cid.js';
import { parseInstant, type Instant } from '../../values/instant.js';
import type { Json, JsonObject } from '../../values/json.js';
import type { ListAnswer, ListedPin } from './listing.js';
import type { Pin, PinInput, PinStatus } from './model.js';
import { isRequestId } from './request-id.js';

/** The meta key that carries our marker: written with every pin, hidden from every reader. */
export const MARKER_KEY = 'gw_idem';

const statusByWord: Readonly<Partial<Record<string, PinStatus>>> = { queued: 'QUEUED', pinning: 'PINNING', pinned: 'PINNED', failed: 'FAILED' };
/** Levels of arrays and objects that are taken from a service. */
const MAX_DEPTH = 16;
const allWords = ['queued', 'pinning', 'pinned', 'failed'] as const;

/** The words for these statuses, all four for none; statuses that only we know cannot be asked for. */
export function statusWords(statuses: readonly PinStatus[]): readonly string[] {
  const words = allWords.filter((word) => statuses.some((status) => statusByWord[word] === status));
  return words.length > 0 ? words : allWords;
}

const instant = z.string().transform((text, context): Instant => {
  const parsed = parseInstant(text);
  if (parsed) return parsed;
  context.addIssue({ code: 'custom', message: 'not a date-time' });
  return z.NEVER;
});
/** It came out of JSON.parse; only the depth is ours to bound, because deep values break those who walk them. */
const shallow = z.custom<Json>((value) => depthFits(value, MAX_DEPTH));
const strings = z.array(z.string()).nullish().transform((list) => list ?? []);
const texts = z.record(z.string(), z.string()).nullish().transform((map) => map ?? {});

const pinStatus = z.object({
  requestid: z.string().refine(isRequestId),
  status: z.string(),
  created: instant,
  pin: z.object({ cid: z.string().min(1), name: z.string().nullish(), origins: strings, meta: texts }),
  delegates: strings,
  info: z.record(z.string(), shallow).nullish().transform((map): JsonObject => map ?? {}),
});
const pinResults = z.object({
  count: z.number().int().nonnegative(),
  results: z.array(z.unknown()).nullable().transform((rows) => rows ?? []),
});

/** One call's view of its own faults: how its errors are built and how far a request with such an answer got. */
export interface Reading {
  readonly facts: CallFacts;
  readonly service: string;
  /** `unclear` for writes: a 2xx that cannot be read may have taken effect. */
  readonly delivery: Delivery;
}

/** The error for an answer that cannot be used; `detail` is a path, never content. */
export function badResponse(reading: Reading, reason: BadResponseReason, detail?: string): UpstreamError {
  return new UpstreamError('bad_response', { ...reading.facts, delivery: reading.delivery, reason, detail });
}

/** The JSON of an answer; throws bad_response when there is none. */
export function readJson(answer: Answer, reading: Reading): unknown {
  const text = answer.text.trim();
  if (text === '') throw badResponse(reading, 'empty');
  if (text.startsWith('<')) throw badResponse(reading, 'html');
  try {
    return JSON.parse(text);
  } catch {
    throw badResponse(reading, 'not_json');
  }
}

/** One pin from the wire; `at` leads to it inside the answer. Throws bad_response naming the path of the first fault. */
export function parsePin(source: unknown, reading: Reading, at: readonly (string | number)[] = []): Pin {
  const parsed = pinStatus.safeParse(source);
  if (!parsed.success) throw badResponse(reading, 'shape', faultPath(parsed.error, at));
  const { requestid, status, created, pin, delegates, info } = parsed.data;
  const { [MARKER_KEY]: marker = null, ...meta } = pin.meta;
  return {
    service: reading.service,
    requestId: requestid,
    status: statusByWord[status] ?? 'UNKNOWN',
    createdAt: created,
    cid: pin.cid,
    // Some services fill an unset name with the CID.
    name: pin.name && pin.name !== pin.cid ? pin.name : null,
    origins: pin.origins,
    meta,
    marker,
    delegates,
    info,
    statusDetails: typeof info['status_details'] === 'string' ? info['status_details'] : null,
    dagSize: digits(info['dag_size']),
    pinnedUntil: typeof info['pinned_until'] === 'string' ? parseInstant(info['pinned_until']) ?? null : null,
  };
}

/** The protocol's longest page has a thousand; what is far above would only be work. */
const MOST_ROWS = 2_000;

/** A listing from the wire. A row that cannot be read becomes an error in its place; only the frame itself can fail it all. */
export function parseListing(source: unknown, reading: Reading): ListAnswer {
  const parsed = pinResults.safeParse(source);
  if (!parsed.success) throw badResponse(reading, 'shape', faultPath(parsed.error, []));
  if (parsed.data.results.length > MOST_ROWS) throw badResponse(reading, 'too_large', 'results');
  return { count: parsed.data.count, results: parsed.data.results.map((row, index) => parseRow(row, index, reading)) };
}

/** A row that was read. Comparing contents is rare and costs more than reading the row, so the key is made when asked for. */
class Row implements ListedPin {
  readonly id: string;
  readonly createdAt: Instant;

  constructor(readonly pin: Pin) {
    this.id = pin.requestId;
    this.createdAt = pin.createdAt;
  }

  get cidKey(): string {
    return cidKey(this.pin.cid);
  }
}

function parseRow(row: unknown, index: number, reading: Reading): ListedPin {
  try {
    const pin = parsePin(row, reading, ['results', index]);
    return new Row(pin);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const hints = rowHints.safeParse(row).data;
    return {
      id: hints?.requestid ?? unreadableId(row),
      createdAt: parseInstant(hints?.created ?? '') ?? null,
      cidKey: hints?.pin?.cid === undefined ? null : cidKey(hints.pin.cid),
      pin: error,
    };
  }
}

/** What may still be known of a row that cannot be read. */
const hint = z.string().optional().catch(undefined);
const rowHints = z.object({
  requestid: z.string().refine(isRequestId).optional().catch(undefined),
  created: hint,
  pin: z.object({ cid: hint }).optional().catch(undefined),
});

/** Stable for the same row, so that a page boundary can name it. */
function unreadableId(row: unknown): string {
  const text = depthFits(row, MAX_DEPTH) ? JSON.stringify(row) : 'deep';
  return `unreadable-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

function depthFits(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((item) => depthFits(item, depth - 1));
}

function digits(value: Json | undefined): string | null {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && /^\d{1,40}$/.test(text) ? text : null;
}

function faultPath(error: z.ZodError, at: readonly (string | number)[]): string {
  return [...at, ...(error.issues[0]?.path ?? [])].map(String).join('.').slice(0, 200);
}

/** The body that asks for this pin, marked as ours. Keys that are unset are left out. */
export function toPinBody(input: PinInput, marker: string): string {
  return JSON.stringify({
    cid: input.cid,
    ...(input.name === null ? {} : { name: input.name }),
    ...(input.origins.length === 0 ? {} : { origins: input.origins }),
    meta: { ...input.meta, [MARKER_KEY]: marker },
  });
}
