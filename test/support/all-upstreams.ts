import { expect } from 'vitest';
import { registry, type ProviderKey } from '../../src/providers/registry.js';
import type { Settings } from '../../src/settings.js';
import { createTestApp, gatewayKey, operatorHeaders, type GraphAnswer, type TestApp } from './create-test-app.js';
import { fakeUpstream, type FakeUpstream, type Script } from './fake-upstream.js';
import { closeLater } from './graph-payments.js';
import { stands } from './upstream-stands.js';

/** All upstreams of the registry, by the names that clients read. */
export type UpstreamName = (typeof stands)[ProviderKey]['name'];
const keys: readonly ProviderKey[] = providerKeys();
export const upstreamNames: readonly UpstreamName[] = keys.map((key) => stands[key].name);

/** How an upstream fails as a whole. */
export type Death = 'refused' | 'hanging' | '500';

export interface WholeGraph extends TestApp {
  readonly upstreams: Readonly<Record<UpstreamName, FakeUpstream>>;
  /** Requests that each upstream has seen since the last reset. */
  calls(): Record<UpstreamName, number>;
  reset(): void;
  /** Milliseconds that each answer of an upstream takes from now on. */
  slow(delays: Readonly<Partial<Record<UpstreamName, number>>>): void;
  die(name: UpstreamName, death: Death): Promise<void>;
  /** Replaces what an upstream answers. */
  answer(name: UpstreamName, script: Script): void;
  /** What it answers otherwise. */
  usual(name: UpstreamName): Script;
}

/** Operator with every right, who is also signed in as Ann. */
export const everybody = { ...operatorHeaders, authorization: 'Bearer ann-token' } as const;
export const globalId = (typename: string, localId: string): string =>
  Buffer.from(`${typename}:${localId}`).toString('base64');

/** For each upstream something of its own. */
export function byUpstream<Value>(make: (name: UpstreamName, key: ProviderKey) => Value): Record<UpstreamName, Value> {
  const made: Partial<Record<UpstreamName, Value>> = {};
  for (const key of keys) made[stands[key].name] = make(stands[key].name, key);
  return made as Record<UpstreamName, Value>;
}

/** A field of each upstream: one call each, and three at the ledger for Pi's one payment. */
export const oneOfEach = `{ ${keys.map((key) => stands[key].query).join(' ')} }`;
export const fieldOf = byUpstream((_name, key) => stands[key].field);
export const callsOfOne = byUpstream((_name, key) => stands[key].calls);
/** What `oneOfEach` answers. */
export const whole: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.values(stands).map((stand) => [stand.field, 'shows' in stand ? stand.shows : expect.any(Array)]),
);
/** The fields of `oneOfEach` that cannot be read without an upstream: its own, and those that build on it. */
export const lostWith = byUpstream((_name, key) =>
  Object.entries(stands)
    .filter(([own, stand]) => own === key || ('needs' in stand && stand.needs.some((needed) => needed === key)))
    .map(([, { field }]) => field),
);

/** The gateway in front of all its upstreams, each of which can be slow, dead or different; closed after each test (closeAfterEach). */
export async function startWholeGraph(settings: Settings = {}): Promise<WholeGraph> {
  const usual = byUpstream<Script>((_name, key) => stands[key].script());
  const scripts = { ...usual };
  let delays: Readonly<Partial<Record<UpstreamName, number>>> = {};
  const start = async (name: UpstreamName): Promise<FakeUpstream> => {
    const upstream = await fakeUpstream(async (request, response) => {
      const delay = delays[name] ?? 0;
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      return scripts[name](request, response);
    });
    closeLater(() => upstream.close());
    return upstream;
  };
  const started = await Promise.all(upstreamNames.map(start));
  const upstreams = byUpstream((name) => started[upstreamNames.indexOf(name)] as FakeUpstream);
  const app = await createTestApp({
    ...Object.assign({}, ...keys.map((key) => stands[key].settings(upstreams[stands[key].name].url))),
    GATEWAY_KEYS: gatewayKey(
      keys
        .map((key) => stands[key].scopes)
        .filter((scopes) => scopes !== '')
        .join('+'),
    ),
    ...settings,
  });
  closeLater(() => app.close());
  return {
    ...app,
    upstreams,
    calls: () => byUpstream((name) => upstreams[name].requests.length),
    reset() {
      for (const name of upstreamNames) upstreams[name].requests.length = 0;
    },
    slow(next) {
      delays = next;
    },
    async die(name, death) {
      if (death === 'refused') await upstreams[name].close();
      else scripts[name] = death === '500' ? () => ({ status: 500, body: '' }) : () => undefined;
    },
    answer(name, script) {
      scripts[name] = script;
    },
    usual: (name) => usual[name],
  };
}

/** `path: CODE` of each error, sorted. */
export function codesOf(answer: GraphAnswer<unknown>): string[] {
  return (answer.errors ?? [])
    .map(({ path, extensions }) => `${path?.join('.') ?? ''}: ${String(extensions['code'])}`)
    .toSorted();
}

/** Those of the registry. A test run does not compile first: what the harness lacks is named here. */
function providerKeys(): readonly ProviderKey[] {
  const isKey = (key: string): key is ProviderKey => key in stands;
  const all = Object.keys(registry);
  const lacking = all.filter((key) => !isKey(key));
  if (lacking.length > 0) throw new Error(`test/support/upstream-stands.ts lacks ${lacking.join(', ')}`);
  return all.filter(isKey);
}
