import { randomUUID } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxAnswer, SandboxCaller, TestSandbox } from '../support/start-sandbox.js';
import { startTestSandbox } from '../support/start-sandbox.js';

/** What a compliant pinning service has to do for a client that knows nothing but the specification. */

interface Pin {
  readonly requestid: string;
  readonly status: string;
  readonly created: string;
  readonly pin: { readonly cid: string; readonly name?: string };
}
interface Pins {
  readonly count: number;
  readonly results: readonly Pin[];
}
const pin = (answer: SandboxAnswer) => answer.json as Pin;
const pins = (answer: SandboxAnswer) => answer.json as Pins;
const ALL = 'status=failed,pinned,pinning,queued';

async function freshCid(): Promise<string> {
  return CID.createV1(0x55, await sha256.digest(new TextEncoder().encode(randomUUID()))).toString();
}

describe.each(['sandbox', 'archive'] as const)('the pinning service %s', (name) => {
  let sandbox: TestSandbox;
  let call: SandboxCaller;
  let before: number;

  beforeAll(async () => {
    // Content arrives at once, as it does where a service holds the blocks already.
    sandbox = await startTestSandbox();
    call = sandbox.pinning(name);
    before = pins(await call('GET', `/pins?${ALL}`)).count;
  });
  afterAll(() => sandbox.close());

  it.each([
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Bearer purposelyWrong' },
    { authorization: 'Basic YTpi' },
  ])('answers 401 to the headers %j', async (headers) => {
    const url = sandbox.settings[`PINNING_${name.toUpperCase()}_URL`];
    const response = await fetch(`${url}/pins`, { headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: { reason: 'UNAUTHORIZED', details: 'Access token is missing or invalid' },
    });
  });

  it('keeps the tokens of its services apart', async () => {
    const other = sandbox.settings[name === 'sandbox' ? 'PINNING_ARCHIVE_TOKEN' : 'PINNING_SANDBOX_TOKEN'];
    expect((await call('GET', '/pins', undefined, { authorization: `Bearer ${other}` })).status).toBe(401);
    expect(
      (
        await call('GET', '/pins', undefined, {
          authorization: `bearer ${sandbox.settings[`PINNING_${name.toUpperCase()}_TOKEN`]}`,
        })
      ).status,
    ).toBe(200);
  });

  it('adds a pin that is queued, pinning or pinned', async () => {
    const cid = await freshCid();
    const added = await call('POST', '/pins', { cid });
    expect(added.status).toBe(202);
    expect(pin(added).pin.cid).toBe(cid);
    expect(['queued', 'pinning', 'pinned']).toContain(pin(added).status);
    expect((await call('DELETE', `/pins/${pin(added).requestid}`)).status).toBe(202);
  });

  it('deletes a new pin at once, with an empty 202', async () => {
    const { requestid } = pin(await call('POST', '/pins', { cid: await freshCid() }));
    const removed = await call('DELETE', `/pins/${requestid}`);
    expect([removed.status, removed.text]).toEqual([202, '']);
    expect((await call('GET', `/pins/${requestid}`)).status).toBe(404);
    expect((await call('DELETE', `/pins/${requestid}`)).status).toBe(404);
  });

  it('lists pins of every status', async () => {
    const listed = await call('GET', `/pins?${ALL}`);
    expect(listed.status).toBe(200);
    expect(pins(listed).results.length).toBe(Math.min(10, pins(listed).count));
  });

  it('replaces a pin by one with another requestid, and forgets the old one', async () => {
    const [cid, newCid] = [await freshCid(), await freshCid()];
    const old = pin(await call('POST', '/pins', { cid }));
    const replaced = await call('POST', `/pins/${old.requestid}`, { cid: newCid });
    expect(replaced.status).toBe(202);
    expect(pin(replaced).pin.cid).toBe(newCid);
    expect(pin(replaced).requestid).not.toBe(old.requestid);
    expect((await call('GET', `/pins/${old.requestid}`)).status).toBe(404);
    expect(pins(await call('GET', `/pins?cid=${cid}&${ALL}`)).count).toBe(0);
    expect((await call('GET', `/pins/${pin(replaced).requestid}`)).status).toBe(200);
    await call('DELETE', `/pins/${pin(replaced).requestid}`);
  });

  it('finds a pin by name in all four ways of matching', async () => {
    // With letters of its own: one random name in some thousands has none, and then upper case is the same.
    const pinName = `a-${randomUUID()}-in-lower-case`;
    const middle = pinName.slice(8, -5);
    const added = await call('POST', '/pins', { cid: await freshCid(), name: pinName });
    expect(pin(added).pin.name).toBe(pinName);
    for (const [match, text] of [
      ['exact', pinName],
      ['iexact', pinName.toUpperCase()],
      ['partial', middle],
      ['ipartial', middle.toUpperCase()],
    ]) {
      const found = pins(await call('GET', `/pins?match=${match}&name=${text}`));
      expect([match, found.count, found.results[0]?.pin.name]).toEqual([match, 1, pinName]);
    }
    for (const [match, text] of [
      ['exact', pinName.toUpperCase()],
      ['exact', middle],
      ['iexact', middle],
      ['partial', middle.toUpperCase()],
    ]) {
      expect([match, pins(await call('GET', `/pins?match=${match}&name=${text}`)).count]).toEqual([match, 0]);
    }
    await call('DELETE', `/pins/${pin(added).requestid}`);
  });

  it('pages by ten, newest first, and no pin is on two pages', async () => {
    const made: string[] = [];
    while (before + made.length < 15) made.push(pin(await call('POST', '/pins', { cid: await freshCid() })).requestid);
    const first = pins(await call('GET', `/pins?${ALL}`));
    expect(first.count).toBe(before + made.length);
    expect(first.results.length).toBe(10);
    const oldest = first.results.at(-1)?.created ?? '';
    const second = pins(await call('GET', `/pins?${ALL}&before=${oldest}`));
    expect(second.count).toBe(first.count - 10);
    const ids = [...first.results, ...second.results].map(({ requestid }) => requestid);
    expect(new Set(ids).size).toBe(ids.length);
    const times = [...first.results, ...second.results].map(({ created }) => created);
    expect(times).toEqual(times.toSorted().toReversed());
    for (const requestid of made) await call('DELETE', `/pins/${requestid}`);
  });

  it('is left with the pins it had', async () => {
    expect(pins(await call('GET', `/pins?${ALL}`)).count).toBe(before);
  });
});
