import type { Client } from '@urql/core';
import type { HoldersQuery } from '../generated/graphql.js';
import { faultOf, type Fault } from '../graph.js';
import { operations } from '../operations.js';
import { NO_COLUMN, type ListRow } from './csv.js';

export type Holder = NonNullable<NonNullable<HoldersQuery['holders']>['nodes'][number]>;

/** All holders by either of their ids. */
export interface KnownHolders {
  readonly byId: ReadonlyMap<string, Holder>;
  /** False when there are more than were read: who is not among them may still exist. */
  readonly whole: boolean;
}

/** Pages of a hundred. */
const MOST_PAGES = 50;

/** Reads the holders, so that a list can be checked before anything is issued. */
export async function readHolders(graph: Client): Promise<KnownHolders | Fault> {
  const byId = new Map<string, Holder>();
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: Awaited<ReturnType<typeof askPage>> = await askPage(graph, after);
    const fault = faultOf(answer.error);
    if (fault !== undefined || !answer.data?.holders) return fault ?? nobodyAnswered;
    const { nodes, pageInfo }: NonNullable<HoldersQuery['holders']> = answer.data.holders;
    for (const holder of nodes) {
      if (holder === null) continue;
      byId.set(holder.holderId, holder);
      if (holder.externalId) byId.set(holder.externalId, holder);
    }
    if (!pageInfo.hasNextPage || !pageInfo.endCursor) return { byId, whole: true };
    after = pageInfo.endCursor;
  }
  return { byId, whole: false };
}

const nobodyAnswered: Fault = {
  code: 'NO_ANSWER',
  message: 'no holders came',
  provider: undefined,
  retryAfterMs: undefined,
};

function askPage(graph: Client, after: string | null) {
  return graph.query(operations.holders, after === null ? {} : { after }).toPromise();
}

/** A row that can be issued, with the one name by which its recipient goes. */
export interface CheckedRow extends ListRow {
  readonly holderId: string;
  readonly name: string | undefined;
  /** When this person got a badge of the template that they have still; null where the provider does not say. */
  readonly heldSince?: string | null;
}

/** Finds who is meant, whichever id is written, and who is named twice: nobody is to get two badges by two names. */
export function checkRows(rows: readonly ListRow[], { byId, whole }: KnownHolders): readonly CheckedRow[] {
  const lines = new Map<string, number>();
  return rows.map((row) => {
    const holder = byId.get(row.recipient);
    const holderId = holder?.holderId ?? row.recipient;
    const checked = { ...row, holderId, name: holder?.name ?? undefined };
    if (row.fault !== undefined) return checked;
    if (holder === undefined && whole)
      return { ...checked, fault: row.perhapsNames ? NO_COLUMN : 'No holder has this id.' };
    const before = lines.get(holderId);
    if (before !== undefined) return { ...checked, fault: `The same person as in line ${before}.` };
    lines.set(holderId, row.line);
    return checked;
  });
}
