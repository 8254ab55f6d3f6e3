import { Kind, type ValueNode } from 'graphql';

/** The arguments of one field as its document writes them: undefined when left out; variables are still names. */
export type WrittenArguments = (name: string) => ValueNode | undefined;

/** The most calls upstream that one use of a field may cause by itself; from its arguments where they decide. */
export type Calls = number | ((written: WrittenArguments) => number);

/**
 * Says what a root field may cost when that is more than one call: `src/server/operation/cost.ts` adds it up and refuses what
 * is too much. `walks` names searches through a whole listing that all fields of an operation share.
 */
export function costing<Options extends { readonly extensions: object }>(
  options: Options,
  calls: Calls,
  walks: Readonly<Record<string, number>> = {},
) {
  return { ...options, extensions: { ...options.extensions, calls, walks } };
}

/** How many values a list has; `most` when it stands in a variable. */
export function lengthOf(value: ValueNode | undefined, most: number): number {
  if (value === undefined || value.kind === Kind.NULL) return 0;
  if (value.kind === Kind.VARIABLE) return most;
  return value.kind === Kind.LIST ? value.values.length : 1;
}

/** One field of an object as it is written; the whole when that stands in a variable, of which anything may be true. */
export function fieldOf(object: ValueNode | undefined, name: string): ValueNode | undefined {
  if (object?.kind !== Kind.OBJECT) return object;
  return object.fields.find((field) => field.name.value === name)?.value;
}

/** Whether an argument surely has no value. */
export function isAbsent(value: ValueNode | undefined): boolean {
  return value === undefined || value.kind === Kind.NULL;
}

/** Pages of the provider's own size that a search through a whole listing reads at the most. */
export const WALK = 20;
