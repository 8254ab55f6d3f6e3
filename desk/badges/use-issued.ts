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

/** Issued badges page by page. A filtered page may be short, or empty, and have more behind it. */
export function useIssued(filter: IssuedBadgeFilter) {
  const { graph } = useSession();
  const [loaded, setLoaded] = useState<Loaded>({ badges: [], cursor: undefined, more: false });
  const [fault, setFault] = useState<Fault>();
  const [loading, setLoading] = useState(true);

  async function loadMore(): Promise<void> {
    setLoading(true);
    const variables = { first: PAGE, filter, ...(loaded.cursor !== undefined && { after: loaded.cursor }) };
    const { data, error } = await graph.query(operations.issuedBadges, variables).toPromise();
    setLoading(false);
    setFault(faultOf(error));
    if (!data?.issuedBadges) return;
    const { nodes, pageInfo } = data.issuedBadges;
    setLoaded(({ badges }) => ({
      badges: withoutTwins([...badges, ...nodes.filter((badge) => badge !== null)]),
      cursor: pageInfo.endCursor ?? undefined,
      more: pageInfo.hasNextPage,
    }));
  }

  useEffect(() => void loadMore(), []);
  return { badges: loaded.badges, more: loaded.more, fault, loading, loadMore };
}

/** The provider's list may shift while it is read. */
function withoutTwins(badges: readonly IssuedBadge[]): readonly IssuedBadge[] {
  return [...new Map(badges.map((badge) => [badge.badgeId, badge])).values()];
}
