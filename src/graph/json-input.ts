import { GraphQLError, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';
import { isExactNumber } from '../values/exact-numbers.js';
import type { Json, JsonObject } from '../values/json.js';
import { cut } from '../values/cut.js';

/** Far above what any upstream takes; deeper values break those who walk them. */
const MAX_DEPTH = 200;
const INEXACT =
  'is a number with more digits, or a larger exponent, than can be passed on exactly; send it as a string';
const DEEP = 'is nested too deep';

/** A JSON object given as a variable; throws, naming the place inside it, for what could not be passed on as it is. */
export function jsonFromVariable(value: unknown): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuse('not a JSON object');
  checkVariable(value);
  return value as JsonObject;
}

/** A JSON object written in the document; throws like `jsonFromVariable`. */
export function jsonFromLiteral(node: ValueNode, variables: Parameters<typeof valueFromASTUntyped>[1]): JsonObject {
  if (node.kind !== Kind.OBJECT) refuse('not a JSON object');
  checkLiteral(node, []);
  return valueFromASTUntyped(node, variables) as JsonObject;
}

/** Any JSON given as a variable; throws like `jsonFromVariable`. */
export function anyJsonFromVariable(value: unknown): Json {
  checkVariable(value);
  return value as Json;
}

/** Any JSON written in the document; throws like `jsonFromVariable`. */
export function anyJsonFromLiteral(node: ValueNode, variables: Parameters<typeof valueFromASTUntyped>[1]): Json {
  checkLiteral(node, []);
  return valueFromASTUntyped(node, variables) as Json;
}

/** The way to what is looked at; one list for all of it, since a copy for each value would cost its depth each time. */
type Place = (string | number)[];

/** What was looked through and found sound: a variable is read for its faults, and again for the resolver. */
const sound = new WeakSet<object>();

/** A number that was not exact has become infinite on its way in (see exact-numbers.ts). */
function checkVariable(value: unknown): void {
  const whole = typeof value === 'object' && value !== null ? value : undefined;
  if (whole !== undefined && sound.has(whole)) return;
  checkValue(value, []);
  if (whole !== undefined) sound.add(whole);
}

/** With plain loops: of a tree of small lists, a function for each would cost many times the looking. */
function checkValue(value: unknown, place: Place): void {
  if (typeof value === 'number' && !Number.isFinite(value)) refuseAt(place, INEXACT);
  if (typeof value !== 'object' || value === null) return;
  if (place.length >= MAX_DEPTH) refuseAt([], DEEP);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      place.push(index);
      checkValue(value[index], place);
      place.pop();
    }
  } else {
    const members = value as Readonly<Record<string, unknown>>;
    for (const key in members) {
      place.push(key);
      checkValue(members[key], place);
      place.pop();
    }
  }
}

function checkLiteral(node: ValueNode, place: Place): void {
  if ((node.kind === Kind.INT || node.kind === Kind.FLOAT) && !isExactNumber(node.value)) refuseAt(place, INEXACT);
  if (place.length > MAX_DEPTH) refuseAt([], DEEP);
  if (node.kind === Kind.LIST)
    for (const [index, value] of node.values.entries()) within(place, index, () => checkLiteral(value, place));
  if (node.kind === Kind.OBJECT)
    for (const { name, value } of node.fields) within(place, name.value, () => checkLiteral(value, place));
}

/** The document's tokens bound how often. */
function within(place: Place, step: string | number, look: () => void): void {
  place.push(step);
  look();
  place.pop();
}

function refuseAt(place: readonly (string | number)[], message: string): never {
  const path = place
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
  refuse(path === '' ? message : `${cut(path, 100, '…')} ${message}`);
}

/** Its code survives validation and coercion alike. */
function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', retryable: false } });
}
