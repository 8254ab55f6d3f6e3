import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../src/settings.js';
import { ExpiringMap } from '../../src/state/expiring-map.js';
import { canaries, formsOf } from '../observability/canaries.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { closeAfterEach, closeLater } from '../support/graph-pins.js';
import { overSse } from '../support/graph-streams.js';
import { describeWithRedis, startRedis } from '../support/start-redis.js';
import { startFaultySandbox, type FaultySandbox } from './faulty-sandbox.js';
import { unclear } from './faults.js';
import { changeNames, inputsFor, type ChangeName, type Input } from './sandbox-changes.js';

closeAfterEach();
afterEach(() => {
  vi.restoreAllMocks();
});

/** What people are known by. */
const personal = {
  email: 'canary-21+holder@mail.example',
  phone: '+47 canary 22',
  name: 'Canary Twenty-Three Holder',
  did: 'did:web:canary-24.example',
  memo: 'canary memo 25',
  changedEmail: 'canary-26+changed@mail.example',
  changedPhone: '+47 canary 27',
} as const;
/** What callers bring, and nobody takes. */
const brought = {
  'x-pinning-token': 'brought-pinning-canary-31',
  'x-mypit-client-id': 'brought-client-canary-32',
  'x-mypit-secret-key': 'brought-secret-canary-33',
  'x-mypit-user-id': 'brought-user-canary-34',
  'x-mypit-issuer-did': 'did:web:brought-canary-35',
  'x-bitminter-key': 'brought-pool-canary-36',
} as const;

interface Run {
  readonly world: FaultySandbox;
  readonly secrets: Readonly<Record<string, string>>;
  /** All that was answered, with and without the right to see people. */
  readonly answers: string[];
  readonly traces: string[];
}

/** A whole day of one gateway: every change done, lost and refused, every listing, watches, replays, strangers. */
async function live(settings: Settings = {}): Promise<Run> {
  const traces: string[] = [];
  const collector = await fakeUpstream(({ url, headers, body }) => {
    traces.push(JSON.stringify([url, headers, body]));
    return { body: {} };
  });
  closeLater(() => collector.close());
  const world = await startFaultySandbox({
    HEADGATE_SECRET: canaries.gatewaySecret,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    READBACK_DELAY_MS: '1',
    ...settings,
  });
  const { settings: set, userToken } = world.sandbox;
  const secrets: Record<string, string> = {
    ...brought,
    gatewaySecret: canaries.gatewaySecret,
    operatorKey: world.operator['x-gateway-key'] ?? '',
    userToken,
  };
  for (const name of [
    'PI_API_KEY',
    'MYPIT_CLIENT_ID',
    'MYPIT_SECRET_KEY',
    'PINNING_SANDBOX_TOKEN',
    'BITMINTER_API_KEY',
  ])
    secrets[name] = set[name] ?? '';
  const answers: string[] = [];
  const ask = async (query: string, variables: object = {}, headers: Record<string, string> = world.operator) => {
    const answer = await world.ask<Record<string, { pageInfo?: { endCursor: string } }>>(query, variables, headers);
    answers.push(JSON.stringify(answer));
    return answer;
  };
  const change = (name: ChangeName, input: Input, headers?: Record<string, string>) => {
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    return ask(
      `mutation ($input: ${title}Input!) { result: ${name}(input: $input) { __typename ... on UserError { code message upstreamCode } } }`,
      { input },
      headers,
    );
  };
  const inputs = await inputsFor(world);
  Object.assign(inputs.createHolder, {
    email: personal.email,
    phone: personal.phone,
    name: personal.name,
    did: personal.did,
    memo: personal.memo,
  });
  Object.assign(inputs.updateHolder, { email: personal.changedEmail, phone: personal.changedPhone });
  // Lost first, so that records of every kind are written; then found, done, and told again.
  world.trouble = { fault: unclear['500 (23)'] as NonNullable<(typeof unclear)[string]>, effect: true, times: 1 };
  for (const name of changeNames) await change(name, inputs[name]);
  world.trouble = null;
  for (const name of changeNames) await change(name, inputs[name]);
  await change('addPin', { ...inputs.addPin, idempotencyKey: 'pin-key' });
  await change('addPin', { ...inputs.addPin, idempotencyKey: 'pin-key' });
  for (const name of changeNames)
    for (const headers of [brought, { authorization: `Bearer ${userToken}` }, {}])
      await change(name, { ...inputs[name] }, headers);
  const user = { authorization: `Bearer ${userToken}` };
  for (const headers of [world.operator, { ...world.operator, ...user }, user, brought, {}]) {
    const { data } = await ask(
      '{ holders(first: 3) { pageInfo { endCursor } nodes { id name } } pins(first: 2) { pageInfo { ' +
        'endCursor } nodes { id } } issuedBadges(first: 2) { pageInfo { endCursor } nodes { id } } ' +
        'poolBlocks(first: 2) { pageInfo { endCursor } nodes { id } } me { id username } miner { name } ' +
        'providers { name reachable } }',
      {},
      headers,
    );
    for (const [field, page] of Object.entries(data ?? {}))
      if (page?.pageInfo)
        await ask(
          `query ($after: String) { ${field}(first: 2, after: $after) { pageInfo { endCursor } } }`,
          { after: page.pageInfo.endCursor },
          headers,
        );
  }
  for (const query of [
    'subscription { it: pinStatus(requestId: "none") { id } }',
    'subscription { it: paymentStatus(paymentId: "completed-honey") { id state } }',
    'subscription { it: paymentStatus(paymentId: "completed-seedlings") { id state } }',
  ]) {
    for (const headers of [world.operator, user, brought]) {
      const stream = overSse(world.url, query, headers);
      await stream.over();
      answers.push(JSON.stringify([stream.events, String(stream.failure)]));
    }
  }
  for (const path of ['/metrics', '/health/ready', '/health/live', '/nowhere'])
    answers.push(await (await fetch(`${world.url}${path}`, { headers: world.operator })).text());
  return { world, secrets, answers, traces };
}

/** Which of these stand in a text, in any form. */
function found(text: string, hidden: Readonly<Record<string, string>>): string[] {
  const low = text.toLowerCase();
  return Object.entries(hidden).flatMap(([name, value]) =>
    formsOf(value)
      .filter((form) => form.length >= 6 && low.includes(form.toLowerCase()))
      .map((form) => `${name}: ${form}`),
  );
}

async function expectSilence({ world, secrets, answers, traces }: Run): Promise<void> {
  const all = { ...secrets, ...personal };
  expect(answers.length).toBeGreaterThan(80);
  expect(answers.some((answer) => answer.startsWith('# HELP'))).toBe(true);
  expect(found(answers.join('\n'), all)).toEqual([]);
  expect(world.log.length).toBeGreaterThan(80);
  expect(world.log.flatMap((line) => found(line, all).map((hit) => `${hit} in ${line}`))).toEqual([]);
  // They did go where they belong.
  const went = JSON.stringify(world.requests.map(({ headers, body }) => [headers, body]));
  for (const [name, value] of Object.entries(all)) {
    if (!['gatewaySecret', 'operatorKey', 'x-mypit-issuer-did', 'x-mypit-user-id'].includes(name))
      expect(went, name).toContain(value);
  }
  expect(found(world.requests.map(({ url }) => url).join('\n'), all)).toEqual([]);
  await world.app.close();
  expect(traces.length).toBeGreaterThan(0);
  expect(found(traces.join('\n'), all)).toEqual([]);
}

describe('what one process remembers, and all that it says', () => {
  it('holds no secret and nothing about people', { timeout: 60_000 }, async () => {
    const kept: string[] = [];
    const { add, update } = ExpiringMap.prototype;
    vi.spyOn(ExpiringMap.prototype, 'add').mockImplementation(function (this: ExpiringMap<unknown>, ...entry) {
      kept.push(JSON.stringify(entry));
      return add.apply(this, entry);
    });
    vi.spyOn(ExpiringMap.prototype, 'update').mockImplementation(function (this: ExpiringMap<unknown>, ...entry) {
      kept.push(JSON.stringify(entry));
      return update.apply(this, entry);
    });
    const run = await live();
    await expectSilence(run);
    for (const operation of ['createPayment', 'addPin', 'issueBadge'])
      expect(
        kept.some((line) => line.includes(`write:${operation}:`) && line.includes('RESULT')),
        operation,
      ).toBe(true);
    expect(
      kept.flatMap((line) => found(line, { ...run.secrets, ...personal }).map((hit) => `${hit} in ${line}`)),
    ).toEqual([]);
  });
});

describeWithRedis('what several processes share', () => {
  it('holds no secret and nothing about people, in no name, value or message', { timeout: 60_000 }, async () => {
    const redis = await startRedis();
    closeLater(() => redis.stop());
    const watcher = new Redis(redis.url);
    closeLater(async () => watcher.disconnect());
    const commands: string[] = [];
    // What it says while it connects would come between the monitor's question and its answer.
    await watcher.ping();
    const monitor = await watcher.monitor();
    closeLater(async () => monitor.disconnect());
    monitor.on('monitor', (_time: string, args: readonly string[]) => commands.push(args.join(' ')));
    const run = await live({ REDIS_URL: redis.url });
    const reader = new Redis(redis.url);
    closeLater(async () => reader.disconnect());
    const names = await reader.keys('*');
    const values = await Promise.all(
      names.map(async (name) => `${name} ${await reader.ttl(name)} ${await contentOf(reader, name)}`),
    );
    expect(names.length).toBeGreaterThan(3);
    expect(
      // Whose state it is stays.
      values.filter((line) => line.split(' ')[1] === '-1' && !line.startsWith('headgate:deployment ')),
      'without an end',
    ).toEqual([]);
    expect(commands.length).toBeGreaterThan(50);
    const all = { ...run.secrets, ...personal };
    expect(found(values.join('\n'), all)).toEqual([]);
    expect(found(commands.join('\n'), all)).toEqual([]);
    await expectSilence(run);
  });
});

/** What lies at a key, of whatever kind. */
async function contentOf(reader: Redis, name: string): Promise<string | null> {
  switch (await reader.type(name)) {
    case 'hash':
      return JSON.stringify(await reader.hgetall(name));
    case 'zset':
      return JSON.stringify(await reader.zrange(name, 0, -1));
    default:
      return reader.get(name);
  }
}
