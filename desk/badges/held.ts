import type { Client } from '@urql/core';
import type { IssuedOfQuery } from '../generated/graphql.js';
import { faultOf, type Fault } from '../graph.js';
import { operations } from '../operations.js';
import type { KnownHolders } from './recipients.js';

type Badge = NonNullable<NonNullable<IssuedOfQuery['issuedBadges']>['nodes'][number]>;

/** Who has a badge of a template already, by the holder's own id, and since when. */
export interface Held {
  readonly since: ReadonlyMap<string, string | null>;
  /** False when there are more badges than were looked through. */
  readonly whole: boolean;
}

/** The gateway looks through at most five hundred badges for each of these. */
const MOST_PARTS = 20;
/** What is over does not stand in the way of another one. */
const OVER: ReadonlySet<Badge['state']> = new Set(['EXPIRED', 'REVOKED']);

/** Looks who has a badge of the template, so that nobody is given a second one unawares. */
export async function readHeld(graph: Client, templateId: string, { byId }: KnownHolders): Promise<Held | Fault> {
  const since = new Map<string, string | null>();
  let after: string | undefined;
  for (let part = 0; part < MOST_PARTS; part += 1) {
    const variables = after === undefined ? { templateId } : { templateId, after };
    const { data, error }: Awaited<ReturnType<typeof ask>> = await ask(graph, variables);
    const fault = faultOf(error);
    if (fault !== undefined || !data?.issuedBadges) return fault ?? nobodyAnswered;
    for (const badge of data.issuedBadges.nodes) {
      if (badge === null || OVER.has(badge.state)) continue;
      // A badge may name its holder by either id.
      since.set(byId.get(badge.recipientId)?.holderId ?? badge.recipientId, badge.issuedAt);
    }
    const { hasNextPage, endCursor } = data.issuedBadges.pageInfo;
    if (!hasNextPage || !endCursor) return { since, whole: true };
    after = endCursor;
  }
  return { since, whole: false };
}

const nobodyAnswered: Fault = {
  code: 'NO_ANSWER',
  message: 'no badges came',
  provider: undefined,
  retryAfterMs: undefined,
};

function ask(graph: Client, variables: { readonly templateId: string; readonly after?: string }) {
  return graph.query(operations.issuedOf, variables).toPromise();
}
