import { afterAll, describe, expect, it } from 'vitest';
import type { HolderInput, IssueRow } from '../../src/providers/mypit/model.js';
import {
  attempt,
  holderInput,
  json,
  lastPage,
  MARKER,
  mypitHarness,
  templateInput as template,
  upstreamError,
  wireBadge,
  wireHolder,
  wireTemplate,
  type Handler,
  type MyPitHarness,
} from './mypit-support.js';

// They run side by side: most of their time they wait between two batches.
const opened: MyPitHarness[] = [];
afterAll(() => Promise.all(opened.map((made) => made.close())));
async function openHarness(handlers: Readonly<Record<string, Handler>>): Promise<MyPitHarness> {
  const made = await mypitHarness(handlers);
  opened.push(made);
  return made;
}

/** What proxies and routers refuse with, and nothing that only the upstream could say. */
const anybodys: readonly (readonly [string, ReturnType<Handler>, string])[] = [
  ['an empty 404', { status: 404, body: '' }, 'not_found'],
  ['404 {}', json({}, 404), 'not_found'],
  ['404 with a path', json({ message: 'Cannot POST /issueBadge', path: '/createHolder' }, 404), 'not_found'],
  ['404 without a route', json({ message: 'no Route matched with those values' }, 404), 'not_found'],
  ['400 {error: x}', json({ error: 'x' }, 400), 'rejected'],
  ['405', json({ error: { code: 'not_allowed', message: 'method not allowed' } }, 405), 'rejected'],
  ['400 with a cursor', json({ code: 'InvalidCursor' }, 400), 'rejected'],
];
const byStatus: readonly (readonly [string, ReturnType<Handler>, string])[] = [
  ['an empty 401', { status: 401, body: '' }, 'unauthorized'],
  ['a 401 of a proxy', json({ message: 'Unauthorized' }, 401), 'unauthorized'],
  ['a page with 403', { status: 403, body: '<html>403 Forbidden</html>' }, 'forbidden'],
  ['a 429 of a proxy', { ...json({ message: 'slow down' }, 429), headers: { 'retry-after': '0' } }, 'rate_limited'],
];
const conflicts: readonly (readonly [string, ReturnType<Handler>, string])[] = [
  ['a page with 409', { status: 409, body: '<html>error code: 1001</html>' }, 'conflict'],
  ['409 {}', json({}, 409), 'conflict'],
];
const owns: readonly (readonly [string, ReturnType<Handler>])[] = [
  ['a word', json({ error: 'Badge template not found', status: 404 }, 404)],
  ['a field', json({ message: 'holderId is not valid' }, 400)],
  ['a code', json({ code: 'HOLDER_NOT_FOUND' }, 404)],
  ['what is there already', json({ error: 'name is already in use', status: 400 }, 400)],
  ['its validator', json({ status: 'error', errorMessage: 'ArgumentValidationError: .name' }, 400)],
];

const T1 = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const people = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`);
type Wire = Record<string, unknown>;

/** An upstream with a memory; `send` says what a batch meets. */
async function start(
  send: (apply: () => string[], nth: number) => ReturnType<Handler>,
  { shown = true, before = [], list }: { shown?: boolean; before?: readonly unknown[]; list?: Handler } = {},
): Promise<MyPitHarness> {
  const badges: unknown[] = [...before];
  return openHarness({
    getASingleBadgeTemplate: () => json(wireTemplate()),
    getHolderById: () => json({ error: 'holder not found' }, 404),
    getIssuedBadges: (body, nth) => list?.(body, nth) ?? lastPage(...badges),
    issueBadge: (body, nth) =>
      send(
        () =>
          (body['recipientIds'] as string[]).map((recipientId) => {
            const badgeData = shown ? body['badgeData'] : undefined;
            badges.push(wireBadge({ _id: `b-${recipientId}`, recipientId, issuedAt: Date.now(), badgeData }));
            return `b-${recipientId}`;
          }),
        nth,
      ),
  });
}

const issue = (made: MyPitHarness, count: number) =>
  made.session.issue(
    { templateId: T1, recipientIds: people(count), validityPeriodDays: undefined, type: undefined, data: { rows: 2 } },
    attempt(made),
  );
const short = (rows: readonly IssueRow[]) => rows.map(({ outcome, badgeId }) => `${outcome} ${badgeId ?? '-'}`);
const looks = (made: MyPitHarness) => made.bodies('getIssuedBadges').length - 1;
const success = (issuedBadges: string[]) => json({ issuedBadges, status: 'success' });

describe.concurrent('a batch that is refused as anybody on the way could', () => {
  it.each([...anybodys, ...conflicts, ...byStatus])(
    '(%s) is issued when a look finds its badges',
    async (_name, refusal) => {
      for (const shown of [true, false]) {
        const made = await start((apply, nth) => (nth === 0 ? success(apply()) : (apply(), refusal)), { shown });
        expect(short(await issue(made, 12))).toEqual(people(12).map((id) => `ISSUED b-${id}`));
        expect(made.bodies('issueBadge')).toHaveLength(2);
      }
    },
  );

  it.each([...anybodys, ...conflicts, ...byStatus])(
    '(%s) is unknown when two looks find nothing',
    async (_name, refusal, kind) => {
      for (const shown of [true, false]) {
        const made = await start((apply, nth) => (nth === 0 ? success(apply()) : refusal), { shown });
        const rows = await issue(made, 12);
        expect(rows.map(({ outcome }) => outcome)).toEqual([...Array(10).fill('ISSUED'), 'UNKNOWN', 'UNKNOWN']);
        expect(rows[11]?.message).toMatch(/may or may not.*Do not send it again before you have looked/);
        expect(looks(made)).toBe(2);
      }
      const alone = await start(() => refusal);
      const told = byStatus.some(([, other]) => other === refusal);
      expect(await upstreamError(issue(alone, 12))).toMatchObject(
        told ? { kind, endOpen: true, delivery: 'unclear' } : { kind: 'outcome_unknown' },
      );
      expect(alone.bodies('issueBadge')).toHaveLength(told ? 1 : 2);
    },
  );

  const refuse = () => json({ error: 'x' }, 400);
  const late = (changes: Wire) => wireBadge({ _id: 'late', recipientId: 'h0', issuedAt: Date.now(), ...changes });
  const partial: readonly (readonly [string, (nth: number) => ReturnType<Handler>])[] = [
    ['end out of sight', () => json({ page: [], hasMore: true })],
    ['row that cannot be read', () => lastPage({ _id: 'odd', templateId: 7 })],
    ['row without an id', () => lastPage({ odd: 1 })],
    ['new badge of theirs, dated long ago', () => lastPage(late({ issuedAt: 1, badgeData: undefined }))],
    ['new badge of nobody that is known', () => lastPage(late({ recipientId: 'who', badgeData: undefined }))],
    ['two that may be it', () => lastPage(late({ badgeData: {} }), late({ _id: 'later', badgeData: {} }))],
    ['failure the first time', (nth) => (nth === 1 ? json('', 401) : lastPage())],
    ['failure the second time', (nth) => (nth === 2 ? json('', 401) : lastPage())],
  ];
  it.each(partial)('is unknown where a look meets a %s', async (_name, list) => {
    const made = await start(refuse, { list: (_body, nth) => (nth === 0 ? lastPage() : list(nth)) });
    expect((await upstreamError(issue(made, 1))).kind).toBe('outcome_unknown');
    expect(made.bodies('issueBadge')).toHaveLength(1);
  });

  it('is unknown where not everything could be read before, and there is a badge without a mark', async () => {
    const made = await start(refuse, {
      list: (_body, nth) => (nth === 0 ? json({ page: [], hasMore: true }) : lastPage(late({ badgeData: undefined }))),
    });
    expect((await upstreamError(issue(made, 1))).kind).toBe('outcome_unknown');
  });

  it.each(byStatus)('(%s) at the first batch is no end for it when a look finds its badges', async (_name, refusal) => {
    for (const shown of [true, false]) {
      const made = await start((apply) => (apply(), refusal), { shown });
      expect(short(await issue(made, 2))).toEqual(['ISSUED b-h0', 'ISSUED b-h1']);
      const more = await start((apply) => (apply(), refusal), { shown });
      const rows = await issue(more, 12);
      expect(short(rows)).toEqual([...people(10).map((id) => `ISSUED b-${id}`), 'FAILED -', 'FAILED -']);
      expect(rows[11]?.message).toMatch(/^Not sent/);
      expect(more.bodies('issueBadge')).toHaveLength(1);
    }
  });

  it.each(owns)('is believed at once when the upstream says something of its own: %s', async (_name, refusal) => {
    const made = await start(() => refusal);
    expect(short(await issue(made, 2))).toEqual(['FAILED -', 'FAILED -']);
    expect(looks(made)).toBe(1);
  });

  const refused: readonly (readonly [string, ReturnType<Handler>])[] = [
    ...owns,
    ['a status', json({ issuedBadges: [], status: 'failed' })],
    [
      'a failure of each',
      json({ status: 'failed', details: { failed: [{ recipientId: 'h10' }, { recipientId: 'h11' }] } }),
    ],
    ['its credentials', json({ error: 'clientId or secretKey is not valid', status: 401 }, 401)],
  ];
  it.each(refused)(
    'is not told as failed when its badges bear our mark, whatever it says: %s',
    async (_name, refusal) => {
      const late = await start((apply, nth) => (nth === 0 ? success(apply()) : (apply(), refusal)));
      const rows = await issue(late, 12);
      expect(rows.map(({ outcome }) => outcome)).toEqual(Array(12).fill('ISSUED'));
      const hidden = await start((apply, nth) => (nth === 0 ? success(apply()) : (apply(), refusal)), { shown: false });
      expect((await issue(hidden, 12))[11]).toMatchObject({ outcome: 'FAILED' });
    },
  );

  it('stays unknown behind a page, or where the host knows no such route', async () => {
    for (const refusal of [json({ error: 'No matching routes found' }, 404), json('<html>', 404)]) {
      const made = await start((apply, nth) => (nth === 0 ? success(apply()) : refusal));
      expect((await issue(made, 12))[11]?.outcome).toBe('UNKNOWN');
    }
  });

  it('in a 200 that speaks of a cursor is looked for, too', async () => {
    const made = await start((apply, nth) =>
      nth === 0 ? success(apply()) : (apply(), json({ error: 'InvalidCursor' })),
    );
    expect((await issue(made, 12))[11]).toMatchObject({ outcome: 'ISSUED', badgeId: 'b-h11' });
  });
});

describe.concurrent('data that comes back otherwise than it was sent', () => {
  const lost = (show: (data: unknown) => unknown, others: readonly unknown[] = []) => {
    const badges: unknown[] = [];
    return openHarness({
      getASingleBadgeTemplate: () => json(wireTemplate()),
      getIssuedBadges: (_body, nth) => lastPage(...badges, ...(nth === 0 ? [] : others)),
      issueBadge: (body) => {
        for (const recipientId of body['recipientIds'] as string[])
          badges.push(
            wireBadge({
              _id: `b-${recipientId}`,
              recipientId,
              issuedAt: Date.now(),
              badgeData: show(body['badgeData']),
            }),
          );
        return undefined;
      },
    });
  };
  const without = (data: unknown) => ({ ...(data as object), gw_idem: undefined });
  const marked = (key: string) => wireBadge({ _id: 'else', templateId: 'another', badgeData: { gw_idem: key } });

  it.each<[string, (data: unknown) => unknown]>([
    ['as the text of its JSON', (data) => JSON.stringify(data)],
    ['without our key', without],
    ['empty', () => ({})],
    ['as a text without it', (data) => JSON.stringify(without(data))],
    ['as another text', () => '[object Object]'],
    ['not at all', () => undefined],
  ])('%s: the badges are found by template, recipient and time', async (_name, show) => {
    const made = await lost(show);
    expect(short(await issue(made, 3))).toEqual(people(3).map((id) => `ISSUED b-${id}`));
    expect(made.bodies('issueBadge')).toHaveLength(1);
  });

  it('in text form is matched by its marker alone', async () => {
    const made = await lost(
      (data) => JSON.stringify(data),
      [wireBadge({ _id: 'x', recipientId: 'h0', issuedAt: Date.now(), badgeData: '{"gw_idem":"another"}' })],
    );
    expect(short(await issue(made, 1))).toEqual(['ISSUED b-h0']);
  });

  it('without our key is nobody’s where the upstream shows such keys', async () => {
    const made = await lost(without, [marked('another')]);
    expect((await upstreamError(issue(made, 1))).kind).toBe('outcome_unknown');
  });

  it('in text form is shown as JSON, and our marker hidden from readers', async () => {
    const texts = [JSON.stringify({ score: 91, gw_idem: MARKER }), '[1]', 'plain', '{"a":1,', '7'];
    const made = await openHarness({
      getIssuedBadges: () => lastPage(...texts.map((badgeData, index) => wireBadge({ _id: `b${index}`, badgeData }))),
    });
    const { edges } = await made.session.issuedBadges(10, null);
    expect(edges.map(({ node }) => (node instanceof Error ? node : node.data))).toEqual([
      { score: 91 },
      ...texts.slice(1),
    ]);
  });
});

describe.concurrent('making a holder or a template that is refused as anybody on the way could', () => {
  const holder: HolderInput = { ...holderInput, memo: null };
  const LIST = 'getAllBadgeTemplatesByOwnerId';
  const noHolder: Handler = () => json({ error: 'holder not found' }, 404);
  const createHolder = (made: MyPitHarness) => made.session.createHolder(holder, attempt(made));
  const createTemplate = (made: MyPitHarness) => made.session.createTemplate(template, attempt(made));

  it.each([...anybodys, ...conflicts, ...byStatus])('(%s) is found when it was made', async (_name, refusal) => {
    const byId = await openHarness({ createHolder: () => refusal, getHolderById: () => json(wireHolder()) });
    expect(await createHolder(byId)).toBe(wireHolder()['_id']);
    const listed = await openHarness({
      createHolder: () => refusal,
      getHolderById: noHolder,
      getHolders: () => lastPage(wireHolder({ _id: 'mine', holderId: undefined })),
    });
    expect(await createHolder(listed)).toBe('mine');
    const fresh = wireTemplate({ _id: 'mine', createdAt: Date.now() });
    const made = await openHarness({
      createBadgeTemplate: () => refusal,
      [LIST]: (_body, nth) => lastPage(...(nth === 0 ? [] : [fresh])),
    });
    expect(await createTemplate(made)).toBe('mine');
  });

  it.each([...anybodys, ...conflicts, ...byStatus])(
    '(%s) is refused when two whole looks find nothing',
    async (_name, refusal, kind) => {
      const made = await openHarness({
        createHolder: () => refusal,
        getHolderById: noHolder,
        getHolders: () => lastPage(wireHolder({ _id: 'x', holderDid: 'did:x:1', holderId: 'other' })),
        createBadgeTemplate: () => refusal,
        [LIST]: () => lastPage(wireTemplate(), { _id: 'odd' }),
      });
      expect(await upstreamError(createHolder(made))).toMatchObject({ kind, delivery: 'answered' });
      expect(made.seen()).toEqual(['createHolder', ...Array(2).fill(['getHolderById', 'getHolders']).flat()]);
      expect(await upstreamError(createTemplate(made))).toMatchObject({ kind, delivery: 'answered' });
      expect(made.seen().slice(5)).toEqual([LIST, 'createBadgeTemplate', LIST, LIST]);
    },
  );

  it.each<[string, Record<string, Handler>]>([
    ['end out of sight', { getHolders: () => json({ page: [], hasMore: true }) }],
    ['holder who cannot be read', { getHolders: () => lastPage({ odd: 1 }) }],
    ['holder of the same DID', { getHolders: () => lastPage(wireHolder({ holderId: 'other' })) }],
    [
      'holder without a name',
      { getHolders: () => lastPage(wireHolder({ holderId: undefined, holderDid: undefined })) },
    ],
    ['listing that fails', { getHolders: () => json('', 401) }],
    ['reading by id that fails', { getHolderById: () => json('', 403) }],
  ])('is unknown where a look for a holder meets a %s', async (_name, handlers) => {
    const made = await openHarness({
      createHolder: () => json({ error: 'x' }, 400),
      getHolderById: noHolder,
      getHolders: () => lastPage(),
      ...handlers,
    });
    expect((await upstreamError(createHolder(made))).kind).toBe('outcome_unknown');
    expect(made.bodies('createHolder')).toHaveLength(1);
  });

  it.each<[string, Handler]>([
    ['end out of sight', (_body, nth) => (nth === 0 ? lastPage() : json({ page: [], hasMore: true }))],
    ['row that cannot be read', (_body, nth) => lastPage(...(nth === 0 ? [] : [{ _id: 'odd' }]))],
    ['new one of this name', (_body, nth) => lastPage(...(nth === 0 ? [] : [wireTemplate({ _id: 'new', price: 9 })]))],
    ['failure', (_body, nth) => (nth === 2 ? json('', 401) : lastPage())],
  ])('is unknown where a look for a template meets a %s', async (_name, list) => {
    const made = await openHarness({ createBadgeTemplate: () => json({ error: 'x' }, 400), [LIST]: list });
    expect((await upstreamError(createTemplate(made))).kind).toBe('outcome_unknown');
  });

  it.each(owns)('is believed at once when the upstream says something of its own: %s', async (_name, refusal) => {
    const made = await openHarness({
      createHolder: () => refusal,
      createBadgeTemplate: () => refusal,
      [LIST]: () => lastPage(),
    });
    await upstreamError(createHolder(made));
    await upstreamError(createTemplate(made));
    expect(made.seen()).toEqual(['createHolder', LIST, 'createBadgeTemplate']);
  });

  it.each(byStatus)('(%s) is told with an open end where nobody could look', async (_name, refusal, kind) => {
    const made = await openHarness({
      createHolder: () => refusal,
      getHolderById: () => json('', 404),
      getHolders: () => ({ status: 500, body: '' }),
      createBadgeTemplate: () => refusal,
      [LIST]: (_body, nth) => (nth === 0 ? lastPage() : json('<html>')),
    });
    const open = { kind, endOpen: true, delivery: 'unclear' };
    expect(await upstreamError(createHolder(made))).toMatchObject(open);
    expect(await upstreamError(createTemplate(made))).toMatchObject(open);
    expect([made.bodies('createHolder').length, made.bodies('createBadgeTemplate').length]).toEqual([1, 1]);
  });

  it.each(byStatus.filter(([, , kind]) => kind !== 'rate_limited'))(
    '(%s) is believed when the look is refused alike',
    async (_name, refusal, kind) => {
      const made = await openHarness({
        createHolder: () => refusal,
        getHolderById: () => refusal,
        createBadgeTemplate: () => refusal,
        [LIST]: (_body, nth) => (nth === 0 ? lastPage() : refusal),
      });
      expect(await upstreamError(createHolder(made))).toMatchObject({ kind, delivery: 'answered' });
      expect(await upstreamError(createTemplate(made))).toMatchObject({ kind, delivery: 'answered' });
      expect(made.seen()).toEqual(['createHolder', 'getHolderById', LIST, 'createBadgeTemplate', LIST]);
    },
  );
});

describe.concurrent('a holder who was there before', () => {
  const holder: HolderInput = { ...holderInput, memo: null };
  const make = async (shown: Wire, answer: ReturnType<Handler>) => {
    const made = await openHarness({
      createHolder: () => answer,
      getHolderById: () => json(wireHolder(shown)),
      getHolders: () => lastPage(wireHolder(shown)),
    });
    return made.session.createHolder(holder, attempt(made));
  };
  const long = Date.now() - 301_000;
  const lost = json('', 500);
  const conflict = json({ error: 'Conflict' }, 409);

  it.each<[string, Wire]>([
    ['was made long ago', { _creationTime: long }],
    ['has another name', { _creationTime: undefined, name: 'Old Name' }],
    ['has another address', { _creationTime: undefined, email: 'old@example.org' }],
  ])('is not told to be made: %s', async (_name, shown) => {
    expect((await upstreamError(make(shown, lost))).kind).toBe('outcome_unknown');
    await expect(make(shown, conflict)).rejects.toThrow();
  });

  it('stands for a refusal that is told as such when its time shows it', async () => {
    expect(await upstreamError(make({ _creationTime: long }, conflict))).toMatchObject({
      kind: 'conflict',
      delivery: 'answered',
    });
  });

  it('is told from one that the upstream wrote in its own way, or tells less of', async () => {
    for (const shown of [
      { name: ' ANA brook ', email: 'Ana.Brook@Example.org' },
      { name: null, email: null },
    ])
      expect(await make({ ...shown, _creationTime: undefined }, lost)).toBe(wireHolder()['_id']);
  });
});

describe.concurrent('a change or a deletion that is refused as anybody on the way could', () => {
  const read: Record<string, string> = {
    updateBadgeTemplate: 'getASingleBadgeTemplate',
    deleteBadgeTemplate: 'getASingleBadgeTemplate',
    updateHolder: 'getHolderById',
    deleteHolder: 'getHolderById',
  };
  /** An upstream with one object that carries out what it refuses, if it is told to. */
  const open = async (operation: string, refusal: ReturnType<Handler>, done: boolean) => {
    const holder = operation.endsWith('Holder');
    let object: Wire | undefined = holder ? wireHolder() : wireTemplate();
    const made = await openHarness({
      [read[operation] ?? '']: () => (object ? json(object) : json({ error: 'object not found' }, 404)),
      [operation]: (body) => {
        if (done) object = operation.startsWith('delete') ? undefined : { ...object, ...(body['data'] as Wire) };
        return refusal;
      },
    });
    const id = String(object['_id']);
    const { session } = made;
    const run: Record<string, () => Promise<unknown>> = {
      updateBadgeTemplate: () => session.updateTemplate(id, { name: 'New' }, undefined),
      deleteBadgeTemplate: () => session.deleteTemplate(id),
      updateHolder: () => session.updateHolder(id, { name: 'New' }),
      deleteHolder: () => session.deleteHolder(id),
    };
    return { made, run: run[operation] ?? (() => Promise.reject(new Error(operation))) };
  };
  const all = [...anybodys, ...conflicts, ...byStatus];

  it.each(Object.keys(read))('%s: done when it was done', async (operation) => {
    for (const [name, refusal, kind] of all) {
      const { made, run } = await open(operation, refusal, true);
      const end = await run().then(
        () => 'done',
        (error: unknown) => error,
      );
      if (operation.startsWith('update')) expect([name, end]).toEqual([name, 'done']);
      // Of what nobody has seen before, looks bear out a 404, and prove nothing against a word on the credential or the pace.
      else if (kind === 'not_found') expect(end).toMatchObject({ kind, delivery: 'answered' });
      else if (byStatus.some(([, other]) => other === refusal)) expect(end).toMatchObject({ kind, endOpen: true });
      else expect([name, end]).toEqual([name, 'done']);
      expect(made.bodies(operation)).toHaveLength(1);
    }
  });

  it.each(Object.keys(read))('%s: refused as it was told, when a look shows it as it was', async (operation) => {
    for (const [, refusal, kind] of all) {
      const { made, run } = await open(operation, refusal, false);
      expect(await upstreamError(run())).toMatchObject({ kind, delivery: 'answered' });
      expect(made.bodies(operation)).toHaveLength(1);
    }
  });

  it.each(Object.keys(read))('%s: believed at once in the upstream’s own words', async (operation) => {
    const { made, run } = await open(operation, json({ error: 'the template or holder is not yours' }, 400), false);
    expect(await upstreamError(run())).toMatchObject({ kind: 'rejected' });
    expect(made.seen()).toEqual([...(operation.startsWith('update') ? [read[operation]] : []), operation]);
  });
});
