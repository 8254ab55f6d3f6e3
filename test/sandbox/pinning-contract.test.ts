import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cidOf, peerIdOf } from '../../src/sandbox/names.js';
import { loadPinningContract, type PinningContract, type PinningOperation } from '../support/pinning-openapi.js';
import { startTestSandbox, type SandboxCaller, type TestSandbox } from '../support/start-sandbox.js';

let contract: PinningContract;
let sandbox: TestSandbox;
const EVERY = 'status=queued,pinning,pinned,failed';
const origin = (label: string) => `/ip4/198.51.100.7/tcp/4001/p2p/${peerIdOf(label)}`;

beforeAll(async () => {
  [contract, sandbox] = await Promise.all([loadPinningContract(), startTestSandbox()]);
});
afterAll(() => sandbox.close());

/** Sends a request and checks status and description in one go. */
async function check(
  call: SandboxCaller,
  operation: PinningOperation,
  status: number,
  ...request: Parameters<SandboxCaller>
) {
  const answer = await call(...request);
  expect({ request, status: answer.status, faults: contract.faults(operation, answer.status, answer.json) }).toEqual({
    request,
    status,
    faults: [],
  });
  return answer.json as { readonly requestid: string; readonly results: readonly { readonly requestid: string }[] };
}

describe('the judge', () => {
  it('knows good from bad', () => {
    const good = {
      requestid: 'r',
      status: 'queued',
      created: '2024-11-05T10:00:00.451Z',
      pin: { cid: 'x' },
      delegates: ['/ip4/203.0.113.1/tcp/1/p2p/Q'],
    };
    expect(contract.faults('addPin', 202, good)).toEqual([]);
    expect(contract.faults('addPin', 202, { ...good, created: 'yesterday' })).not.toEqual([]);
    expect(contract.faults('addPin', 202, { ...good, delegates: [] })).not.toEqual([]);
    expect(contract.faults('addPin', 202, { ...good, info: { size: 1 } })).not.toEqual([]);
    expect(contract.faults('addPin', 201, good)).not.toEqual([]);
    expect(contract.faults('getPins', 404, { error: 'gone' })).not.toEqual([]);
    expect(contract.faults('deletePinByRequestId', 202, {})).not.toEqual([]);
  });
});

describe.each(['sandbox', 'archive'] as const)('%s answers as described', (name) => {
  it('to lists, at every stage of the pins', async () => {
    const call = sandbox.pinning(name);
    for (const label of ['plain', 'will-fail', 'slow'])
      await call('POST', '/pins', { cid: cidOf(label, 'raw'), name: label });
    for (let step = 0; step < 8; step += 1) {
      const listed = await check(call, 'getPins', 200, 'GET', `/pins?${EVERY}&limit=1000`);
      for (const { requestid } of listed.results)
        await check(call, 'getPinByRequestId', 200, 'GET', `/pins/${requestid}`);
      sandbox.advance(700);
    }
    await check(call, 'getPins', 200, 'GET', '/pins');
    await check(call, 'getPins', 200, 'GET', '/pins?name=there-is-none');
  });

  it('to writes', async () => {
    const call = sandbox.pinning(name);
    const full = {
      cid: cidOf('whole', 'v0'),
      name: 'whole 🌾',
      origins: [origin('a'), origin('b')],
      meta: { app: 'farm', empty: '' },
    };
    const first = await check(call, 'addPin', 202, 'POST', '/pins', full);
    expect(first).toMatchObject({ pin: full });
    const second = await check(call, 'replacePinByRequestId', 202, 'POST', `/pins/${first.requestid}`, {
      cid: cidOf('next', 'v1'),
    });
    await check(call, 'deletePinByRequestId', 202, 'DELETE', `/pins/${second.requestid}`);
  });

  it('when it refuses', async () => {
    const call = sandbox.pinning(name);
    const stranger: SandboxCaller = (method, path, body) => call(method, path, body, { authorization: 'Bearer wrong' });
    await check(stranger, 'getPins', 401, 'GET', '/pins');
    await check(stranger, 'addPin', 401, 'POST', '/pins', { cid: cidOf('x', 'raw') });
    await check(stranger, 'deletePinByRequestId', 401, 'DELETE', '/pins/x');
    await check(call, 'getPins', 400, 'GET', '/pins?limit=0');
    await check(call, 'addPin', 400, 'POST', '/pins', {});
    await check(call, 'addPin', 400, 'POST', '/pins');
    await check(call, 'addPin', 413, 'POST', '/pins', { cid: 'x'.repeat(1_100_000) });
    await check(call, 'getPinByRequestId', 404, 'GET', '/pins/none');
    await check(call, 'replacePinByRequestId', 404, 'POST', '/pins/none', { cid: cidOf('x', 'raw') });
    await check(call, 'replacePinByRequestId', 400, 'POST', '/pins/none', { cid: 'none' });
    await check(call, 'deletePinByRequestId', 404, 'DELETE', '/pins/none');
  });
});

it('answers 409 as described when a plan is used up, and takes pins again after a removal', async () => {
  const call = sandbox.pinning('archive');
  const { count } = (await call('GET', `/pins?${EVERY}`)).json as { count: number };
  const made: string[] = [];
  for (let at = count; at < 20; at += 1)
    made.push((await check(call, 'addPin', 202, 'POST', '/pins', { cid: cidOf(`fill/${at}`, 'raw') })).requestid);
  await check(call, 'addPin', 409, 'POST', '/pins', { cid: cidOf('one too many', 'raw') });
  const replaced = await check(call, 'replacePinByRequestId', 202, 'POST', `/pins/${made[0]}`, {
    cid: cidOf('swap', 'raw'),
  });
  await check(call, 'deletePinByRequestId', 202, 'DELETE', `/pins/${replaced.requestid}`);
  await check(call, 'addPin', 202, 'POST', '/pins', { cid: cidOf('fits again', 'raw') });
});

describe('bodies', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('🌱'.repeat(255), '🌱'.repeat(256), 'x'.repeat(255), 'x'.repeat(256)),
    fc.constant(null),
    fc.integer(),
  );
  const origins = fc.oneof(
    fc.array(fc.constantFrom(...Array.from({ length: 24 }, (_, at) => origin(String(at)))), { maxLength: 24 }),
    fc.uniqueArray(fc.constantFrom(...Array.from({ length: 24 }, (_, at) => origin(String(at)))), {
      minLength: 19,
      maxLength: 22,
    }),
    fc.constant('none'),
    fc.constant([7]),
  );
  const meta = fc.oneof(
    fc.dictionary(fc.string(), fc.string()),
    fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxKeys: 3 }),
    fc.constant([]),
    fc.constant('{}'),
  );
  const body = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.record(
        { cid: fc.constantFrom(cidOf('a', 'v0'), cidOf('b', 'raw')), name: text, origins, meta, more: fc.anything() },
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom(null, [], 'text', 7) },
  );

  it('are taken when the description allows them, and only then', async () => {
    const spacious = await startTestSandbox({ speed: Infinity });
    const call = spacious.pinning();
    await fc.assert(
      fc.asyncProperty(body, async (candidate) => {
        // What the description sees is what arrives: JSON has no undefined.
        const sent: unknown = JSON.parse(JSON.stringify(candidate));
        const answer = await call('POST', '/pins', sent);
        expect(answer.status).toBe(contract.acceptsPin(sent) ? 202 : 400);
        if (answer.status === 400) return;
        const { more: _, ...kept } = sent as { more?: unknown };
        expect((answer.json as { pin: unknown }).pin).toEqual(kept);
      }),
      { numRuns: 300 },
    );
    await spacious.close();
  });

  it.each([
    ['no CID', { cid: 'QmNoCid' }],
    ['an origin without a peer', { cid: cidOf('a', 'raw'), origins: ['/ip4/198.51.100.7/tcp/4001'] }],
    ['an origin that is a URL', { cid: cidOf('a', 'raw'), origins: ['https://example.net/p2p/Qm'] }],
    [
      '1001 keys',
      { cid: cidOf('a', 'raw'), meta: Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`k${at}`, ''])) },
    ],
  ])('are refused beyond the description: %s', async (_, candidate) => {
    expect((await sandbox.pinning()('POST', '/pins', candidate)).status).toBe(400);
  });

  it('keep a meta key called __proto__', async () => {
    const answer = await sandbox.pinning()(
      'POST',
      '/pins',
      `{"cid":"${cidOf('a', 'raw')}","meta":{"__proto__":"kept"}}`,
    );
    expect(answer.text).toContain('"meta":{"__proto__":"kept"}');
  });
});
