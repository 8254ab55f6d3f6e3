import { acceptLoss } from '../../src/app.js';
import { afterAll, afterEach, beforeAll, expect, it, type TestContext } from 'vitest';
import { readConfig } from '../../src/config.js';
import { createTestApp, type GraphAnswer, type TestApp } from '../support/create-test-app.js';
import { startFleet, type Fleet } from '../support/graph-fleet.js';
import { SERVER_KEY } from '../support/graph-payments.js';
import { cids } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { spellings } from '../support/spellings.js';
import { describeWithRedis } from '../support/start-redis.js';

interface Payout {
  readonly createPayment: {
    readonly __typename: string;
    readonly payment?: { readonly paymentId: string; readonly memo: string };
  } | null;
}
interface Added {
  readonly addPin: { readonly __typename: string; readonly pin?: { readonly requestId: string } } | null;
}
interface Approved {
  readonly approvePayment: { readonly __typename: string; readonly payment?: { readonly state: string } } | null;
}

const PAY = `mutation ($input: CreatePaymentInput!) { createPayment(input: $input) {
  __typename ... on CreatePaymentPayload { payment { paymentId memo } }
} }`;
const ADD =
  'mutation ($input: AddPinInput!) { addPin(input: $input) { __typename ... on AddPinPayload { pin { requestId } } } }';
const APPROVE =
  'mutation ($id: ID!) { approvePayment(input: { paymentId: $id }) { __typename ... on ApprovePaymentPayload { payment { state } } } }';

/** Asks again and again until the answer is as wanted. */
async function eventually<T>(ask: () => T | Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 12_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > end) throw new Error('never came about');
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

const isPaid = ({ data }: GraphAnswer<Payout>) => data?.createPayment?.__typename === 'CreatePaymentPayload';
const codes = (answer: GraphAnswer<unknown>) => (answer.errors ?? []).map(({ extensions }) => extensions['code']);

const payout = (idempotencyKey: string, changes: object = {}) => ({
  input: { userUid: 'uid-of-cleo', amount: '1.5', memo: 'memo of cleo', metadata: {}, idempotencyKey, ...changes },
});

describeWithRedis('writes on several instances', () => {
  let fleet: Fleet;
  let one: TestApp;
  let two: TestApp;

  beforeAll(async () => {
    fleet = await startFleet();
    [one, two] = await Promise.all([fleet.start(), fleet.start()]);
  });
  afterEach(() => {
    fleet.pi.meet('ok');
    fleet.pi.payments.clear();
    fleet.pi.intercept(undefined);
  });
  afterAll(() => fleet.close());

  it('with one key have one effect, and one answer', async () => {
    const before = fleet.pi.effects();
    const answers = await Promise.all([one, two, one, two].map((app) => app.query<Payout>(PAY, payout('together'))));
    const ids = answers.map(({ data }) => data?.createPayment?.payment?.paymentId);
    expect(ids[0]).toBeTypeOf('string');
    expect(new Set(ids).size).toBe(1);
    expect(fleet.pi.effects() - before).toBe(1);
    const later = await two.query<Payout>(PAY, payout('together'));
    expect(later.data?.createPayment?.payment?.paymentId).toBe(ids[0]);
    expect(codes(await two.query(PAY, payout('together', { amount: '2' })))).toEqual(['IDEMPOTENCY_KEY_REUSED']);
    expect(fleet.pi.effects() - before).toBe(1);
  });

  it('with one key add one pin', async () => {
    const input = { cid: cids.a, name: 'pin of cleo', idempotencyKey: 'one pin' };
    const answers = await Promise.all([one, two].map((app) => app.query<Added>(ADD, { input })));
    const ids = answers.map(({ data }) => data?.addPin?.pin?.requestId);
    expect(ids[0]).toBeTypeOf('string');
    expect(ids[1]).toBe(ids[0]);
    expect(fleet.pinning.count('POST')).toBe(1);
  });

  it('that approve one payment send one POST', async () => {
    fleet.pi.put('payment-of-cleo');
    const answers = await Promise.all(
      [one, two, two, one].map((app) => app.query<Approved>(APPROVE, { id: 'payment-of-cleo' })),
    );
    for (const { data } of answers) expect(data?.approvePayment?.payment?.state).toBe('APPROVED');
    expect(fleet.pi.count('POST /payments/payment-of-cleo/approve')).toBe(1);
  });

  it('pay out one after the other', async () => {
    let open = 0;
    let most = 0;
    fleet.pi.intercept(async ({ method }) => {
      if (method !== 'POST') return undefined;
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => {
        setTimeout(resolve, 60);
      });
      open -= 1;
      return undefined;
    });
    const finish = setInterval(() => fleet.pi.payments.clear(), 20);
    await Promise.all([one.query(PAY, payout('first of two')), two.query(PAY, payout('second of two'))]);
    clearInterval(finish);
    expect(most).toBe(1);
  });

  it('leave nothing in Redis that tells of callers, money or secrets', async () => {
    expect(isPaid(await one.query<Payout>(PAY, payout('key-of-cleo', { memo: 'a memo to be found nowhere' })))).toBe(
      true,
    );
    fleet.pinning.put({ requestid: 'watched', pin: { cid: cids.b, name: 'watched by cleo' } });
    const abort = new AbortController();
    await two
      .subscribe('subscription { pinStatus(requestId: "watched") { status } }', {}, undefined, abort.signal)
      .next();
    const contents = await fleet.contents();
    abort.abort();
    expect(contents.split('\n').length).toBeGreaterThan(5);
    const secrets = [
      'uid-of-cleo',
      'a memo to be found nowhere',
      'key-of-cleo',
      'pin of cleo',
      'watched by cleo',
      'payment-of-cleo',
      cids.a,
      cids.b,
      SERVER_KEY,
      'the-token-for-acme',
      'the-secret-of-this-fleet',
      'test-operator-key',
      fleet.pinning.url,
      'createPayment',
    ];
    for (const secret of secrets) for (const spelled of spellings(secret)) expect(contents).not.toContain(spelled);
  });

  it('that need a key are refused unsent while Redis is gone; the rest goes on; and all is well when it is back', async () => {
    fleet.pi.put('payment-in-the-dark');
    const posts = fleet.pi.count('POST');
    await fleet.redis.kill();
    expect(codes(await one.query(PAY, payout('in the dark')))).toEqual(['IDEMPOTENCY_STORE_UNAVAILABLE']);
    expect(codes(await one.query(ADD, { input: { cid: cids.c, idempotencyKey: 'in the dark' } }))).toEqual([
      'IDEMPOTENCY_STORE_UNAVAILABLE',
    ]);
    expect(fleet.pi.count('POST') - posts).toBe(0);
    const approved = await Promise.all(
      [one, one].map((app) => app.query<Approved>(APPROVE, { id: 'payment-in-the-dark' })),
    );
    for (const { data } of approved) expect(data?.approvePayment?.payment?.state).toBe('APPROVED');
    expect(fleet.pi.count('POST /payments/payment-in-the-dark/approve')).toBe(1);
    const pins = await one.query<{ pins: { nodes: readonly unknown[] } }>('{ pins(first: 5) { nodes { requestId } } }');
    expect(pins.errors).toBeUndefined();
    const ready = await one.app.fetch(new Request('http://gateway.test/health/ready'));
    expect(ready.status).toBe(200);
    await fleet.redis.revive();
    fleet.pi.payments.clear();
    // It came back empty, so nobody knows what was paid: payouts wait until somebody accepts that.
    const isRefused = (answer: GraphAnswer<Payout>) => codes(answer).includes('IDEMPOTENCY_STORE_UNAVAILABLE');
    await eventually(
      () => one.query<{ pins: object }>('{ pins(first: 1) { nodes { requestId } } }'),
      ({ data }) => !!data?.pins,
    );
    expect(isRefused(await one.query<Payout>(PAY, payout('in the dark')))).toBe(true);
    expect(await acceptLoss(readConfig(fleet.settings))).toMatch(/accept/);
    await eventually(() => one.query<Payout>(PAY, payout('in the dark')), isPaid);
  });

  it('see the same ids and cursors on each instance', async () => {
    for (let each = 0; each < 4; each += 1)
      fleet.pinning.put({
        requestid: `page-${each}`,
        status: 'pinned',
        created: `2024-01-0${each + 1}T00:00:00Z`,
        pin: { cid: cids.a },
      });
    interface Page {
      readonly pins: { readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[] };
    }
    const ask = (app: TestApp, after: string | null) =>
      app.query<Page>('query ($after: String) { pins(first: 2, after: $after) { edges { cursor node { id } } } }', {
        after,
      });
    const first = await ask(one, null);
    const cursor = first.data?.pins.edges.at(-1)?.cursor ?? '';
    const [here, there] = await Promise.all([ask(one, cursor), ask(two, cursor)]);
    expect(there.data?.pins.edges.length).toBeGreaterThan(0);
    expect(there.data).toEqual(here.data);
  });
});

async function openFleet(onTestFinished: TestContext['onTestFinished']): Promise<Fleet> {
  const fleet = await startFleet();
  onTestFinished(() => fleet.close());
  return fleet;
}

// Each has a fleet of its own, and waits until the hold of the instance that is gone is over.
describeWithRedis('writes of an instance that is gone', { concurrent: true }, () => {
  it('are read back by another instance, and not sent again, when their own was killed', async ({
    expect,
    onTestFinished,
  }) => {
    const fleet = await openFleet(onTestFinished);
    const [one, doomed] = await Promise.all([fleet.start(), fleet.spawn()]);
    const before = fleet.pi.effects();
    const posts = fleet.pi.count('POST /payments');
    fleet.pi.meet('silence after', 'ok');
    const lost = doomed.query(PAY, payout('survives')).catch(() => 'lost');
    await until(() => fleet.pi.effects() > before);
    await doomed.kill();
    expect(await lost).toBe('lost');
    // While the killed instance may still be at it, nobody else touches the write.
    expect(codes(await one.query(PAY, payout('survives')))).toEqual(['IDEMPOTENCY_IN_PROGRESS']);
    const answer = await eventually(() => one.query<Payout>(PAY, payout('survives')), isPaid);
    expect(answer.data?.createPayment?.payment?.paymentId).toBe([...fleet.pi.payments.keys()][0]);
    expect(fleet.pi.count('POST /payments') - posts).toBe(1);
    expect(fleet.pi.effects() - before).toBe(1);
  });

  it('are not sent by an instance that slept while another one took its write over', async ({
    expect,
    onTestFinished,
  }) => {
    const fleet = await openFleet(onTestFinished);
    const patient = { UPSTREAM_TIMEOUT_MS: '30000', OPERATION_TIMEOUT_MS: '60000' };
    const [one, sleeper] = await Promise.all([fleet.start(), fleet.spawn(patient)]);
    const posts = fleet.pi.count('POST /payments');
    const effects = fleet.pi.effects();
    let asked = false;
    let answer = (): void => {};
    const held = new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined);
    });
    fleet.pi.intercept(async ({ method }) => {
      if (method !== 'GET' || asked) return undefined;
      asked = true;
      return held;
    });
    const first = sleeper.query<Payout>(PAY, payout('slept over'));
    // It has looked whether the payout is there already, and is about to send.
    await until(() => asked);
    sleeper.freeze();
    answer();
    const paid = await eventually(() => one.query<Payout>(PAY, payout('slept over')), isPaid);
    sleeper.thaw();
    expect(codes(await first)).toEqual(['IDEMPOTENCY_IN_PROGRESS']);
    const again = await eventually(() => sleeper.query<Payout>(PAY, payout('slept over')), isPaid);
    expect(again.data?.createPayment?.payment?.paymentId).toBe(paid.data?.createPayment?.payment?.paymentId);
    expect(fleet.pi.count('POST /payments') - posts).toBe(1);
    expect(fleet.pi.effects() - effects).toBe(1);
  });
});

describeWithRedis('an instance that has not reached Redis yet', () => {
  it('is not ready until it has, and ready from then on', async () => {
    const fleet = await startFleet();
    await fleet.redis.kill();
    const app = await createTestApp(fleet.settings);
    const ready = async () => (await app.app.fetch(new Request('http://gateway.test/health/ready'))).status;
    expect(await ready()).toBe(503);
    await fleet.redis.revive();
    await eventually(ready, (status) => status === 200);
    await fleet.redis.kill();
    expect(await ready()).toBe(200);
    await app.close();
    await fleet.close();
  });

  it('does not start without the secret that all instances share, or with an address that is none', () => {
    const problems = (settings: Record<string, string>) => {
      try {
        readConfig({ PINNING_SERVICES: 'acme', PINNING_ACME_URL: 'https://pin.example', ...settings });
      } catch (error) {
        return String(error);
      }
      return '';
    };
    expect(problems({ REDIS_URL: 'redis://127.0.0.1:6379' })).toContain('HEADGATE_SECRET: is required with REDIS_URL');
    for (const url of ['127.0.0.1:6379', 'http://127.0.0.1', 'redis://', 'redis:secret-word']) {
      const text = problems({ REDIS_URL: url, HEADGATE_SECRET: 'a secret for tests only' });
      expect(text, url).toContain('REDIS_URL: must be a URL');
      expect(text).not.toContain('secret-word');
    }
    expect(
      problems({ REDIS_URL: 'rediss://user:word@redis.example:6380/1', HEADGATE_SECRET: 'a secret for tests only' }),
    ).toBe('');
  });
});
