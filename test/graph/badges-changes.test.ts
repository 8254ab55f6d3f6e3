import { describe, expect, it } from 'vitest';
import { badgeCallers as callers, codesOf, startBadgesGraph, type BadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach } from '../support/graph-payments.js';
import {
  example,
  examples,
  fields,
  json,
  lastPage,
  wireBadge,
  wireHolder,
  wireTemplate,
  type Handler,
} from '../providers/mypit-support.js';

closeAfterEach();

type Wire = Record<string, unknown>;
const T1 = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const H1 = 'j57bq0wz3n8xk1vt6yc4hm9rd2gfspja';
const H2 = 'j20xk7vt5hm1zj9wdb3gfs8er6c4nyqp';

const members =
  '__typename ... on UserError { code message upstreamCode } ... on InvalidInputError { issues { path ' +
  'message } } ... on OutcomeUnknownError { idempotencyKey candidates } ... on ConflictError { payment ' +
  '{ paymentId } }';
const mutations = {
  createBadgeTemplate:
    'mutation ($input: CreateBadgeTemplateInput!) { field: createBadgeTemplate(input: $input) { ' +
    `${members} ... on CreateBadgeTemplatePayload { badgeTemplate { templateId name type price ` +
    'validityPeriodDays isActive createdAt } } } }',
  updateBadgeTemplate:
    'mutation ($input: UpdateBadgeTemplateInput!) { field: updateBadgeTemplate(input: $input) { ' +
    `${members} ... on UpdateBadgeTemplatePayload { badgeTemplate { templateId description updatedAt } } ` +
    '} }',
  deleteBadgeTemplate:
    'mutation ($input: DeleteBadgeTemplateInput!) { field: deleteBadgeTemplate(input: $input) { ' +
    `${members} ... on DeleteBadgeTemplatePayload { deletedTemplateId } } }`,
  createHolder:
    `mutation ($input: CreateHolderInput!) { field: createHolder(input: $input) { ${members} ... on ` +
    'CreateHolderPayload { holder { holderId name email did externalId memo } } } }',
  updateHolder:
    `mutation ($input: UpdateHolderInput!) { field: updateHolder(input: $input) { ${members} ... on ` +
    'UpdateHolderPayload { holder { holderId name email } } } }',
  deleteHolder:
    `mutation ($input: DeleteHolderInput!) { field: deleteHolder(input: $input) { ${members} ... on ` +
    'DeleteHolderPayload { deletedHolderId } } }',
  issueBadge:
    `mutation ($input: IssueBadgeInput!) { field: issueBadge(input: $input) { ${members} ... on ` +
    'IssueBadgePayload { status results { recipientId outcome badgeId message } } } }',
} as const;
type Mutation = keyof typeof mutations;

const inputs = {
  createBadgeTemplate: {
    name: 'Orchard Keeper',
    type: 'ACHIEVEMENT',
    imageUrl: 'https://img.hollow-creek.example/orchard.png',
    description: 'Pruned a whole row',
    criteria: 'Two seasons',
    validityPeriodDays: 365,
    price: '2.5',
  },
  updateBadgeTemplate: { templateId: T1, description: 'Pruned two rows' },
  deleteBadgeTemplate: { templateId: T1 },
  createHolder: {
    name: 'Ana Brook',
    email: 'ana.brook@example.org',
    phone: '+15550100',
    did: 'did:ethr:0x9a8b7c6d5e4f30211203f4e5d6c7b8a990817263',
    externalId: 'crew-0017',
    memo: 'south field',
  },
  updateHolder: { holderId: H1, email: 'ana@example.org' },
  deleteHolder: { holderId: H1 },
  issueBadge: { templateId: T1, recipientIds: [H1, H2], data: { rows: 2 }, idempotencyKey: 'key-1' },
} as const satisfies Record<Mutation, Wire>;

async function run(
  graph: BadgesGraph,
  mutation: Mutation,
  input: Wire = inputs[mutation],
  headers?: Record<string, string>,
): Promise<Wire> {
  const answer = await graph.query<{ field: Wire }>(mutations[mutation], { input }, headers);
  if (answer.errors) throw new Error(codesOf(answer).join());
  return answer.data?.field ?? {};
}

/** Everything is there, and every change is answered with yes. */
const yes: Record<string, Handler> = {
  getASingleBadgeTemplate: () => json(wireTemplate()),
  getHolderById: () => json(wireHolder()),
  getAllBadgeTemplatesByOwnerId: () => lastPage(),
  getHolders: () => lastPage(),
  getIssuedBadges: () => lastPage(),
  createBadgeTemplate: () => json({ _id: T1 }),
  updateBadgeTemplate: () => json({ _id: T1 }),
  deleteBadgeTemplate: () => json({ _id: T1 }),
  createHolder: () => json({ _id: H1 }),
  updateHolder: () => json({ _id: H1 }),
  deleteHolder: () => json({ success: true }),
  issueBadge: (body) =>
    json({ issuedBadges: (body['recipientIds'] as string[]).map((id) => `b-${id}`), status: 'success' }),
};

describe('every example of a change', () => {
  const expected: Record<string, Wire> = {
    'createBadgeTemplate.refused': { __typename: 'InvalidInputError', issues: [] },
    'createBadgeTemplate.error-in-200': { __typename: 'OutcomeUnknownError', idempotencyKey: null, candidates: [] },
    'updateBadgeTemplate.not-found': { __typename: 'NotFoundError' },
    'deleteBadgeTemplate.not-found': { __typename: 'NotFoundError' },
    'createHolder.duplicate': { __typename: 'ConflictError', payment: null },
    'updateHolder.server-error': { __typename: 'OutcomeUnknownError', idempotencyKey: null },
    'deleteHolder.not-done': { __typename: 'ConflictError' },
    'issueBadge.partial': {
      status: 'PARTIAL',
      results: [
        { outcome: 'ISSUED' },
        { outcome: 'FAILED', message: 'The provider knows no such holder.', badgeId: null },
      ],
    },
    'issueBadge.partial-badge-ids': { status: 'PARTIAL' },
    'issueBadge.failed': { status: 'FAILED', results: [{ outcome: 'FAILED' }] },
    'issueBadge.fewer-than-asked': { __typename: 'OutcomeUnknownError', idempotencyKey: 'key-1' },
    'issueBadge.error-in-200': { __typename: 'OutcomeUnknownError' },
    'issueBadge.says-nothing': { __typename: 'OutcomeUnknownError' },
  };
  const changes = examples.filter(({ name }) => (name.split('.')[0] ?? '') in mutations);

  it.each(changes.map(({ name }) => [name] as const))('%s', async (name) => {
    const mutation = name.split('.')[0] as Mutation;
    const { request, response } = example(name);
    const graph = await startBadgesGraph({
      ...yes,
      [mutation]: () => ({ status: response.status, headers: response.headers, body: response.body as object }),
    });
    const recipientIds = (request.body as Wire)['recipientIds'];
    const input = {
      ...inputs[mutation],
      ...(recipientIds ? { recipientIds } : {}),
      ...(name === 'createHolder.without-memo' ? { memo: null } : {}),
    };
    const title = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Payload`;
    expect(await run(graph, mutation, input)).toMatchObject(expected[name] ?? { __typename: title });
    const sent = graph.bodies(mutation)[0] as { data?: Wire; badgeData?: Wire };
    if (mutation === 'updateBadgeTemplate') (sent.data ?? {})['updatedAt'] = 1741766400000;
    if (mutation === 'issueBadge') (sent.badgeData ?? {})['gw_idem'] = '3f9c2a17d40b6e58c1a2b3c4d5e6f708';
    expect(sent).toEqual(request.body);
  });
});

describe('what a change answers', () => {
  it('is the object as it is then', async () => {
    const graph = await startBadgesGraph(yes);
    expect(await run(graph, 'createBadgeTemplate')).toEqual({
      __typename: 'CreateBadgeTemplatePayload',
      badgeTemplate: {
        templateId: T1,
        name: 'Orchard Keeper',
        type: 'ACHIEVEMENT',
        price: '2.5',
        validityPeriodDays: 365,
        isActive: true,
        createdAt: '2025-03-10T08:00:00.123Z',
      },
    });
    expect(await run(graph, 'createHolder')).toMatchObject({
      holder: { holderId: H1, email: 'ana.brook@example.org', memo: 'south field' },
    });
    expect(await run(graph, 'updateHolder')).toMatchObject({ holder: { name: 'Ana Brook', email: 'ana@example.org' } });
    expect(await run(graph, 'deleteBadgeTemplate')).toEqual({
      __typename: 'DeleteBadgeTemplatePayload',
      deletedTemplateId: T1,
    });
    expect(await run(graph, 'deleteHolder')).toEqual({ __typename: 'DeleteHolderPayload', deletedHolderId: H1 });
  });

  it.each([
    ['switched off', () => json(wireTemplate({ _id: T1, isActive: false })), { templateId: T1, isActive: false }],
    ['gone', () => json({ error: 'none' }, 404), null],
  ])('of a deletion tells, to whoever asks, that the template is %s', async (_what, now, badgeTemplate) => {
    const graph = await startBadgesGraph({ ...yes, getASingleBadgeTemplate: now });
    const answer = await graph.query(
      'mutation ($input: DeleteBadgeTemplateInput!) { field: deleteBadgeTemplate(input: $input) { ' +
        '... on DeleteBadgeTemplatePayload { deletedTemplateId badgeTemplate { templateId isActive } } } }',
      { input: inputs.deleteBadgeTemplate },
    );
    expect(answer).toEqual({ data: { field: { deletedTemplateId: T1, badgeTemplate } } });
  });

  it('is the object as it was asked for when it cannot be read any more', async () => {
    const graph = await startBadgesGraph({
      ...yes,
      getASingleBadgeTemplate: () => json('', 401),
      getHolderById: () => json({ error: 'none' }, 404),
    });
    expect(await run(graph, 'createBadgeTemplate')).toMatchObject({
      badgeTemplate: { templateId: T1, price: '2.5', createdAt: null },
    });
    expect(await run(graph, 'createHolder')).toMatchObject({
      holder: { holderId: H1, externalId: 'crew-0017', did: inputs.createHolder.did },
    });
    expect(graph.bodies('getHolderById')).toEqual([
      { userId: fields.userId, holderId: H1 },
      { userId: fields.userId, holderId: 'crew-0017' },
    ]);
  });

  it('keeps contact data from whoever may only write', async () => {
    const graph = await startBadgesGraph(yes);
    const answer = await graph.query<{ field: { holder: Wire } }>(
      mutations.updateHolder,
      { input: inputs.updateHolder },
      callers.writer,
    );
    expect([answer.data?.field.holder, codesOf(answer)]).toEqual([
      { holderId: H1, name: 'Ana Brook', email: null },
      ['field.holder.email: FORBIDDEN'],
    ]);
  });

  it('is a conflict when the template was changed since', async () => {
    const graph = await startBadgesGraph(yes);
    expect(
      await run(graph, 'updateBadgeTemplate', {
        ...inputs.updateBadgeTemplate,
        expectedUpdatedAt: '2025-03-11T09:00:00.455+01:00',
      }),
    ).toMatchObject({ __typename: 'ConflictError' });
    expect(graph.seen()).toEqual(['getASingleBadgeTemplate']);
    expect(
      await run(graph, 'updateBadgeTemplate', {
        ...inputs.updateBadgeTemplate,
        expectedUpdatedAt: '2025-03-11T09:00:00.456+01:00',
      }),
    ).toMatchObject({ __typename: 'UpdateBadgeTemplatePayload' });
  });

  it('names the templates that it may have made when that cannot be told, as ids to read or delete them by', async () => {
    const twin = (id: string) => wireTemplate({ _id: id, createdAt: Date.now() });
    const graph = await startBadgesGraph(
      {
        ...yes,
        getAllBadgeTemplatesByOwnerId: (_body, nth) => lastPage(...(nth === 0 ? [] : [twin('twin-1'), twin('twin-2')])),
        createBadgeTemplate: () => undefined,
      },
      { READBACK_DELAY_MS: '5' },
    );
    expect(await run(graph, 'createBadgeTemplate')).toMatchObject({
      __typename: 'OutcomeUnknownError',
      code: 'OUTCOME_UNKNOWN',
      idempotencyKey: null,
      candidates: ['twin-1', 'twin-2'],
    });
    expect(graph.bodies('createBadgeTemplate')).toHaveLength(1);
  });

  it('names every fault of an input, and nothing is sent', async () => {
    const graph = await startBadgesGraph(yes);
    const faults: [Mutation, Wire, string[]][] = [
      [
        'createBadgeTemplate',
        { name: '', type: 'UNKNOWN', imageUrl: 'http://x.example' },
        ['type', 'name', 'imageUrl'],
      ],
      ['updateBadgeTemplate', { templateId: '..' }, ['templateId']],
      ['deleteBadgeTemplate', { templateId: '' }, ['templateId']],
      ['createHolder', { ...inputs.createHolder, email: 'x', did: 'x' }, ['email', 'did']],
      ['updateHolder', { holderId: H1, email: 'x' }, ['email']],
      ['deleteHolder', { holderId: 'a b' }, ['holderId']],
      [
        'issueBadge',
        { ...inputs.issueBadge, recipientIds: [], data: { gw_idem: 'x' } },
        ['recipientIds', 'data.gw_idem'],
      ],
      [
        'issueBadge',
        { ...inputs.issueBadge, data: JSON.parse(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`) as object },
        ['data'],
      ],
      ['issueBadge', { ...inputs.issueBadge, idempotencyKey: '' }, ['idempotencyKey']],
      ['issueBadge', { ...inputs.issueBadge, type: 'FINANCE' }, ['type']],
    ];
    for (const [mutation, input, paths] of faults) {
      const answer = await run(graph, mutation, input);
      expect([
        mutation,
        answer['__typename'],
        (answer['issues'] as { path: string[] }[]).map(({ path }) => path.slice(1).join('.')),
      ]).toEqual([mutation, 'InvalidInputError', paths]);
    }
    expect(graph.seen().filter((name) => name in mutations)).toEqual([]);
  });

  it('is an outage with a code, and not a member, when nothing could be sent', async () => {
    const graph = await startBadgesGraph({
      ...yes,
      getASingleBadgeTemplate: () => json('', 401),
      getAllBadgeTemplatesByOwnerId: () => json('', 401),
      deleteHolder: () => json('', 429),
      createHolder: () => json('', 403),
      getHolderById: () => json({ error: 'holder not found' }, 404),
      getHolders: () => lastPage(),
    });
    for (const [mutation, code] of [
      ['createBadgeTemplate', 'UPSTREAM_AUTH_FAILED'],
      ['updateBadgeTemplate', 'UPSTREAM_AUTH_FAILED'],
      ['issueBadge', 'UPSTREAM_AUTH_FAILED'],
      ['createHolder', 'UPSTREAM_AUTH_FAILED'],
      ['deleteHolder', 'RATE_LIMITED'],
    ] as const) {
      await expect(run(graph, mutation)).rejects.toThrow(`field: ${code}`);
    }
  });
});

describe('issuing', () => {
  it('answers a repetition with the first result, and refuses another input under the key', async () => {
    const graph = await startBadgesGraph({
      ...yes,
      issueBadge: () => json(example('issueBadge.partial').response.body),
    });
    const first = await run(graph, 'issueBadge');
    const sent = graph.seen().length;
    expect(await run(graph, 'issueBadge')).toEqual(first);
    expect(await run(graph, 'issueBadge', { ...inputs.issueBadge, recipientIds: [H1, H2, H1] })).toEqual(first);
    await expect(run(graph, 'issueBadge', { ...inputs.issueBadge, data: {} })).rejects.toThrow(
      'IDEMPOTENCY_KEY_REUSED',
    );
    expect(graph.seen()).toHaveLength(sent);
  });

  it('is sent once by parallel requests', async () => {
    const graph = await startBadgesGraph(yes);
    const answers = await Promise.all(Array.from({ length: 4 }, () => run(graph, 'issueBadge')));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(graph.bodies('issueBadge')).toHaveLength(1);
  });

  it('whose answer was lost is found later, and never sent again', async () => {
    let shown: Wire[] = [];
    const issued: Wire[] = [];
    const graph = await startBadgesGraph(
      {
        ...yes,
        getIssuedBadges: () => lastPage(...shown),
        issueBadge: (body) => {
          for (const recipientId of body['recipientIds'] as string[])
            issued.push(
              wireBadge({ _id: `b-${recipientId}`, recipientId, templateId: T1, badgeData: body['badgeData'] }),
            );
          return undefined;
        },
      },
      { RESEND_QUARANTINE_MS: '0' },
    );
    expect(await run(graph, 'issueBadge')).toMatchObject({
      __typename: 'OutcomeUnknownError',
      idempotencyKey: 'key-1',
    });
    expect(await run(graph, 'issueBadge')).toMatchObject({ __typename: 'OutcomeUnknownError' });
    shown = issued;
    expect(await run(graph, 'issueBadge')).toMatchObject({
      status: 'SUCCESS',
      results: [{ badgeId: `b-${H1}` }, { badgeId: `b-${H2}` }],
    });
    expect(graph.bodies('issueBadge')).toHaveLength(1);
  });

  it('after a restart gives nobody a second badge', async () => {
    let badges: Wire[] = [];
    const world: Record<string, Handler> = {
      ...yes,
      getIssuedBadges: () => lastPage(...badges),
      issueBadge: (body) => {
        const made = (body['recipientIds'] as string[]).map((recipientId, index) =>
          wireBadge({ _id: `b${badges.length + index}`, recipientId, templateId: T1, badgeData: body['badgeData'] }),
        );
        badges = [...badges, ...made];
        return json({ issuedBadges: made.map(({ _id }) => _id), status: 'success' });
      },
    };
    const before = await startBadgesGraph(world);
    const first = await run(before, 'issueBadge');
    const after = await startBadgesGraph(world);
    expect(await run(after, 'issueBadge')).toEqual(first);
    expect(after.bodies('issueBadge')).toEqual([]);
    expect(await run(after, 'issueBadge', { ...inputs.issueBadge, idempotencyKey: 'key-2' })).toMatchObject({
      status: 'SUCCESS',
    });
    expect(badges).toHaveLength(4);
    const listed = await after.query<{ issuedBadges: { nodes: { data: Wire }[] } }>(
      '{ issuedBadges { nodes { data } } }',
    );
    expect(listed.data?.issuedBadges.nodes.map(({ data }) => data)).toEqual(Array(4).fill({ rows: 2 }));
  });

  it('that failed may be tried again under the same key when nothing was done', async () => {
    const graph = await startBadgesGraph({
      ...yes,
      issueBadge: (body, nth) =>
        nth === 0
          ? json({ error: 'clientId or secretKey is not valid', status: 401 }, 401)
          : yes['issueBadge']?.(body, nth),
    });
    await expect(run(graph, 'issueBadge')).rejects.toThrow('UPSTREAM_AUTH_FAILED');
    expect(await run(graph, 'issueBadge')).toMatchObject({ status: 'SUCCESS' });
  });

  it.each([401, 403, 429])(
    "that %i refused in nobody's words is looked for under its key, and never sent again",
    async (status) => {
      const graph = await startBadgesGraph({
        ...yes,
        issueBadge: () => ({ status, headers: { 'retry-after': '0' }, body: '<html>not from here</html>' }),
      });
      await expect(run(graph, 'issueBadge')).rejects.toThrow(status === 429 ? 'RATE_LIMITED' : 'UPSTREAM_AUTH_FAILED');
      expect(await run(graph, 'issueBadge')).toMatchObject({ __typename: 'OutcomeUnknownError' });
      expect(graph.bodies('issueBadge')).toHaveLength(1);
    },
  );

  it('begins no further batch once the gateway is stopping', async () => {
    const recipientIds = Array.from({ length: 25 }, (_, index) => `h${index}`);
    const stopped: Promise<void>[] = [];
    const graph = await startBadgesGraph(
      {
        ...yes,
        issueBadge: (body) => {
          stopped.push(graph.close());
          return json({ issuedBadges: (body['recipientIds'] as string[]).map((id) => `b-${id}`), status: 'success' });
        },
      },
      { PORT: '0' },
    );
    // Over a port: what comes in through one is waited for.
    const response = await fetch(`${await graph.app.listen()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...callers.all },
      body: JSON.stringify({
        query: mutations.issueBadge,
        variables: { input: { ...inputs.issueBadge, recipientIds } },
      }),
    });
    const answer = ((await response.json()) as { data: { field: Wire } }).data.field;
    expect((answer['results'] as Wire[]).map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(10).fill('ISSUED'),
      ...Array<string>(15).fill('FAILED'),
    ]);
    expect((answer['results'] as Wire[])[10]).toMatchObject({ message: expect.stringContaining('Not sent') });
    await Promise.all(stopped);
    expect(graph.bodies('issueBadge')).toHaveLength(1);
  });

  it('keeps its keys apart by caller', async () => {
    const graph = await startBadgesGraph(yes);
    await run(graph, 'issueBadge');
    expect(await run(graph, 'issueBadge', { ...inputs.issueBadge, data: {} }, callers.pair)).toMatchObject({
      status: 'SUCCESS',
    });
    expect(graph.bodies('issueBadge').map(({ userId }) => userId)).toEqual([fields.userId, 'their-user']);
  });
});

describe('changes of one object', () => {
  it('are made one at a time, so that none is lost', async () => {
    let now = wireTemplate();
    const graph = await startBadgesGraph({
      ...yes,
      getASingleBadgeTemplate: () => json(now),
      updateBadgeTemplate: (body) => {
        now = { ...now, ...(body['data'] as Wire) };
        return json({ _id: T1 });
      },
    });
    await Promise.all(
      [{ description: 'a' }, { criteria: 'b' }, { backgroundColor: '#111' }, { price: 7 }].map((change) =>
        run(graph, 'updateBadgeTemplate', { templateId: T1, ...change }),
      ),
    );
    expect(now).toMatchObject({ description: 'a', criteria: 'b', backgroundColor: '#111', price: 7 });
  });

  it('are seen by what the same operation reads afterwards', async () => {
    let now = wireTemplate();
    const graph = await startBadgesGraph({
      ...yes,
      getASingleBadgeTemplate: () => json(now),
      getIssuedBadges: () => lastPage(),
      updateBadgeTemplate: (body) => {
        now = { ...now, ...(body['data'] as Wire) };
        return json({ _id: T1 });
      },
    });
    const text =
      `mutation { a: updateBadgeTemplate(input: { templateId: "${T1}", name: "A" }) { ... on ` +
      'UpdateBadgeTemplatePayload { badgeTemplate { name } } } b: updateBadgeTemplate(input: { templateId: ' +
      `"${T1}", name: "B" }) { ... on UpdateBadgeTemplatePayload { badgeTemplate { name } } } }`;
    expect((await graph.query(text)).data).toEqual({
      a: { badgeTemplate: { name: 'A' } },
      b: { badgeTemplate: { name: 'B' } },
    });
  });
});
