import type { FieldMap } from '@pothos/core';
import { builder, type BuilderTypes } from './builder.js';

interface NodeOptions<Shape> {
  readonly description: string;
  /** The global id: from an object in hand to the local part, which is unique among all objects of its type. */
  readonly id: { readonly description: string; resolve(object: Shape): string };
  fields(t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Shape>): FieldMap;
}

/**
 * Makes an object type a `Node`. Its `id` is a plain value: the Relay plugin's own field is a promise for every object, which
 * on a page of fifty costs more than all of its other fields.
 */
export function nodeType<Shape extends object>(
  ref: ReturnType<typeof builder.objectRef<Shape>>,
  { description, id, fields }: NodeOptions<Shape>,
): void {
  ref.implement({
    description,
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({ description: id.description, resolve: (object) => encodeGlobalId(ref.name, id.resolve(object)) }),
      ...fields(t),
    }),
  });
}

/** Of objects that have no read of their own. */
export const cacheId =
  'Names it among all objects, for caches: opaque, the same on every instance. `node` does not find it.';

/** The opaque text that names an object of any type, everywhere and always the same: base64 of UTF-8. */
export function encodeGlobalId(typename: string, localId: string): string {
  const text = `${typename}:${localId}`;
  // A page has a hundred of them, and a buffer for each is what costs most. ASCII has as many bytes as characters.
  return Buffer.byteLength(text) === text.length ? btoa(text) : Buffer.from(text).toString('base64');
}
