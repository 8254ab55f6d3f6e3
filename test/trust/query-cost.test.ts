import { beforeAll, describe, expect, it } from 'vitest';
import { operatorHeaders } from '../support/create-test-app.js';
import { idOf } from '../support/graph-payments.js';
import { closeAfterAll, codesIn } from '../support/graph-pins.js';
import { startWorld, type World } from './support.js';

closeAfterAll();

let world: World;
beforeAll(async () => {
  world = await startWorld();
});

const ids = Array.from({ length: 100 }, (_, index) => idOf('Payment', `cost-${index}`));
const input = { templateId: '..', recipientIds: ['h1'], idempotencyKey: 'key' };
const aliased = (count: number, field: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

describe('the cost of a document', () => {
  it.each([
    ['six lists of a hundred', `query ($ids: [ID!]!) { ${aliased(6, 'nodes(ids: $ids) { id }')} }`],
    [
      'links in lists of a hundred',
      `query ($ids: [ID!]!) { ${aliased(2, 'nodes(ids: $ids) { ... on IssuedBadge { template { id } recipient { id } } }')} }`,
    ],
    [
      'the same through fragments',
      `query ($ids: [ID!]!) { ...a } fragment a on Query { ${aliased(6, 'nodes(ids: $ids) { ...c }')} } fragment c on Node { id }`,
    ],
    [
      'three searches for the oldest of a hundred contents',
      `query ($filter: PinFilter) { ${aliased(3, 'pins(last: 10, filter: $filter) { totalCount }')} }`,
    ],
    [
      'four badges for a thousand people each',
      `mutation ($input: IssueBadgeInput!) { ${aliased(4, 'issueBadge(input: $input) { __typename }')} }`,
    ],
    [
      'ten templates, each looked for in all of them',
      'mutation { ' +
        `${aliased(10, 'createBadgeTemplate(input: { name: "n", type: FINANCE, imageUrl: "https://a.example/" }) { __typename }')} ` +
        '}',
    ],
    [
      'fragments that multiply each other',
      `query ($ids: [ID!]!) { ${aliased(4, 'nodes(ids: $ids) { ...p ...p }')} } fragment p on IssuedBadge ` +
        '{ template { id } ...q ...q } fragment q on IssuedBadge { recipient { id } }',
    ],
  ])('is bounded: %s', async (_name, query) => {
    const before = world.sent();
    const answer = await world.ask(query, { ids, input, filter: {} }, operatorHeaders);
    expect(codesIn(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toContain('500 upstream calls');
    expect(world.sent()).toBe(before);
  });

  it.each([
    [
      'a hundred of anything',
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Payment { user { id } } ... on Pin { name } ... on RewardedAd { adId } } }',
    ],
    [
      'ten listings',
      `{ ${aliased(10, 'pins(first: 100) { totalCount edges { cursor node { id } } nodes { id } pageInfo { hasNextPage } }')} }`,
    ],
    [
      'ten objects of any type',
      'query ($id: ID!) { ' +
        `${aliased(10, 'node(id: $id) { id ... on IssuedBadge { template { id } recipient { id } } ... on Payment { user { id } } }')} ` +
        '}',
    ],
    ['ten searches for the oldest pins', `{ ${aliased(10, 'pins(last: 100) { totalCount nodes { id } }')} }`],
    [
      'ten lists of a few of any type',
      `{ ${aliased(
        10,
        `nodes(ids: [${ids
          .slice(0, 20)
          .map((id) => `"${id}"`)
          .join(' ')}]) { id }`,
      )} }`,
    ],
    [
      'three badges for a thousand people each',
      `mutation ($input: IssueBadgeInput!) { ${aliased(3, 'issueBadge(input: $input) { __typename }')} }`,
    ],
    [
      'seven badges for a few',
      `mutation { ${aliased(7, 'issueBadge(input: { templateId: "t1", recipientIds: ["a", "b"], idempotencyKey: "k" }) { __typename }')} }`,
    ],
    [
      'ten new holders',
      `mutation { ${aliased(10, 'createHolder(input: { name: "", email: "", phone: "", did: "", externalId: "" }) { __typename }')} }`,
    ],
    [
      'one of each change',
      'mutation ($input: IssueBadgeInput!) { issueBadge(input: $input) { __typename } ' +
        'createBadgeTemplate(input: { name: "", type: FINANCE, imageUrl: "" }) { __typename } ' +
        'createHolder(input: { name: "", email: "", phone: "", did: "", externalId: "" }) { __typename } ' +
        'deleteHolder(input: { holderId: "" }) { __typename } addPin(input: { cid: ' +
        `"bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu", name: "${'x'.repeat(256)}" }) { ` +
        '__typename } removePin(input: { requestId: "" }) { __typename } approvePayment(input: { paymentId: ' +
        '"" }) { __typename } cancelPayment(input: { paymentId: "" }) { __typename } }',
    ],
    ['ten small lists', `{ ${aliased(10, `nodes(ids: ["${ids[0]}", "${ids[1]}"]) { id }`)} }`],
    ['the schema', '{ __schema { types { name fields { name type { name } } } } }'],
  ])('leaves room for %s', async (_name, query) => {
    const answer = await world.ask(query, { ids, id: ids[0], input, filter: {} }, operatorHeaders);
    expect(codesIn(answer).filter((code) => code === 'BAD_USER_INPUT')).toEqual([]);
  });

  it('counts searches through whole listings once, because an operation makes each once', async () => {
    const badges = Array.from({ length: 10 }, (_, index) => idOf('IssuedBadge', `b${index}`));
    world.mypit.answer(({ body }) => ({
      body: {
        page: [],
        hasMore: true,
        cursor: `${Number((JSON.parse(body) as { paginationOpts: { cursor: string | null } }).paginationOpts.cursor ?? 0) + 1}`,
      },
    }));
    const before = world.mypit.requests.length;
    const answer = await world.ask(
      `query ($ids: [ID!]!) { ${badges
        .slice(0, 9)
        .map((id, index) => `a${index}: node(id: "${id}") { id }`)
        .join(' ')} nodes(ids: $ids) { id } }`,
      { ids: badges },
      operatorHeaders,
    );
    expect(new Set(codesIn(answer))).toEqual(new Set(['LOOKUP_LIMIT']));
    expect(world.mypit.requests.length - before).toBe(20);
  });

  it('counts no less than what is really called', async () => {
    const before = world.sent();
    const answer = await world.ask(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Payment { user { id } } } }',
      { ids },
      operatorHeaders,
    );
    expect(answer.errors).toBeUndefined();
    expect(world.sent() - before).toBe(100);
  });
});
