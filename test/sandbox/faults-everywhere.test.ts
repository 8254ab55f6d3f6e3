import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { createTestApp, type TestApp } from '../support/create-test-app.js';
import { caller, startTestSandbox, type SandboxAnswer, type TestSandbox } from '../support/start-sandbox.js';

/** A service of the sandbox with one object whose name the test chooses; none is made where there are fixed ones. */
interface Rehearsal {
  make?(name: string): Promise<SandboxAnswer>;
  /** Looks at the object that was made last. */
  look(name: string): Promise<SandboxAnswer>;
  /** The request of the header tests. */
  send(headers: Record<string, string>): Promise<SandboxAnswer>;
  /** What a blink says. */
  readonly missing: object | string;
}

let sandbox: TestSandbox;
const services = {} as Record<'pi' | 'mypit templates' | 'mypit holders' | 'bitminter', Rehearsal>;
beforeAll(async () => {
  sandbox = await startTestSandbox({ speed: 100 });
  const setting = (name: string) => sandbox.settings[name] ?? '';
  const pi = caller(setting('PI_BASE_URL'), { authorization: `Key ${setting('PI_API_KEY')}` });
  const mypit = caller(setting('MYPIT_BASE_URL'), {
    clientId: setting('MYPIT_CLIENT_ID'),
    secretKey: setting('MYPIT_SECRET_KEY'),
  });
  const pool = caller(setting('BITMINTER_BASE_URL'), { authorization: `key=${setting('BITMINTER_API_KEY')}` });
  const userId = setting('MYPIT_USER_ID');
  const idIn = ({ json }: SandboxAnswer) => Object.values(json as Record<string, unknown>)[0];
  let [paymentId, templateId, holderId]: unknown[] = [];
  services.pi = {
    async make(memo) {
      const open = (await pi('GET', '/payments/incomplete_server_payments')).json as {
        incomplete_server_payments: { identifier: string }[];
      };
      for (const { identifier } of open.incomplete_server_payments) await pi('POST', `/payments/${identifier}/cancel`);
      const payment = { uid: piUsers.juniper.uid, amount: 1, memo, metadata: {} };
      const made = await pi('POST', '/payments', { payment });
      if (made.status === 200) paymentId = idIn(made);
      return made;
    },
    look: () => pi('GET', `/payments/${String(paymentId)}`),
    send: (headers) => pi('GET', '/payments/created-bread', undefined, headers),
    missing: { error: 'payment_not_found' },
  };
  services['mypit templates'] = {
    async make(name) {
      const text = {
        imageUrl: 'https://images.example/a.png',
        description: 'd',
        criteria: 'c',
        typeOfBadge: 'achievement',
      };
      const asked = { userId, name, validityPeriod: 0, price: 0, ...text };
      const made = await mypit('POST', '/createBadgeTemplate', asked);
      if (made.status === 200) templateId = idIn(made);
      return made;
    },
    look: () => mypit('POST', '/getASingleBadgeTemplate', { userId, templateId }),
    send: (headers) => mypit('GET', '/hello', undefined, headers),
    missing: { status: 404 },
  };
  let holders = 0;
  services['mypit holders'] = {
    async make(name) {
      holders += 1;
      const data = { name, email: 'a@b.example', phone: '1', ownerId: userId, holderDid: `did:x:${holders}` };
      const asked = { issuerDid: 'did:x:issuer', issuerId: userId, data: { ...data, holderId: `own-${holders}` } };
      const made = await mypit('POST', '/createHolder', asked);
      if (made.status === 200) holderId = idIn(made);
      return made;
    },
    look: () => mypit('POST', '/getHolderById', { userId, holderId }),
    send: (headers) => mypit('GET', '/hello', undefined, headers),
    missing: { status: 404 },
  };
  services.bitminter = {
    look: (name) => pool('GET', `/users/${name}`),
    send: (headers) => pool('GET', '/pool/stats', undefined, headers),
    missing: 'No such user\n',
  };
});
afterAll(() => sandbox.close());

describe.each(['pi', 'mypit templates', 'mypit holders', 'bitminter'] as const)('%s', (service) => {
  const own = service === 'bitminter' ? 'hydro_shed' : service;
  it('blinks at the second look, once, in its own words', async () => {
    const { make, look, missing } = services[service];
    expect((await make?.(`blink-${own}`))?.status ?? 200).toBe(200);
    const looks = [];
    for (let at = 0; at < 4; at += 1) looks.push(await look(`blink-${own}`));
    expect(looks.map(({ status }) => status)).toEqual([200, 404, 200, 200]);
    if (typeof missing === 'string') expect(looks[1]?.text).toBe(missing);
    else expect(looks[1]?.json).toMatchObject(missing);
  });

  it('loses an answer', async () => {
    const { make, look } = services[service];
    const lose = make ?? look;
    await expect(lose(`drop-${own}`)).rejects.toThrow();
    expect((await lose(`drop-${own}`)).status).toBe(200);
  });

  it('limits the first write and the first read', async () => {
    const { make, look } = services[service];
    for (const act of make ? [make, look] : [look]) {
      const refused = await act(`limit-${own}`);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
      expect((await act(`limit-${own}`)).status).toBe(200);
    }
  });

  it('is late every time', async () => {
    const { make, look } = services[service];
    await make?.(`late-${own}`);
    for (const time of ['first', 'again']) {
      const began = performance.now();
      expect([time, (await look(`late-${own}`)).status]).toEqual([time, 200]);
      expect(performance.now() - began).toBeGreaterThan(25);
    }
  });

  it('fails by header at that request alone', async () => {
    const { send } = services[service];
    const limited = await send({ 'x-sandbox-fault': 'limit' });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '2']);
    expect((await send({ 'x-sandbox-fault': 'blink' })).status).toBe(404);
    await expect(send({ 'x-sandbox-fault': 'drop' })).rejects.toThrow();
    expect((await send({ 'x-sandbox-fault': 'explode' })).status).toBe(400);
    expect((await send({})).status).toBe(200);
  });
});

it('the gateway reads through them', async () => {
  const app: TestApp = await createTestApp({ ...sandbox.settings, READBACK_DELAY_MS: '10' });
  try {
    const operator = { 'x-gateway-key': sandbox.operatorKey };
    const miner = '{ miner(name: "drop-hydro_shed") { name } }';
    expect(await app.query(miner, {}, operator)).toEqual({ data: { miner: { name: 'drop-hydro_shed' } } });
    const holder = await services['mypit holders'].make?.('blink-reader');
    const { _id: id } = (holder?.json ?? {}) as { _id?: string };
    const read = `{ holder(holderId: "${id ?? ''}") { name } }`;
    const answers = [];
    for (let at = 0; at < 3; at += 1) answers.push((await app.query(read, {}, operator)).data);
    expect(answers).toEqual([
      { holder: { name: 'blink-reader' } },
      { holder: null },
      { holder: { name: 'blink-reader' } },
    ]);
  } finally {
    await app.close();
  }
});
