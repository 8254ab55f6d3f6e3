import { Refusal } from '../routes.js';
import { isIdOf, type Table } from './ids.js';

/** Checks one argument; answers what is wrong with it, or nothing. */
export type Validator = (value: unknown) => string | undefined;
type Shape = Readonly<Record<string, Validator>>;

export const text: Validator = (value) => (typeof value === 'string' ? undefined : 'Expected a string');
export const number: Validator = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : 'Expected a number';
export const anything: Validator = (value) => (value === undefined ? 'Expected a value' : undefined);
export const textOrNull: Validator = (value) => (value === null ? undefined : text(value));
export const badgeType: Validator = (value) =>
  ['mobility', 'achievement', 'healthcare', 'finance'].includes(String(value))
    ? undefined
    : 'Expected one of the badge types';
export const idIn =
  (table: Table): Validator =>
  (value) =>
    isIdOf(table, value) ? undefined : `Expected an ID for table ${table}`;
export const listOf =
  (item: Validator): Validator =>
  (value) =>
    Array.isArray(value) ? value.map(item).find((fault) => fault !== undefined) : 'Expected a list';
export const optional = (validator: Validator): Validator & { readonly optional: true } =>
  Object.assign((value: unknown) => validator(value), { optional: true as const });
/** Every field that is not optional, and no other. */
export const object =
  (shape: Shape): Validator =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'Expected an object';
    const fields = new Map(Object.entries(value));
    for (const [name, validator] of Object.entries(shape)) {
      if (!fields.has(name)) {
        if (!('optional' in validator)) return `Object is missing the required field \`${name}\``;
        continue;
      }
      const fault = validator(fields.get(name));
      if (fault !== undefined) return `Path: .${name} ${fault}`;
    }
    const extra = [...fields.keys()].find((name) => !Object.hasOwn(shape, name));
    return extra === undefined ? undefined : `Object contains extra field \`${extra}\` that is not in the validator`;
  };

/** The checked arguments of a call; throws a 400 in the backend's words. */
export function checkArguments<T>(shape: Shape, body: unknown): T {
  const fault = object(shape)(body);
  if (fault !== undefined) throw new Refusal(400, 'arguments', `ArgumentValidationError: ${fault}`);
  // The shape has just been checked, field by field.
  return body as T;
}
