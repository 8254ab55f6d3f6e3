import { describe, expect, it } from 'vitest';
import { json, lastPage, wireBadge, wireHolder } from '../providers/mypit-support.js';
import { badgeCallers, codesOf, startBadgesGraph } from '../support/graph-badges.js';
import type { GraphAnswer } from '../support/create-test-app.js';
import { closeAfterEach } from '../support/graph-payments.js';

closeAfterEach();

const COUNT = 60;
const rows = <T>(make: (index: number) => T): T[] => Array.from({ length: COUNT }, (_row, index) => make(index));
const holders = rows((index) => wireHolder({ _id: `own${index}`, holderId: `holder-${index}`, name: `Name ${index}` }));
/** Badges whose recipients are named in turn by the integrator's id and by MyPit's own. */
const badges = rows((index) =>
  wireBadge({ _id: `b${index}`, recipientId: index % 2 === 0 ? `holder-${index}` : `own${index}` }),
);
const query = '{ issuedBadges(first: 60) { nodes { badgeId recipient { name } } } }';

interface Badges {
  readonly issuedBadges: {
    readonly nodes: readonly { readonly recipient: { readonly name: string } | null }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

describe('recipients', () => {
  it('are found by either id, in a few calls', async () => {
    const graph = await startBadgesGraph({
      getIssuedBadges: () => lastPage(...badges),
      getHolders: () => lastPage(...holders),
    });
    const answer = await graph.query<Badges>(query, {}, badgeCallers.all);
    expect(answer.errors).toBeUndefined();
    expect(answer.data?.issuedBadges.nodes.map(({ recipient }) => recipient?.name)).toEqual(
      rows((index) => `Name ${index}`),
    );
    expect(graph.seen()).toEqual(['getIssuedBadges', 'getHolders']);
  });

  it('are read one by one where the listing does not show the integrator’s ids', async () => {
    const graph = await startBadgesGraph({
      getIssuedBadges: () => lastPage(...badges.slice(0, 6)),
      getHolders: () => lastPage(...holders.map((row) => ({ ...row, holderId: undefined }))),
      getHolderById: ({ holderId }) => json(holders.find((row) => row['holderId'] === holderId) ?? {}),
    });
    const answer = await graph.query<Badges>(query, {}, badgeCallers.all);
    expect(answer.errors).toBeUndefined();
    expect(answer.data?.issuedBadges.nodes.map(({ recipient }) => recipient?.name)).toEqual(
      rows((index) => `Name ${index}`).slice(0, 6),
    );
  });
});

describe('holder', () => {
  const start = () =>
    startBadgesGraph({
      getHolderById: ({ holderId }) => {
        const found = holders.find((row) => row['_id'] === holderId || row['holderId'] === holderId);
        return found ? json(found) : json({ error: 'not found' }, 404);
      },
    });
  const ask = (args: string) => `{ holder(${args}) { holderId externalId } }`;

  it('is read by exactly one of its two ids', async () => {
    const graph = await start();
    const found = { data: { holder: { holderId: 'own3', externalId: 'holder-3' } } };
    expect(await graph.query(ask('holderId: "own3"'), {}, badgeCallers.all)).toEqual(found);
    expect(await graph.query(ask('externalId: "holder-3"'), {}, badgeCallers.all)).toEqual(found);
    expect(await graph.query(ask('externalId: "nobody"'), {}, badgeCallers.all)).toEqual({ data: { holder: null } });
    for (const args of ['holderId: "own3", externalId: "holder-3"', 'holderId: null'])
      expect(codesOf(await graph.query(ask(args), {}, badgeCallers.all))).toEqual(['holder: BAD_USER_INPUT']);
  });

  it('of an own id is not the one of that external id', async () => {
    const graph = await start();
    expect(await graph.query(ask('externalId: "own3"'), {}, badgeCallers.all)).toEqual({ data: { holder: null } });
  });
});

describe('issuedBadges with a filter', () => {
  const page = `query ($after: String, $filter: IssuedBadgeFilter) { issuedBadges(first: 2, after: $after, filter: $filter) {
    nodes { badgeId } pageInfo { hasNextPage endCursor } } }`;

  it('is walked whole, over pages that are short or empty', async () => {
    /** Nine upstream pages of ten; only two badges are wanted, on the first and on the last page. */
    const all = Array.from({ length: 90 }, (_row, index) =>
      wireBadge({ _id: `b${index}`, templateId: index === 3 || index === 85 ? 'wanted' : 'other' }),
    );
    const graph = await startBadgesGraph({
      getIssuedBadges: ({ paginationOpts }) => {
        const from = Number((paginationOpts as { cursor: string | null }).cursor ?? 0);
        const to = from + 10;
        return json({ page: all.slice(from, to), isDone: to >= all.length, continueCursor: String(to) });
      },
    });
    const found: unknown[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const before = graph.seen().length;
      const variables = { after, filter: { templateId: 'wanted' } };
      const answer: GraphAnswer<Badges> = await graph.query<Badges>(page, variables, badgeCallers.all);
      expect(answer.errors).toBeUndefined();
      expect(graph.seen().length - before).toBeLessThanOrEqual(5);
      const read: Badges['issuedBadges'] | undefined = answer.data?.issuedBadges;
      if (read === undefined) throw new Error('no page');
      const { nodes, pageInfo } = read;
      found.push(...nodes);
      if (pageInfo.hasNextPage) expect(pageInfo.endCursor).not.toBeNull();
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      pages += 1;
    } while (after !== null && pages < 10);
    expect(found).toEqual([{ badgeId: 'b3' }, { badgeId: 'b85' }]);
  });

  it('finds a recipient by either name, and its cursors are its own', async () => {
    const graph = await startBadgesGraph({
      getIssuedBadges: () => lastPage(...badges),
      getHolderById: ({ holderId }) =>
        json(holders.find((row) => row['_id'] === holderId || row['holderId'] === holderId) ?? {}),
    });
    for (const recipientId of ['own4', 'holder-4']) {
      const answer = await graph.query(page, { filter: { recipientId } }, badgeCallers.all);
      expect(answer.data).toMatchObject({ issuedBadges: { nodes: [{ badgeId: 'b4' }] } });
    }
    const first = await graph.query<Badges>(page, {}, badgeCallers.all);
    const after = first.data?.issuedBadges.pageInfo.endCursor;
    expect(codesOf(await graph.query(page, { after, filter: { recipientId: 'own4' } }, badgeCallers.all))).toEqual([
      'issuedBadges: BAD_USER_INPUT',
    ]);
  });
});
