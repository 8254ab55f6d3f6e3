import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { gatewayKey, operatorHeaders } from '../support/create-test-app.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { wirePin } from '../support/graph-pins.js';
import { startProduct, type StartedProduct } from '../support/start-product.js';

/**
 * Fifty callers without rights ask for what an upstream answers with five megabytes, over sockets of their own: an operator's
 * reads, memory, and the end of the process have to stay as they are.
 */
const CALLERS = 50;
const MB = 1_048_576;
/**
 * Without them it takes about a hundred. For each class of calls to one upstream 64 may be held, two of which become text and
 * values, which take some times their room.
 */
const MOST_MEMORY = 700 * MB;

const text = 'x'.repeat(500);
const info = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, text]));
const longPins = JSON.stringify({
  count: 100,
  results: Array.from({ length: 100 }, (_, index) => wirePin(`long-${index}`, { info })),
});
const longBlocks = JSON.stringify(
  Array.from({ length: 50 }, (_, index) => ({
    id: 90_417 - index,
    chain: 'BTC',
    hash: 'ab'.repeat(32),
    height: 401_882 - index,
    difficulty: 1,
    income: 1,
    accepted: 1,
    status: 'confirmed',
    generated: 1_529_917_203 - index,
    duration: 1,
    more: 'x'.repeat(100_000),
  })),
);

describe('while fifty callers without rights ask for long answers', () => {
  let upstream: FakeUpstream;
  let gateway: StartedProduct;
  beforeAll(async () => {
    upstream = await fakeUpstream(({ path, headers }) => {
      if (path === '/pool/blocks') return { body: longBlocks };
      if (path === '/pins' && /junk/.test(headers.authorization ?? '')) return { body: longPins };
      const last = path.split('/').at(-1) ?? '';
      return path === '/pins' ? { body: { count: 1, results: [wirePin('r1')] } } : { body: wirePin(last) };
    });
    gateway = await startProduct({
      PINNING_SERVICES: 'acme',
      PINNING_ACME_URL: upstream.url,
      PINNING_ACME_TOKEN: 'server-token',
      BITMINTER_BASE_URL: upstream.url,
      POOL_CACHE_TTL_MS: '0',
      GATEWAY_KEYS: gatewayKey('pin:read'),
      TRUST_PROXY: '1',
    });
  });
  afterAll(async () => {
    gateway.child.kill('SIGKILL');
    await gateway.exited;
    await upstream.close();
  });

  async function ask(query: string, headers: Record<string, string>, signal?: AbortSignal): Promise<unknown> {
    const response = await fetch(`${gateway.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify({ query }),
      ...(signal && { signal }),
    });
    return response.json();
  }

  /** Each asks from an address of its own, and every other one with a token that nobody gave out. */
  let asked = 0;
  function askAsNobody(caller: number, signal?: AbortSignal): Promise<unknown> {
    const from = { 'x-forwarded-for': `10.0.0.${caller}` };
    asked += 1;
    return caller % 2 === 0
      ? ask(`{ poolBlocks(first: ${(asked % 50) + 1}) { nodes { id hash } } }`, from, signal)
      : ask('{ pins(first: 100) { nodes { requestId } } }', { ...from, 'x-pinning-token': `junk-${asked}` }, signal);
  }

  const operatorReads = async (times: number): Promise<number> => {
    let answered = 0;
    for (let index = 0; index < times; index += 1) {
      const answer = await ask(`{ pin(requestId: "r${index}") { id } pins { nodes { id } } }`, operatorHeaders);
      if (!JSON.stringify(answer).includes('"errors"')) answered += 1;
    }
    return answered;
  };

  it('an operator is answered, and memory stays within its bound', async () => {
    let over = false;
    const flooding = Array.from({ length: CALLERS }, async (_, caller) => {
      while (!over) await askAsNobody(caller);
    });
    const answers = await operatorReads(20);
    const rounds = asked / CALLERS;
    over = true;
    await Promise.all(flooding);
    expect(rounds, 'all of them asked').toBeGreaterThan(1);
    expect(answers).toBeGreaterThanOrEqual(19);
    expect(gateway.peakMemory()).toBeLessThan(MOST_MEMORY);
  }, 120_000);

  it('those who leave cost nothing any more', async () => {
    const leaving = new AbortController();
    const before = upstream.requests.length;
    const all = Promise.allSettled(Array.from({ length: CALLERS }, (_, caller) => askAsNobody(caller, leaving.signal)));
    await vi.waitUntil(() => upstream.requests.length >= before + CALLERS / 2, { timeout: 30_000 });
    leaving.abort();
    await all;
    // What was being read then is at its next turn the last of it.
    await operatorReads(1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const used = gateway.usedMs();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(gateway.usedMs() - used).toBeLessThan(200);
    expect(await operatorReads(5)).toBe(5);
  }, 60_000);

  it('the process ends in time while they wait', async () => {
    const before = upstream.requests.length;
    const all = Promise.allSettled(Array.from({ length: CALLERS }, (_, caller) => askAsNobody(caller)));
    await vi.waitUntil(() => upstream.requests.length >= before + CALLERS / 4, { timeout: 30_000 });
    const stoppedAt = performance.now();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(20_000);
    expect(gateway.said.err).toBe('');
    await all;
  }, 60_000);
});
