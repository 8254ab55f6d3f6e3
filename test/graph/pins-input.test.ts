import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import {
  callers,
  cids,
  codesIn,
  expectClean,
  globalId,
  startPinsGraph,
  closeAfterAll,
  type PinsGraph,
} from '../support/graph-pins.js';

let graph: PinsGraph;
beforeAll(async () => {
  graph = await startPinsGraph();
});
closeAfterAll();
// Whatever is asked below, it must never leave the gateway.
afterAll(() => {
  expect(graph.sent()).toBe(0);
});

async function firstOf(text: string, variables: object = {}): Promise<GraphAnswer<unknown>> {
  if (!text.startsWith('subscription')) return graph.query(text, variables);
  const events = graph.subscribe(text, variables);
  const first = await events.next();
  await events.return(undefined);
  return first.done ? {} : first.value;
}

/** The one fault, which must name the argument. */
async function expectNamed(
  text: string,
  argument: string,
  variables: object = {},
  code = 'BAD_USER_INPUT',
): Promise<void> {
  const answer = await firstOf(text, variables);
  expect(codesIn(answer), `${text} ${JSON.stringify(answer)}`).toEqual([code]);
  expect(answer.errors?.[0]?.message).toContain(argument);
  expect(answer.errors?.[0]?.extensions).toMatchObject({ retryable: false, requestId: expect.any(String) });
  expectClean(answer);
  expect(graph.sent()).toBe(0);
}

const listing = '{ totalCount nodes { requestId } }';
const manyCids = Array.from({ length: 101 }, () => cids.a);
const longName = 'ä'.repeat(256);
const impossibleIds = ['', '.', '..', 'a\u0000b', 'x'.repeat(513)];

describe('a read', () => {
  it.each<[string, string, string, object?]>([
    ['a CID as a literal', `{ pins(filter: { cids: ["${cids.a}", "nope"] }) ${listing} }`, 'filter.cids[1]'],
    [
      'a CID in a variable',
      `query ($cids: [CID!]) { pins(filter: { cids: $cids }) ${listing} }`,
      'filter.cids[1]',
      { cids: [cids.a, 'nope'] },
    ],
    [
      'a CID in a filter variable',
      `query ($filter: PinFilter) { pins(filter: $filter) ${listing} }`,
      'filter.cids[0]',
      { filter: { cids: [''] } },
    ],
    ['a date as a literal', `{ pins(filter: { createdAfter: "yesterday" }) ${listing} }`, 'filter.createdAfter'],
    [
      'a date in a variable',
      `query ($at: DateTime) { pins(filter: { createdBefore: $at }) ${listing} }`,
      'filter.createdBefore',
      { at: '2025-02-30T00:00:00Z' },
    ],
    ['meta with a number', `{ pins(filter: { meta: { colour: 7 } }) ${listing} }`, 'filter.meta.colour'],
    [
      'meta that is no object',
      `query ($meta: JSONObject) { pins(filter: { meta: $meta }) ${listing} }`,
      'filter.meta',
      { meta: ['a'] },
    ],
    ['the marker in meta', `{ pins(filter: { meta: { gw_idem: "x" } }) ${listing} }`, 'filter.meta.gw_idem'],
    [
      '101 CIDs',
      `query ($cids: [CID!]) { pins(filter: { cids: $cids }) ${listing} }`,
      'filter.cids',
      { cids: manyCids },
    ],
    [
      'a long name',
      `query ($name: String) { pins(filter: { name: $name }) ${listing} }`,
      'filter.name',
      { name: longName },
    ],
    [
      'half a character',
      `query ($name: String) { pins(filter: { name: $name }) ${listing} }`,
      'filter.name',
      { name: 'a\ud800' },
    ],
    ['first below 0', `{ pins(first: -1) ${listing} }`, 'first'],
    ['first above 100', `{ pins(first: 101) ${listing} }`, 'first'],
    ['last below 0', `{ pins(last: -1) ${listing} }`, 'last'],
    ['last above 100', `{ pins(last: 101) ${listing} }`, 'last'],
    ['first with last', `{ pins(first: 1, last: 1) ${listing} }`, 'last'],
    ['an empty cursor', `{ pins(after: "") ${listing} }`, 'after'],
    ['a cursor that is none', `{ pins(first: 1, after: "c1.W10.AAAAAAAAAAAAAAAAAAAAAA") ${listing} }`, 'after'],
    ['a cursor that is none, backwards', `{ pins(last: 1, before: "nonsense") ${listing} }`, 'before'],
    ['an unknown service of a pin', '{ pin(requestId: "x", service: "nowhere") { id } }', 'service'],
    ['an unknown service of a listing', `{ pins(service: "") ${listing} }`, 'service'],
    ['a URL as service', `{ pins(service: "http://localhost/") ${listing} }`, 'service'],
    [
      'an unknown service of a watched pin',
      'subscription { pinStatus(requestId: "x", service: "nowhere") { id } }',
      'service',
    ],
    ['no pin in a list to watch', 'subscription { pinStatuses(requestIds: ["fine", ".."]) { id } }', 'requestIds.1'],
    ['no pin in a list of one to watch', 'subscription { pinStatuses(requestIds: [""]) { id } }', 'requestIds.0'],
    [
      '1,001 pins to watch',
      'subscription ($ids: [ID!]!) { pinStatuses(requestIds: $ids) { id } }',
      'requestIds',
      { ids: Array.from({ length: 1_001 }, (_, index) => `r${index}`) },
    ],
    [
      '101 ids of nodes',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
      'ids',
      { ids: Array.from({ length: 101 }, (_, index) => globalId('acme', `r${index}`)) },
    ],
  ])('names %s', (_name, text, argument, variables) => expectNamed(text, argument, variables));

  it.each(impossibleIds)('refuses the request id %j', async (requestId) => {
    await expectNamed('query ($requestId: ID!) { pin(requestId: $requestId) { id } }', 'requestId', { requestId });
    await expectNamed('subscription ($requestId: ID!) { pinStatus(requestId: $requestId) { id } }', 'requestId', {
      requestId,
    });
  });

  it('tells a fault of the document from one of a value', async () => {
    await expectNamed(
      `{ pins(filter: { status: [NOWHERE] }) ${listing} }`,
      'filter.status',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    );
    await expectNamed(`{ pins(first: "three") ${listing} }`, 'first', {}, 'GRAPHQL_VALIDATION_FAILED');
    await expectNamed(`query ($first: Int) { pins(first: $first) ${listing} }`, 'first', { first: 'three' });
    await expectNamed('query ($requestId: ID!) { pin(requestId: $requestId) { id } }', 'requestId', {});
    expect(codesIn(await graph.query('{ pins {'))).toEqual(['GRAPHQL_PARSE_FAILED']);
  });

  it('has limits', async () => {
    const pin = (alias: number) => `a${alias}: pin(requestId: "x") { id }`;
    for (const text of [
      `{ ${Array.from({ length: 11 }, (_, index) => pin(index)).join(' ')} }`,
      `{ pins { ${Array.from({ length: 16 }, (_, index) => `a${index}: totalCount`).join(' ')} } }`,
      `{ pins { ${'totalCount '.repeat(51)} } }`,
      `{ pins { ${'totalCount '.repeat(801)} } }`,
    ])
      expect(codesIn(await graph.query(text)), text).toEqual(['BAD_USER_INPUT']);
    expect(graph.sent()).toBe(0);
  });

  it('takes ids that are none for the ids of nothing', async () => {
    const ids = [
      '',
      'x',
      '%%%',
      'Pin:acme:x',
      Buffer.from('Pin').toString('base64'),
      Buffer.from('Pin:').toString('base64'),
      Buffer.from('Nothing:acme:x').toString('base64'),
      Buffer.from('__proto__:x').toString('base64'),
      globalId('nowhere', 'x'),
      globalId('', 'x'),
      Buffer.from('Pin:acme').toString('base64'),
    ];
    expect(await graph.query('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual({
      data: { nodes: ids.map(() => null) },
    });
    for (const id of ids)
      expect(await graph.query('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ data: { node: null } });
    expect(graph.sent()).toBe(0);
  });

  it('refuses ids of pins that there cannot be', async () => {
    const ids = [globalId('acme', ''), globalId('acme', '..'), globalId('acme', '.'), globalId('acme', 'a\u0000b')];
    const answer = await graph.query<{ nodes: null[] }>('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    expect([answer.data?.nodes, codesIn(answer)]).toEqual([ids.map(() => null), ids.map(() => 'BAD_USER_INPUT')]);
    expect(graph.sent()).toBe(0);
  });
});

const issues = '__typename ... on InvalidInputError { code issues { path message } }';
type Refusal = { done: { __typename: string; code: string; issues: { path: string[]; message: string }[] } | null };

describe('a change', () => {
  const add = `mutation ($input: AddPinInput!) { done: addPin(input: $input) { ${issues} } }`;
  const replace = `mutation ($input: ReplacePinInput!) { done: replacePin(input: $input) { ${issues} } }`;
  const remove = `mutation ($input: RemovePinInput!) { done: removePin(input: $input) { ${issues} } }`;
  const peer = '/ip4/203.0.113.1/tcp/4001/p2p/12D3KooWSUUh61eKwk4zJoLiwzGb3iESh2VEypYY83mJaGwdwEa1';

  async function expectIssues(text: string, input: object, ...paths: string[][]): Promise<void> {
    const answer = await graph.query<Refusal>(text, { input });
    expect(answer.errors, JSON.stringify(input)).toBeUndefined();
    expect(answer.data?.done).toMatchObject({ __typename: 'InvalidInputError', code: 'BAD_USER_INPUT' });
    expect(answer.data?.done?.issues.map((issue) => issue.path)).toEqual(paths);
    for (const issue of answer.data?.done?.issues ?? []) expect(issue.message).not.toBe('');
    expect(graph.sent()).toBe(0);
  }

  it.each<[string, object, ...string[][]]>([
    ['meta with a number', { meta: { colour: 7 } }, ['input', 'meta', 'colour']],
    ['meta with more', { meta: { a: null, b: { c: 'd' }, c: 'fine' } }, ['input', 'meta', 'a'], ['input', 'meta', 'b']],
    ['the marker in meta', { meta: { gw_idem: 'mine' } }, ['input', 'meta', 'gw_idem']],
    [
      '1,001 keys of meta',
      { meta: Object.fromEntries(Array.from({ length: 1_001 }, (_, index) => [`k${index}`, 'v'])) },
      ['input', 'meta'],
    ],
    ['a long name', { name: longName }, ['input', 'name']],
    ['an origin without a peer', { origins: [peer, '/ip4/203.0.113.1/tcp/4001'] }, ['input', 'origins', '1']],
    ['an origin that is no address', { origins: ['https://host/p2p/x'] }, ['input', 'origins', '0']],
    ['an origin that is there twice', { origins: [peer, peer] }, ['input', 'origins', '1']],
    [
      '21 origins',
      { origins: Array.from({ length: 21 }, (_, index) => peer.replace('4001', String(index + 1))) },
      ['input', 'origins'],
    ],
    ['an unknown service', { service: 'nowhere' }, ['input', 'service']],
    ['an empty idempotency key', { idempotencyKey: '' }, ['input', 'idempotencyKey']],
    ['a long idempotency key', { idempotencyKey: 'k'.repeat(256) }, ['input', 'idempotencyKey']],
    ['an idempotency key that cannot be printed', { idempotencyKey: 'a\nb' }, ['input', 'idempotencyKey']],
    [
      'all at once',
      { name: longName, origins: ['x'], meta: { a: 1 } },
      ['input', 'name'],
      ['input', 'origins', '0'],
      ['input', 'meta', 'a'],
    ],
  ])('names %s', async (_name, input, ...paths) => {
    await expectIssues(add, { cid: cids.a, ...input }, ...paths);
    await expectIssues(replace, { requestId: 'x', cid: cids.a, ...input }, ...paths);
  });

  it.each(impossibleIds)('refuses the request id %j', async (requestId) => {
    await expectIssues(replace, { requestId, cid: cids.a }, ['input', 'requestId']);
    await expectIssues(remove, { requestId }, ['input', 'requestId']);
  });

  it('of an unknown service', () => expectIssues(remove, { requestId: 'x', service: 'nowhere' }, ['input', 'service']));

  it('is a fault of the request when a CID or an object is none', async () => {
    await expectNamed('mutation { addPin(input: { cid: "nope" }) { __typename } }', 'input.cid');
    await expectNamed(add, 'input.cid', { input: { cid: 'nope' } });
    await expectNamed(
      'mutation ($cid: CID!) { replacePin(input: { requestId: "x", cid: $cid }) { __typename } }',
      'input.cid',
      { cid: 'Qm' },
    );
    await expectNamed(add, 'input.meta', { input: { cid: cids.a, meta: 'text' } });
    await expectNamed(add, 'input: Field "cid"', { input: {} });
  });
});

describe('a cursor', () => {
  it('is good for its own listing, filter, service and credential only', async () => {
    const own = await startPinsGraph();
    for (const service of [own.acme, own.other]) {
      for (let index = 0; index < 5; index++)
        service.put({
          requestid: `p${index}`,
          status: 'pinned',
          created: `2025-03-0${index + 1}T00:00:00Z`,
          pin: { cid: cids.a },
        });
    }
    const page =
      'query ($after: String, $filter: PinFilter, $service: ID) { pins(first: 2, after: $after, filter: ' +
      '$filter, service: $service) { nodes { requestId } pageInfo { endCursor } } }';
    type Page = { pins: { nodes: { requestId: string }[]; pageInfo: { endCursor: string } } };
    const first = await own.query<Page>(page);
    const after = first.data?.pins.pageInfo.endCursor ?? '';
    expect((await own.query<Page>(page, { after, filter: {} })).data?.pins.nodes.map((pin) => pin.requestId)).toEqual([
      'p2',
      'p1',
    ]);
    expect((await own.query<Page>(page, { after }, callers.reader)).errors).toBeUndefined();
    const sent = own.sent();

    const foreign: [string, object, Record<string, string>?][] = [
      ['another filter', { filter: { status: ['PINNED'] } }],
      ['another service', { service: 'other' }],
      ['another credential', {}, callers.token],
    ];
    for (const [name, variables, headers] of foreign) {
      const answer = await own.query(page, { after, ...variables }, headers);
      expect(codesIn(answer), name).toEqual(['BAD_USER_INPUT']);
      expect(answer.errors?.[0]?.message).toContain('after');
    }
    for (let index = 0; index < after.length; index++) {
      const other = after[index] === 'A' ? 'B' : String.fromCharCode(after.charCodeAt(index) ^ 1);
      const damaged = `${after.slice(0, index)}${other}${after.slice(index + 1)}`;
      expect(codesIn(await own.query(page, { after: damaged })), `${index}: ${damaged}`).toEqual(['BAD_USER_INPUT']);
    }
    for (const damaged of [`${after}=`, `${after}A`, ` ${after}`, after.slice(0, -1), `${after}.x`])
      expect(codesIn(await own.query(page, { after: damaged })), damaged).toEqual(['BAD_USER_INPUT']);
    expect(own.sent()).toBe(sent);
  });
});
