import { isListType, isObjectType, getNullableType } from 'graphql';
import { expect, it } from 'vitest';
import { readConfig } from '../src/config.js';
import { schema } from '../src/graph/index.js';
import { registry, type ProviderKey } from '../src/providers/registry.js';
import { askings } from './support/askings.js';
import { cannedSettings } from './support/canned-upstreams.js';
import { examples } from './support/upstream-examples.js';
import { upstreamCalls, type UpstreamCall } from './support/upstream-calls.js';
import { askedOf, services } from './trust/storm/asked.js';

/** What comes before the paths of the table, in the canned upstreams and in the storm. */
const bases: Readonly<Record<ProviderKey, readonly [canned: string, storm: string]>> = {
  pi: ['/v2', '/v2'],
  mypit: ['', ''],
  pinning: ['/psa', ''],
  bitminter: ['/api', '/api'],
  ledger: ['/ledger', ''],
};

/** Whether a field of the graph that a call stands behind is a list, or a connection. */
function givesList({ fields }: UpstreamCall): boolean {
  return fields.some(({ type, field }) => {
    const found = schema.getType(type);
    const given = isObjectType(found) ? found.getFields()[field]?.type : undefined;
    if (type !== 'Query' || !given) return false;
    return isListType(getNullableType(given)) || String(given).includes('Connection');
  });
}

it('a question stands in support/askings.ts for every operation of an upstream, and meets its request', () => {
  const operations = new Set(examples.map(({ operation }) => operation));
  expect(Object.keys(askings).toSorted()).toEqual([...operations].toSorted());
  const missed = examples.filter(({ provider, operation, request: { method, path } }) => {
    const [base] = Object.entries(bases).find(([key]) => key === provider)?.[1] ?? [];
    return !askings[operation]?.of.test(`${method} ${base}${path.split('?')[0]}`);
  });
  expect(missed.map(({ provider, name }) => `${provider} ${name}`)).toEqual([]);
});

it('every upstream has its address in support/canned-upstreams.ts', () => {
  const { providers } = readConfig(cannedSettings);
  const off = Object.entries(providers).filter(([, config]) => !JSON.stringify(config).includes('upstream.example'));
  expect(off.map(([key]) => key)).toEqual([]);
  expect(Object.keys(providers).toSorted()).toEqual(Object.keys(registry).toSorted());
});

it('the storm blows over every upstream, and knows which calls change, list, and name an object', () => {
  expect([...services].toSorted()).toEqual(Object.keys(registry).toSorted());
  for (const row of upstreamCalls) {
    const service = services.find((name) => name === row.provider);
    if (!service) continue;
    const path = `${bases[service][1]}${row.path.replace(/\{\w+\}/, 'one')}`;
    const query = new URLSearchParams();
    const asked = askedOf(service, { method: row.method, path, url: path, query, headers: {}, body: '' });
    const named = row.path.includes('{') ? 'one' : undefined;
    expect([row.call, asked.isWrite, asked.subject]).toEqual([row.call, !row.reads, named]);
    if (givesList(row) && !row.path.includes('{')) expect([row.call, asked.isList]).toEqual([row.call, true]);
  }
});
