import { beforeEach, describe, expect, it } from 'vitest';
import { gatewayKey } from '../support/create-test-app.js';
import type { FakeAnswer, SeenRequest } from '../support/fake-upstream.js';
import { ANN, BEN, idOf } from '../support/graph-payments.js';
import { cids, closeAfterEach, codesIn, globalId, wirePin } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { overSse } from '../support/graph-streams.js';
import { ALL_SCOPES, createRandom, startWorld, wait, type World } from './support.js';

closeAfterEach();

const random = createRandom(4_711);
const ids = ['r0', 'r1', 'r2', 'r3', 'r4'];
const tokens = ['token-of-anna', 'token-of-bert'] as const;
const bearers = { [ANN]: 'Bearer ann-token', [BEN]: 'Bearer ben-token' } as const;

let world: World;
let delayed = true;

/** A pin as only the owner of this credential sees it. */
const pinOf = (owner: string, id: string): object =>
  wirePin(id, { pin: { cid: cids.a, name: owner }, created: `2025-03-02T10:00:0${ids.indexOf(id)}.000Z` });
const ownerOf = ({ headers }: SeenRequest): string => String(headers.authorization).replace('Bearer ', '');

/** Answers by credential, each time after another delay. */
async function byCredential(request: SeenRequest): Promise<FakeAnswer> {
  if (delayed) await wait(random() * 12);
  const owner = ownerOf(request);
  if (request.method === 'POST') {
    const pin = JSON.parse(request.body) as { meta?: object };
    return { status: 202, body: wirePin(`made-for-${owner}`, { status: 'queued', pin: { ...pin, name: owner } }) };
  }
  if (request.path !== '/pins') return { body: pinOf(owner, request.path.slice('/pins/'.length)) };
  const before = request.query.get('before');
  const rows = ids
    .toReversed()
    .filter((id) => before === null || Date.parse(`2025-03-02T10:00:0${ids.indexOf(id)}.000Z`) < Date.parse(before));
  return {
    body: {
      count: rows.length,
      results:
        request.query.get('cid') || request.query.get('name')
          ? []
          : rows.slice(0, Number(request.query.get('limit') ?? 10)).map((id) => pinOf(owner, id)),
    },
  };
}

beforeEach(async () => {
  delayed = true;
  world = await startWorld({
    GATEWAY_KEYS: [gatewayKey(ALL_SCOPES), gatewayKey(ALL_SCOPES, 'second-key', 'second')].join(','),
    ME_CACHE_TTL_MS: '20',
  });
  world.acme.answer(byCredential);
  world.pi.intercept(async () => {
    if (delayed) await wait(random() * 12);
    return undefined;
  });
  for (const id of ids) {
    world.pi.put(`pay-${id}`, { user_uid: id < 'r3' ? ANN : BEN, memo: id < 'r3' ? ANN : BEN });
  }
});

type Names = {
  readonly [key: string]: { readonly name?: string; readonly nodes?: readonly { readonly name: string }[] } | null;
};

describe('two tenants at once', () => {
  it('get a thousand interleaved answers, each its own', async () => {
    const wrong: string[] = [];
    let answered = 0;
    /** Who is told that the gateway has too much to do sends the request again, as on a machine that is busy otherwise. */
    const ask: typeof world.ask = async (...given) => {
      const answer = await world.ask<never>(...given);
      return answer.errors?.[0]?.extensions['code'] === 'OVERLOADED' && answer.data === undefined
        ? ask(...given)
        : answer;
    };
    async function one(index: number): Promise<void> {
      const token = tokens[index % 2] ?? '';
      const id = ids[Math.floor(random() * ids.length)] ?? '';
      const documents = [
        `{ a: pin(requestId: "${id}") { name } b: pin(requestId: "r1") { name } }`,
        '{ a: pins(first: 3) { nodes { name } } }',
        `{ a: node(id: "${globalId('acme', id)}") { ... on Pin { name } } b: pins(first: 1) { nodes { name } } }`,
      ];
      const { data, errors } = await ask<Names>(documents[index % 3] ?? '', {}, { 'x-pinning-token': token });
      const names = Object.values(data ?? {}).flatMap(
        (field) => field?.nodes?.map(({ name }) => name) ?? [field?.name],
      );
      if (errors || names.length === 0 || names.some((name) => name !== token))
        wrong.push(`${token} got ${JSON.stringify({ data, errors })}`);
      answered += 1;
    }
    async function onePayment(index: number): Promise<void> {
      const uid = index % 2 === 0 ? ANN : BEN;
      const id = ids[Math.floor(random() * ids.length)] ?? '';
      const own = (id < 'r3' ? ANN : BEN) === uid;
      const { data, errors } = await ask<{
        me: { uid: string } | null;
        a: { userUid: string } | null;
        b: { userUid?: string } | null;
      }>(
        `{ me { uid } a: payment(paymentId: "pay-${id}") { userUid } b: node(id: ` +
          `"${idOf('Payment', `pay-${id}`)}") { ... on Payment { userUid } } }`,
        {},
        { authorization: bearers[uid] },
      );
      const right =
        data?.me?.uid === uid &&
        [data.a, data.b].every((payment) => (own ? payment?.userUid === uid : payment === null));
      if (errors || !right) wrong.push(`${uid} got ${JSON.stringify({ data, errors })}`);
      answered += 1;
    }
    let next = 0;
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        for (let index = next++; index < 1_000; index = next++) await (index % 5 < 3 ? one(index) : onePayment(index));
      }),
    );
    expect(wrong).toEqual([]);
    expect(answered).toBe(1_000);
  });

  it('share no request that is under way', async () => {
    const ask = (token: string) =>
      world.ask<Names>(
        '{ pin(requestId: "r1") { name } pins(first: 2) { nodes { name } } }',
        {},
        { 'x-pinning-token': token },
      );
    const answers = await Promise.all([...tokens, ...tokens].map(ask));
    expect(answers.map(({ data }) => data?.['pin']?.name)).toEqual([...tokens, ...tokens]);
    expect(new Set(world.acme.requests.map(ownerOf))).toEqual(new Set(tokens));
  });

  it("cannot use each other's cursors", async () => {
    const first = await world.ask<{ pins: { edges: { cursor: string }[] } }>(
      '{ pins(first: 2) { edges { cursor } } }',
      {},
      { 'x-pinning-token': tokens[0] },
    );
    const cursor = first.data?.pins.edges[1]?.cursor;
    const before = world.sent();
    for (const headers of [{ 'x-pinning-token': tokens[1] }, { 'x-gateway-key': 'test-operator-key' }] as Record<
      string,
      string
    >[]) {
      expect(
        codesIn(
          await world.ask(
            'query ($after: String) { pins(first: 2, after: $after) { nodes { name } } }',
            { after: cursor },
            headers,
          ),
        ),
      ).toEqual(['BAD_USER_INPUT']);
    }
    expect(world.sent()).toBe(before);
    const own = await world.ask<Names>(
      'query ($after: String) { pins(first: 2, after: $after) { nodes { name } } }',
      { after: cursor },
      { 'x-pinning-token': tokens[0] },
    );
    expect(own.data?.['pins']?.nodes).toHaveLength(2);
  });

  it('keep records of their own under the same idempotency key', async () => {
    delayed = false;
    const add = (headers: Record<string, string>) =>
      world.ask<{ addPin: { pin: { name: string } } }>(
        `mutation { addPin(input: { cid: "${cids.b}", idempotencyKey: "the-same" }) { ... on AddPinPayload { ` +
          'pin { name } } ... on UserError { code message } } }',
        {},
        headers,
      );
    const callers: Record<string, string>[] = [
      ...tokens.map((token) => ({ 'x-pinning-token': token })),
      { 'x-gateway-key': 'test-operator-key' },
      { 'x-gateway-key': 'second-key' },
    ];
    for (const round of [1, 2]) {
      const answers = await Promise.all(callers.map(add));
      expect(
        answers.map(({ data }) => data?.addPin?.pin?.name),
        `round ${round}`,
      ).toEqual([...tokens, 'token-of-the-server', 'token-of-the-server']);
    }
    expect(
      world.acme.requests
        .filter(({ method }) => method === 'POST')
        .map(ownerOf)
        .sort(),
    ).toEqual(['token-of-anna', 'token-of-bert', 'token-of-the-server', 'token-of-the-server']);
  });

  it('pay out under keys of their own', async () => {
    delayed = false;
    const pay = (key: string, userUid: string) =>
      world.ask<{ createPayment: { payment: { paymentId: string; userUid: string } } }>(
        'mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { ... on CreatePaymentPayload ' +
          '{ payment { paymentId userUid } } ... on UserError { code message } } }',
        { input: { userUid, amount: '1', memo: 'm', idempotencyKey: 'the-same' } },
        { 'x-gateway-key': key },
      );
    const one = await pay('test-operator-key', ANN);
    const two = await pay('second-key', BEN);
    expect([one.data?.createPayment.payment.userUid, two.data?.createPayment.payment.userUid]).toEqual([ANN, BEN]);
    expect((await pay('test-operator-key', ANN)).data).toEqual(one.data);
    expect(world.pi.effects()).toBe(2);
  });

  it('watch the same id with pollers of their own', async () => {
    delayed = false;
    world.acme.answer(async (request) => ({
      body: {
        ...pinOf(ownerOf(request), request.path === '/pins' ? 'r1' : request.path.slice('/pins/'.length)),
        status: 'queued',
        info: { poll: String(world.acme.requests.length) },
      },
    }));
    const streams = tokens.map((token) =>
      overSse(world.url, 'subscription { pinStatus(requestId: "r1") { name } }', { 'x-pinning-token': token }),
    );
    await Promise.all(streams.map((stream) => stream.heard(3)));
    streams.forEach(({ events, leave }, index) => {
      expect(events.map((event) => (event.data?.['pinStatus'] as { name?: string } | null)?.name)).toEqual(
        events.map(() => tokens[index]),
      );
      leave();
    });
  });

  it('are paused one by one', async () => {
    delayed = false;
    world.acme.answer(async (request) =>
      ownerOf(request) === tokens[0]
        ? { status: 429, headers: { 'retry-after': '60' }, body: { error: { reason: 'RATE_LIMITED' } } }
        : byCredential(request),
    );
    const ask = (token: string) =>
      world.ask<Names>('{ pin(requestId: "r1") { name } }', {}, { 'x-pinning-token': token });
    expect(codesIn(await ask(tokens[0]))).toEqual(['RATE_LIMITED']);
    const before = world.sent();
    expect(codesIn(await ask(tokens[0]))).toEqual(['RATE_LIMITED']);
    expect(world.sent()).toBe(before);
    expect((await ask(tokens[1])).data?.['pin']?.name).toBe(tokens[1]);
  });

  it('are counted one by one against the cap on streams', async () => {
    const capped = await startWorld({ MAX_SUBSCRIPTIONS_PER_CALLER: '1' });
    capped.acme.answer(async (request) => ({ body: { ...pinOf(ownerOf(request), 'r1'), status: 'queued' } }));
    const open = (token: string) =>
      overSse(capped.url, 'subscription { pinStatus(requestId: "r1") { name } }', { 'x-pinning-token': token });
    // Whom the service has accepted is a caller of their own; before, they count with all others of their address.
    for (const token of tokens) await capped.ask('{ pin(requestId: "r1") { name } }', {}, { 'x-pinning-token': token });
    const [one, two] = [open(tokens[0]), open(tokens[1])];
    await Promise.all([one.heard(1), two.heard(1)]);
    expect(JSON.stringify([one.events, two.events])).not.toContain('errors');
    const third = open(tokens[0]);
    await until(() => third.events.length > 0 || third.state !== 'open');
    expect(JSON.stringify([third.events, third.failure])).toContain('SUBSCRIPTION_LIMIT');
  });
});

describe('a present but unusable credential', () => {
  it.each(['', ' ', 'two words', 'x'.repeat(9_000)])(
    'never falls back to the server\'s own: "%.20s"',
    async (token) => {
      const answer = await world.ask(
        '{ pins { nodes { name } } pin(requestId: "r1") { name } }',
        {},
        { 'x-pinning-token': token, 'x-gateway-key': 'test-operator-key' },
      );
      expect(codesIn(answer)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
      expect(world.sent()).toBe(0);
    },
  );

  it('goes to one provider and one service only', async () => {
    delayed = false;
    await world.ask(
      '{ a: pin(requestId: "r1") { name } b: pin(requestId: "r1", service: "other") { name } me { uid } ' +
        'payment(paymentId: "pay-r1") { memo } }',
      {},
      {
        'x-pinning-token': tokens[0],
        authorization: bearers[ANN],
        'x-bitminter-key': 'key-of-the-miner',
        'x-mypit-client-id': 'client-id',
        'x-mypit-secret-key': 'secret-key',
        'x-mypit-user-id': 'user-id',
      },
    );
    expect(world.other.requests).toEqual([]);
    const seen = (requests: readonly SeenRequest[]) =>
      JSON.stringify(requests.map(({ url, headers, body }) => [url, headers, body]));
    expect(seen(world.acme.requests)).not.toMatch(/ann-token|key-of-the|secret-key|server-key/);
    expect(seen(world.pi.requests)).not.toMatch(/token-of-|key-of-the-miner|secret-key/);
  });
});
