import { isLosslessNumber, isSafeNumber, parse } from 'lossless-json';
import { UpstreamError, type BadResponseReason, type Delivery } from '../../errors.js';
import type { Answer } from '../../http/http.js';
import type { Json, JsonObject } from '../../values/json.js';
import type { CallFacts } from './errors.js';

/** Levels of arrays and objects that are taken from metadata; deeper values break those who walk them. */
const MAX_DEPTH = 64;

/** One call's view of its own faults: how its errors are built and how far a request with such an answer got. */
export interface Reading {
  readonly facts: CallFacts;
  /** `unclear` for writes: a 2xx that cannot be read may have taken effect. */
  readonly delivery: Delivery;
}

/** The error for an answer that cannot be used; `detail` is a path, never content. */
export function badResponse(reading: Reading, reason: BadResponseReason, detail?: string): UpstreamError {
  return new UpstreamError('bad_response', { ...reading.facts, delivery: reading.delivery, reason, detail });
}

/** The JSON of an answer, its numbers still text (LosslessNumber); throws bad_response when there is none. */
export function readJson(answer: Answer, reading: Reading): unknown {
  const text = answer.text.trim();
  if (text === '') throw badResponse(reading, 'empty');
  if (text.startsWith('<')) throw badResponse(reading, 'html');
  const body = tryJson(text);
  if (body === undefined) throw badResponse(reading, 'not_json');
  return body;
}

/** Parses without turning numbers into floats; undefined when the text is no JSON, or gives one key two values. */
export function tryJson(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Whether this is a JSON object (neither array, null nor number). */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/**
 * Free-form data as plain JSON: a number stays one when a double holds it exactly, else it becomes the string of its
 * digits. A `__proto__` key is dropped, because it would turn into a prototype wherever the object is merged. Undefined
 * when it is nested too deep.
 */
export function plainObject(source: Readonly<Record<string, unknown>>, depth = MAX_DEPTH): JsonObject | undefined {
  const entries: [string, Json][] = [];
  for (const [key, value] of Object.entries(source)) {
    if (key === '__proto__') continue;
    const plain = plainJson(value, depth - 1);
    if (plain === undefined) return undefined;
    entries.push([key, plain]);
  }
  return Object.fromEntries(entries);
}

function plainJson(value: unknown, depth: number): Json | undefined {
  if (isLosslessNumber(value)) return isSafeNumber(value.value) ? Number(value.value) : value.value;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (depth < 1) return undefined;
  if (!Array.isArray(value)) return isJsonObject(value) ? plainObject(value, depth) : undefined;
  const items: Json[] = [];
  for (const item of value) {
    const plain = plainJson(item, depth - 1);
    if (plain === undefined) return undefined;
    items.push(plain);
  }
  return items;
}
