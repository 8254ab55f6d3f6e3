import { describe, expect, it } from 'vitest';
import type { Logger } from '../../src/log.js';
import { mypitHarness, json, wireBadge, wireHolder, wireTemplate, type Handler } from '../providers/mypit-support.js';
import { startBadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach, closeLater } from '../support/graph-payments.js';

closeAfterEach();

type Wire = Record<string, unknown>;
const listings: Readonly<Record<string, readonly [field: string, row: (changes: Wire) => Wire]>> = {
  getAllBadgeTemplatesByOwnerId: ['badgeTemplates', wireTemplate],
  getHolders: ['holders', wireHolder],
  getIssuedBadges: ['issuedBadges', wireBadge],
};
const cursorOf = (body: Wire) => (body['paginationOpts'] as { cursor: string | null }).cursor;
/** Ways to promise more without saying where: nothing is there, or what was asked with comes back. */
const promises: Readonly<Record<string, (asked: string | null) => Wire>> = {
  'no cursor': () => ({ hasMore: true }),
  'an empty cursor': () => ({ hasMore: true, cursor: '' }),
  'a null cursor': () => ({ isDone: false, continueCursor: null }),
  'the cursor it was asked with': (asked) => ({ hasMore: true, cursor: asked ?? 'c1' }),
  'the same in the other dialect': (asked) => ({ isDone: false, continueCursor: asked ?? 'c1' }),
};
const cases = Object.entries(listings).flatMap(([operation, [field, row]]) =>
  Object.entries(promises).map(([name, promise]) => [field, name, operation, row, promise] as const),
);

describe('a listing that promises more and cannot say where', () => {
  it.each(cases)(
    '%s, %s: shows each row once, then says so in place of an end',
    async (field, _name, operation, row, promise) => {
      const pages: Handler = (body) => {
        const asked = cursorOf(body);
        return json({ page: [row({ _id: 'same' }), row({ _id: `of-${asked ?? 'start'}` })], ...promise(asked) });
      };
      const graph = await startBadgesGraph({ [operation]: pages });
      const pageBehind = (cursor: string) =>
        graph.query<Record<string, { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }>>(
          `{ ${field}(first: 100${cursor}) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
        );
      const answer = await pageBehind('');
      expect(answer.errors).toBeUndefined();
      const { nodes, pageInfo } = answer.data?.[field] ?? {
        nodes: [],
        pageInfo: { hasNextPage: false, endCursor: '' },
      };
      const pagesRead = promise(null)['cursor'] === 'c1' || promise(null)['continueCursor'] === 'c1' ? 2 : 1;
      expect(graph.seen()).toEqual(Array(pagesRead).fill(operation));
      expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
      expect(nodes).toHaveLength(1 + pagesRead);
      expect(pageInfo.hasNextPage).toBe(true);
      const next = await pageBehind(`, after: "${pageInfo.endCursor}"`);
      expect(next.data).toEqual({ [field]: null });
      expect(next.errors?.map(({ extensions }) => extensions)).toEqual([
        expect.objectContaining({ code: 'UPSTREAM_INVALID_RESPONSE', reason: 'pagination_stuck' }),
      ]);
    },
  );

  it('is told to the log, by the name of the operation alone', async () => {
    const warned: [string, unknown][] = [];
    const log: Logger = {
      debug() {},
      info() {},
      error() {},
      warn: (event, fields) => void warned.push([event, fields]),
    };
    const made = await mypitHarness(
      Object.fromEntries(
        Object.entries(listings).map(([operation, [, row]]) => [
          operation,
          () => json({ page: [row({})], hasMore: true }),
        ]),
      ),
      { log },
    );
    closeLater(() => made.close());
    await made.session.templates(10, null);
    await made.session.holders(10, null);
    await made.session.issuedBadges(10, null);
    expect(warned).toEqual(Object.keys(listings).map((operation) => ['mypit_listing_without_end', { operation }]));
  });
});
