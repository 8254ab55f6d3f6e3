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
  checkValue(value, []);
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
  checkValue(value, []);
  return value as Json;
}

/** Any JSON written in the document; throws like `jsonFromVariable`. */
export function anyJsonFromLiteral(node: ValueNode, variables: Parameters<typeof valueFromASTUntyped>[1]): Json {
  checkLiteral(node, []);
  return valueFromASTUntyped(node, variables) as Json;
}

/** The way to what is looked at; one list for all of it, since a copy for each value would cost its depth each time. */
type Place = (string | number)[];

/** A number that was not exact has become infinite on its way in (see exact-numbers.ts). */
function checkValue(value: unknown, place: Place): void {
  if (typeof value === 'number' && !Number.isFinite(value)) refuseAt(place, INEXACT);
  if (typeof value !== 'object' || value === null) return;
  if (place.length >= MAX_DEPTH) refuseAt([], DEEP);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) within(place, index, () => checkValue(value[index], place));
  } else {
    for (const [key, item] of Object.entries(value)) within(place, key, () => checkValue(item, place));
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
