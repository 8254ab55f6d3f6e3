import { useEffect, useState } from 'react';
import type { IssuedBadgeFilter, IssuedBadgesQuery } from '../generated/graphql.js';
import { faultOf, type Fault } from '../graph.js';
import { operations } from '../operations.js';
import { useSession } from '../session.js';

export type IssuedBadge = NonNullable<NonNullable<IssuedBadgesQuery['issuedBadges']>['nodes'][number]>;

interface Loaded {
  readonly badges: readonly IssuedBadge[];
  readonly cursor: string | undefined;
  readonly more: boolean;
}

const PAGE = 25;
/** The gateway filters a bounded part of the provider's list at a time: so many parts are looked through at one press. */
const MOST_PARTS = 4;

/** Issued badges page by page. A filtered page may be short, or empty, and have more behind it. */
export function useIssued(filter: IssuedBadgeFilter) {
  const { graph } = useSession();
  const [loaded, setLoaded] = useState<Loaded>({ badges: [], cursor: undefined, more: false });
  const [fault, setFault] = useState<Fault>();
  const [loading, setLoading] = useState(true);

  async function loadMore(): Promise<void> {
    setLoading(true);
    let { cursor } = loaded;
    let found = 0;
    for (let part = 0; part < MOST_PARTS && found < PAGE; part += 1) {
      const variables = { first: PAGE - found, filter, ...(cursor !== undefined && { after: cursor }) };
      const { data, error } = await graph.query(operations.issuedBadges, variables).toPromise();
      setFault(faultOf(error));
      if (!data?.issuedBadges) break;
      const { nodes, pageInfo } = data.issuedBadges;
      const fresh = nodes.filter((badge) => badge !== null);
      const next = pageInfo.endCursor ?? undefined;
      [cursor, found] = [next, found + fresh.length];
      setLoaded(({ badges }) => ({
        badges: withoutTwins([...badges, ...fresh]),
        cursor: next,
        more: pageInfo.hasNextPage,
      }));
      if (!pageInfo.hasNextPage) break;
    }
    setLoading(false);
  }

  useEffect(() => void loadMore(), []);
  return { badges: loaded.badges, more: loaded.more, fault, loading, loadMore };
}

/** The provider's list may shift while it is read. */
function withoutTwins(badges: readonly IssuedBadge[]): readonly IssuedBadge[] {
  return [...new Map(badges.map((badge) => [badge.badgeId, badge])).values()];
}
