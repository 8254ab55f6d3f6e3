import { beforeAll, describe, expect, it } from 'vitest';
import { operatorHeaders } from '../support/create-test-app.js';
import { idOf } from '../support/graph-payments.js';
import { closeAfterAll, codesIn } from '../support/graph-pins.js';
import { startWorld, type World } from './support.js';

closeAfterAll();

let world: World;
beforeAll(async () => { world = await startWorld(); });

const ids = Array.from({ length: 100 }, (_, index) => idOf('Payment', `cost-${index}`));
const aliased = (count: number, field: string): string => Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ');

describe('the cost of a document', () => {
  it.each([
    ['six lists of a hundred', `query ($ids: [ID!]!) { ${aliased(6, 'nodes(ids: $ids) { id }')} }`],
    ['links in lists of a hundred', `query ($ids: [ID!]!) { ${aliased(2, 'nodes(ids: $ids) { ... on Payment { user { id } transaction { txid } } }')} }`],
    ['the same through fragments', `query ($ids: [ID!]!) { ...a } fragment a on Query { ${aliased(6, 'nodes(ids: $ids) { ...c }')} } fragment c on Node { id }`],
    ['fragments that multiply each other', `query ($ids: [ID!]!) { ${aliased(4, 'nodes(ids: $ids) { ...p ...p }')} } fragment p on Payment { user { id } ...q ...q } fragment q on Payment { transaction { txid } }`],
  ])('is bounded: %s', async (_name, query) => {
    const before = world.sent();
    const answer = await world.ask(query, { ids }, operatorHeaders);
    expect(codesIn(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toContain('500 upstream calls');
    expect(world.sent()).toBe(before);
  });

  it.each([
    ['a hundred of anything', 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Payment { user { id } } ... on Pin { name } ... on RewardedAd { adId } } }'],
    ['ten listings', `{ ${aliased(10, 'pins(first: 100) { totalCount edges { cursor node { id } } nodes { id } pageInfo { hasNextPage } }')} }`],
    ['ten small lists', `{ ${aliased(10, `nodes(ids: ["${ids[0]}", "${ids[1]}"]) { id }`)} }`],
    ['the schema', '{ __schema { types { name fields { name type { name } } } } }'],
  ])('leaves room for %s', async (_name, query) => {
    expect(codesIn(await world.ask(query, query.includes('$ids') ? { ids } : {}, operatorHeaders))).toEqual([]);
  });

  it('counts no less than what is really called', async () => {
    const before = world.sent();
    const answer = await world.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Payment { user { id } } } }', { ids }, operatorHeaders);
    expect(answer.errors).toBeUndefined();
    expect(world.sent() - before).toBe(100);
  });
});
