import type { Service } from './asked.js';

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What may stand in place of an optional field, or of one without which the object is nothing. */
export const strange = [null, [], 7, {}, ['x']] as const;
export const nothing = [null, {}, []] as const;

/** A path in the wire's objects, and the fields of the graph that show it; none where the object cannot be read without it. */
type Fragile = readonly [path: string, fields: readonly string[]];
export const fragile: Readonly<Record<Service, readonly Fragile[]>> = {
  pinning: [
    ['info', ['info', 'statusDetails', 'dagSize', 'rawSize', 'pinnedUntil']],
    ['delegates', ['delegates']],
    ['status', ['status']],
    ['pin.name', ['name']],
    ['pin.meta', ['meta']],
    ['pin.origins', ['origins']],
    ['created', []],
    ['requestid', []],
    ['pin.cid', []],
    ['pin', []],
  ],
  pi: [
    ['memo', ['memo']],
    ['metadata', ['metadata']],
    ['transaction._link', ['link']],
    ['from_address', ['fromAddress']],
    ['to_address', ['toAddress']],
    ['identifier', []],
    ['user_uid', []],
    ['amount', []],
    ['direction', []],
    ['created_at', []],
  ],
  mypit: [
    ['description', ['description']],
    ['criteria', ['criteria']],
    ['imageUrl', ['imageUrl', 'imagePins']],
    ['price', ['price']],
    ['email', ['email']],
    ['phone', ['phone']],
    ['memo', ['memo']],
    ['badgeData', ['data']],
    ['issuedAt', ['issuedAt']],
    ['_id', []],
  ],
  ledger: [
    ['amount', []],
    ['created_at', []],
    ['hash', []],
    ['memo', []],
  ],
  bitminter: [
    ['active_workers', []],
    ['hash', []],
    ['height', []],
    ['difficulty', []],
    ['shift', ['shift']],
    ['workers', []],
    ['hash_rate', []],
    ['rank', []],
  ],
};

/** The object that holds the last step of a path. */
export function holderOf(object: Fields, path: string): { readonly holder: Fields; readonly key: string } | undefined {
  const steps = path.split('.');
  const key = steps.pop() ?? '';
  const holder = steps.reduce<unknown>((at, step) => (isFields(at) ? at[step] : undefined), object);
  return isFields(holder) && key in holder ? { holder, key } : undefined;
}
