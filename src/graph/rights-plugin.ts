import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import type { Access } from '../access/access.js';
import type { Context } from '../context.js';

/** Throws, or rejects with, the refusal of whoever lacks the right. */
type RightCheck<Parent = unknown> = (access: Access, parent: Parent, args: object) => unknown;

/** Options of a field that only those may read, or find, whom this lets: goes into them like those of rights.ts. */
export const guardedBy = <Parent = unknown>(check: RightCheck<Parent>) => ({ extensions: { check } }) as const;

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Pothos learns of its plugins' names in this way alone.
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      rights: RightsPlugin<Types>;
    }
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>;

/**
 * Asks for the right of a field before it runs: when it is resolved, or when it is subscribed to. A schema with a root field that
 * names no right (rights.ts) cannot be built. The scopes of Pothos would do the same, with a cache of seven maps for each
 * operation: a fiftieth of the time of a small one.
 */
export class RightsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(resolve: Resolver<Types>, field: PothosOutputFieldConfig<Types>): Resolver<Types> {
    // Events are results of a subscription whose right was asked for when it began.
    return field.kind === 'Subscription' ? resolve : guarded(resolve, field);
  }

  override wrapSubscribe(
    subscribe: Resolver<Types> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ): Resolver<Types> | undefined {
    return subscribe && field.kind === 'Subscription' ? guarded(subscribe, field) : subscribe;
  }
}

const ROOTS: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);

function guarded<Types extends SchemaTypes>(
  run: Resolver<Types>,
  { kind, name, extensions }: PothosOutputFieldConfig<Types>,
): Resolver<Types> {
  const check = extensions?.['check'] as RightCheck | undefined;
  if (check === undefined) {
    if (!ROOTS.has(kind)) return run;
    throw new Error(`the root field ${name} names no right: spread one of rights.ts into its options`);
  }
  return (parent, args, context, info) => {
    const checked = check((context as Context).access, parent, args);
    // Whatever can be waited for: a right that was not waited for would not be asked.
    return isThenable(checked)
      ? Promise.resolve(checked).then((): unknown => run(parent, args, context, info))
      : run(parent, args, context, info);
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

SchemaBuilder.registerPlugin('rights', RightsPlugin);
