import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cidOf } from '../../src/sandbox/names.js';
import { createTestApp } from '../support/create-test-app.js';
import { startTestSandbox, type SandboxCaller, type TestSandbox } from '../support/start-sandbox.js';

let sandbox: TestSandbox;
let call: SandboxCaller;
beforeAll(async () => {
  sandbox = await startTestSandbox({ speed: 100 });
  call = sandbox.pinning();
});
afterAll(() => sandbox.close());

const add = async (name: string, headers?: Record<string, string>) =>
  call('POST', '/pins', { cid: cidOf(name, 'raw'), name }, headers);
const idOf = (answer: { readonly json: unknown }) => (answer.json as { requestid: string }).requestid;
const named = async (name: string) =>
  ((await call('GET', `/pins?name=${name}`)).json as { results: { requestid: string }[] }).results;

describe('a fault by name', () => {
  it('blinks at the second look, once', async () => {
    const id = idOf(await add('blink-photos'));
    const looks: number[] = [];
    for (let look = 0; look < 4; look += 1) looks.push((await call('GET', `/pins/${id}`)).status);
    expect(looks).toEqual([200, 404, 200, 200]);
  });

  it('drops the answer of a write that was carried out', async () => {
    await expect(add('drop-photos')).rejects.toThrow();
    expect(await named('drop-photos')).toHaveLength(1);
    expect((await add('drop-photos')).status).toBe(202);
  });

  it('limits the first of each', async () => {
    const refused = await add('limit-photos');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    const id = idOf(await add('limit-photos'));
    expect((await call('GET', `/pins/${id}`)).status).toBe(429);
    expect((await call('GET', `/pins/${id}`)).status).toBe(200);
  });

  it('is late every time', async () => {
    for (const time of ['first', 'again']) {
      const began = performance.now();
      expect([time, (await add('late-photos')).status]).toEqual([time, 202]);
      expect(performance.now() - began).toBeGreaterThan(25);
    }
  });

  it('leaves other names alone', async () => {
    expect((await add('unblinking-limit-drop')).status).toBe(202);
  });
});

describe('a fault by header', () => {
  it('is met by that request alone', async () => {
    expect((await call('GET', '/pins', undefined, { 'x-sandbox-fault': 'limit' })).status).toBe(429);
    expect((await call('GET', '/pins')).status).toBe(200);
    expect((await call('GET', '/pins', undefined, { 'x-sandbox-fault': 'blink' })).json).toMatchObject({
      error: { reason: 'NOT_FOUND' },
    });
    await expect(call('GET', '/pins', undefined, { 'x-sandbox-fault': 'drop' })).rejects.toThrow();
  });

  it('must be one that there is', async () => {
    expect((await call('GET', '/pins', undefined, { 'x-sandbox-fault': 'explode' })).json).toMatchObject({
      error: { reason: 'BAD_REQUEST', details: expect.stringContaining('blink, drop, limit, late') },
    });
  });
});

describe('through the gateway', () => {
  it('a dropped answer is looked for', async () => {
    const app = await createTestApp({ ...sandbox.settings, PIN_POLL_INTERVAL_MS: '20', READBACK_DELAY_MS: '10' });
    try {
      const added = await app.query<{ addPin: { pin: { requestId: string } } }>(
        `mutation { addPin(input: { cid: "${cidOf('drop-film', 'raw')}", name: "drop-film", idempotencyKey: "f" }) {
          ... on AddPinPayload { pin { requestId } } } }`,
        {},
        { 'x-gateway-key': sandbox.operatorKey },
      );
      expect(await named('drop-film')).toEqual([
        expect.objectContaining({ requestid: added.data?.addPin.pin.requestId }),
      ]);
    } finally {
      await app.close();
    }
  });
});
