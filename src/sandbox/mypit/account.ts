import type { SandboxClock } from '../part.js';
import { Refusal, route, type Reply, type Route } from '../routes.js';
import { checkArguments, number, object, optional, text, textOrNull, type Validator } from './arguments.js';
import type { BadgeRecord, HolderRecord, Seed, TemplateRecord } from './records.js';
import { createTable, type PageRequest, type Table, type TablePage } from './table.js';

/** One integrator's account. */
export interface MyPitPlan {
  readonly clientId: string;
  readonly secretKey: string;
  /** The one user that it acts for. */
  readonly userId: string;
  readonly seed: Seed;
}

/** The account's tables, and what all calls have in common. */
export interface Account {
  readonly userId: string;
  readonly clock: SandboxClock;
  readonly templates: Table<TemplateRecord>;
  readonly holders: Table<HolderRecord>;
  readonly badges: Table<BadgeRecord>;
  /** Refuses to act for anybody else. */
  mine(acting: string): void;
}

export function openAccount({ secretKey, userId, seed }: MyPitPlan, clock: SandboxClock): Account {
  return {
    userId,
    clock,
    templates: createTable(seed.templates, `${secretKey} templates`),
    holders: createTable(seed.holders, `${secretKey} holders`),
    badges: createTable(seed.badges, `${secretKey} badges`),
    mine(acting) {
      if (acting !== userId) throw new Refusal(403, 'not_permitted', 'not permitted for this user');
    },
  };
}

/** One operation: its arguments are checked before it runs, `userId` (or `issuerId`) against the account. */
export function operation<A extends { readonly userId: string } | { readonly issuerId: string }>(
  account: Account,
  name: string,
  shape: Readonly<Record<string, Validator>>,
  run: (asked: A) => object,
): Route {
  return route('POST', `/${name}`, ({ body }): Reply => {
    const asked = checkArguments<A>(shape, body);
    account.mine('userId' in asked ? asked.userId : asked.issuerId);
    return { json: run(asked) };
  });
}

/** A listing of the account, in one of the dialects. */
export function listing<T extends { readonly _id: string }>(
  account: Account,
  name: string,
  table: Table<T>,
  dialect: (page: TablePage<T>) => object,
): Route {
  const shape = { userId: text, paginationOpts: object({ numItems: number, cursor: optional(textOrNull) }) };
  return operation<{ userId: string; paginationOpts: Partial<PageRequest> & Pick<PageRequest, 'numItems'> }>(
    account,
    name,
    shape,
    // The documentation calls the cursor optional, and its own programs leave it out.
    ({ paginationOpts: { numItems, cursor = null } }) => dialect(table.page({ numItems, cursor })),
  );
}

/** As the API's documentation has it. */
export function documented<T>({ rows, isDone, cursor }: TablePage<T>): object {
  return { page: rows, hasMore: !isDone, ...(!isDone && { cursor }) };
}

/** As the database below it answers: there is a cursor on the last page too. */
export function native<T>({ rows, isDone, cursor }: TablePage<T>): object {
  return { page: rows, isDone, continueCursor: cursor, pageStatus: null, splitCursor: null };
}

/** Answers 404 in the place of an object that is not there. */
export function missing(what: string): never {
  throw new Refusal(404, 'not_found', `${what} not found`);
}
