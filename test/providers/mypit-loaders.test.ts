import { describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { createListSizes } from '../../src/providers/mypit/listing/list-sizes.js';
import {
  credential,
  fields,
  json,
  lastPage,
  openHarness as harness,
  rejection,
  upstreamError,
  wireBadge,
  wireHolder,
  wireTemplate,
  type Handler,
  type MyPitHarness,
} from './mypit-support.js';

type Wire = Record<string, unknown>;
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
/** Pages of a listing by cursor `at<row>`, in Convex's own dialect. */
const listing =
  (rows: readonly Wire[]): Handler =>
  (body) => {
    const { numItems, cursor } = body['paginationOpts'] as { numItems: number; cursor: string | null };
    const from = Number(cursor?.slice(2) ?? 0);
    return json({
      page: rows.slice(from, from + numItems),
      isDone: from + numItems >= rows.length,
      continueCursor: `at${from + numItems}`,
    });
  };
const byId =
  (rows: readonly Wire[], key: string): Handler =>
  (body) => {
    const found = rows.find((row) => row['_id'] === body[key]);
    return found ? json(found) : json({ error: 'not found' }, 404);
  };
function world(templates: number, holders: number): Record<string, Handler> {
  const templateRows = ids('t', templates).map((_id) => wireTemplate({ _id }));
  const holderRows = ids('h', holders).map((_id) => wireHolder({ _id }));
  const badges = ids('b', 50).map((_id, index) =>
    wireBadge({ _id, templateId: `t${templates - 1 - (index % 10)}`, recipientId: `h${holders - 1 - (index % 25)}` }),
  );
  return {
    getIssuedBadges: listing(badges),
    getAllBadgeTemplatesByOwnerId: listing(templateRows),
    getASingleBadgeTemplate: byId(templateRows, 'templateId'),
    getHolders: listing(holderRows),
    getHolderById: byId(holderRows, 'holderId'),
  };
}
async function fiftyBadges(made: MyPitHarness): Promise<number> {
  const session = made.open();
  const before = made.seen().length;
  const { edges } = await session.issuedBadges(50, null);
  await Promise.all(
    edges.map(async ({ node }) => {
      if (node instanceof Error) throw node;
      const [template, holder] = await Promise.all([
        session.template(node.templateId),
        session.holder(node.recipientId),
      ]);
      expect([template?.templateId, holder?.holderId]).toEqual([node.templateId, node.recipientId]);
    }),
  );
  return made.seen().length - before;
}

describe('fifty badges of ten templates and twenty-five holders', () => {
  it('take three calls when both lists fit a page, and again', async () => {
    const made = await harness(world(10, 25));
    expect([await fiftyBadges(made), await fiftyBadges(made)]).toEqual([3, 3]);
  });

  it('take a read for each once it is known that the lists do not pay', async () => {
    const made = await harness(world(400, 400));
    expect(await fiftyBadges(made)).toBeLessThanOrEqual(1 + 11 + 26);
    expect(await fiftyBadges(made)).toBe(1 + 10 + 25);
  });

  it('take pages as long as they pay', async () => {
    const made = await harness(world(105, 210));
    const calls = await fiftyBadges(made);
    expect(calls).toBeLessThanOrEqual(1 + 10 + 25);
  });
});

describe('the size of a listing', () => {
  it('is remembered for a minute, by credential', () => {
    let now = 0;
    const sizes = createListSizes(() => now);
    sizes.remember('a', 3);
    expect([sizes.pages('a'), sizes.pages('b')]).toEqual([3, undefined]);
    now = 59_999;
    expect(sizes.pages('a')).toBe(3);
    now = 60_000;
    expect(sizes.pages('a')).toBeUndefined();
    for (let index = 0; index < 2_000; index += 1) sizes.remember(`key ${index}`, 1);
    expect([sizes.pages('key 999'), sizes.pages('key 1000'), sizes.pages('key 1999')]).toEqual([undefined, 1, 1]);
  });
});

describe('reads by id', () => {
  it('are made once each, one by one when they are few', async () => {
    const made = await harness(world(10, 25));
    const [a, b, again, none] = await Promise.all(['t1', 't2', 't1', 'nobody'].map((id) => made.session.template(id)));
    expect([a?.templateId, b?.templateId, again === a, none]).toEqual(['t1', 't2', true, null]);
    expect(made.seen()).toEqual(Array(3).fill('getASingleBadgeTemplate'));
  });

  it('say null for what a whole listing does not hold, and ask for what an incomplete one lacks', async () => {
    const whole = await harness(world(10, 25));
    expect(await Promise.all(['t1', 't2', 't3', 'x1', 'x2'].map((id) => whole.session.template(id)))).toMatchObject([
      {},
      {},
      {},
      null,
      null,
    ]);
    expect(whole.seen()).toEqual(['getAllBadgeTemplatesByOwnerId']);
    for (const page of [
      { page: [wireTemplate({ _id: 't1' })], hasMore: true },
      { page: [wireTemplate({ _id: 't1' }), { odd: 1 }], hasMore: false },
      { page: [wireTemplate({ _id: 't2', name: 5 })], hasMore: false },
      { rows: [] },
    ]) {
      const made = await harness({ ...world(10, 25), getAllBadgeTemplatesByOwnerId: () => json(page) });
      expect(await Promise.all(['t1', 't2', 't3', 'x1', 'x2'].map((id) => made.session.template(id)))).toMatchObject([
        {},
        {},
        {},
        null,
        null,
      ]);
    }
  });

  it('fail alone, and are asked again afterwards', async () => {
    const made = await harness({
      ...world(10, 25),
      getHolderById: (body, nth) =>
        nth === 0 ? json({ error: 'no' }, 403) : json(wireHolder({ _id: body['holderId'] })),
    });
    const [first, second] = await Promise.allSettled([made.session.holder('h1'), made.session.holder('h2')]);
    expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await made.session.holder('h1'))?.holderId).toBe('h1');
  });

  it('share an outage of the listing instead of adding to it', async () => {
    const made = await harness({ ...world(10, 25), getHolders: () => json({ error: 'no' }, 401) });
    const results = await Promise.allSettled(['h1', 'h2', 'h3', 'h4'].map((id) => made.session.holder(id)));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(made.seen()).toEqual(['getHolders']);
  });

  it('send nothing for what cannot be an id', async () => {
    const made = await harness({});
    for (const id of ['', '..', 'a b', 'x'.repeat(129), 'a/b']) {
      for (const run of [
        made.session.template(id),
        made.session.holder(id),
        made.session.issuedBadge(id),
        made.session.deleteHolder(id),
        made.session.updateTemplate(id, { name: 'x' }, undefined),
      ]) {
        expect(await rejection(run)).toMatchObject({ code: 'BAD_USER_INPUT' });
      }
    }
    expect(made.seen()).toEqual([]);
  });

  it('come with the pages of a connection', async () => {
    const made = await harness(world(10, 25));
    await made.session.holders(25, null);
    expect(await made.session.holder('h7')).toMatchObject({ holderId: 'h7' });
    expect(made.seen()).toEqual(['getHolders']);
  });
});

describe('an issued badge', () => {
  const many = ids('b', 2_100).map((_id) => wireBadge({ _id }));
  it('is searched for in the listing, several in one search', async () => {
    const made = await harness({ getIssuedBadges: listing(many.slice(0, 250)) });
    expect(
      (await Promise.all(['b3', 'b240', 'gone'].map((id) => made.session.issuedBadge(id)))).map(
        (badge) => badge?.badgeId,
      ),
    ).toEqual(['b3', 'b240', undefined]);
    expect(made.seen()).toHaveLength(3);
    expect(made.bodies('getIssuedBadges')[0]).toEqual({
      userId: fields.userId,
      paginationOpts: { numItems: 100, cursor: null },
    });
  });

  it('may be a row that does not show its id: that is an error, and none of those that were found', async () => {
    for (const row of ['gone', null, {}, { _id: 7 }]) {
      const made = await harness({
        getIssuedBadges: () => lastPage(many[0], row, wireBadge({ _id: 'odd', issuedAt: 'x' })),
      });
      expect(await made.session.issuedBadge('b0')).toMatchObject({ badgeId: 'b0' });
      expect((await upstreamError(made.session.issuedBadge('b1'))).kind).toBe('bad_response');
    }
    const named = await harness({ getIssuedBadges: () => lastPage(many[0], wireBadge({ _id: 'odd', templateId: 7 })) });
    expect(await named.session.issuedBadge('b1')).toBeNull();
    expect((await upstreamError(named.session.issuedBadge('odd'))).kind).toBe('bad_response');
  });

  it('is unknown where the search has to end', async () => {
    const made = await harness({ getIssuedBadges: listing(many) });
    expect((await upstreamError(made.session.issuedBadge('b2050'))).kind).toBe('lookup_limit');
    expect(made.seen()).toHaveLength(20);
    expect(await made.session.issuedBadge('b1999')).toMatchObject({ badgeId: 'b1999' });
  });
});

describe('the holder of a user', () => {
  it('is the one with this external id, and nobody else', async () => {
    for (const [answer, expected] of [
      [json(wireHolder({ holderId: 'uid-1' })), 'j57bq0wz3n8xk1vt6yc4hm9rd2gfspja'],
      [json(wireHolder({ holderId: undefined })), 'j57bq0wz3n8xk1vt6yc4hm9rd2gfspja'],
      [json(wireHolder({ holderId: 'uid-2' })), undefined],
      [json({ error: 'none' }, 404), undefined],
      [json({ error: 'not an id' }, 400), undefined],
    ] as const) {
      const made = await harness({ getHolderById: () => answer });
      expect((await made.session.holderOfUser('uid-1'))?.holderId).toBe(expected);
      expect(made.bodies('getHolderById')).toEqual([{ userId: fields.userId, holderId: 'uid-1' }]);
    }
    const down = await harness({ getHolderById: () => json({ error: 'clientId missing' }, 400) });
    expect((await upstreamError(down.session.holderOfUser('uid-1'))).kind).toBe('unauthorized');
  });
});

describe('the provider', () => {
  it("says hello with the server's credential", async () => {
    const made = await harness({ hello: () => json({ message: 'Hello, from MyPit!' }) });
    await made.mypit.ping('mypit', { deadline: monotonicNow() + 1_000 });
    expect(made.upstream.requests[0]).toMatchObject({
      method: 'GET',
      path: '/hello',
      headers: { clientid: fields.clientId },
    });
    expect(made.mypit.health()).toMatchObject([{ name: 'mypit', enabled: true, circuit: 'CLOSED' }]);
  });

  it('speaks for whoever opened it', async () => {
    const made = await harness({ getHolders: () => lastPage() });
    const own = { ...fields, clientId: 'theirs', userId: 'their-user' };
    await made.open({}, { ...credential, source: 'caller', fields: own }).holders(5, null);
    expect(made.upstream.requests[0]?.headers['clientid']).toBe('theirs');
    expect(made.bodies('getHolders')[0]).toMatchObject({ userId: 'their-user' });
  });
});
