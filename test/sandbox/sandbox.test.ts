import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.js';
import { worldCids, worldImageV0 } from '../../src/sandbox/world.js';
import { parseCid } from '../../src/values/cid.js';
import { startTestSandbox } from '../support/start-sandbox.js';

interface Row {
  readonly requestid: string;
  readonly status: string;
  readonly created: string;
  readonly info: Readonly<Record<string, string>>;
  readonly pin: { readonly cid: string; readonly name?: string; readonly meta?: Readonly<Record<string, string>> };
}
interface Page {
  readonly count: number;
  readonly results: readonly Row[];
}
const EVERY = 'status=queued,pinning,pinned,failed&limit=1000';

describe('the settings', () => {
  it('point every upstream at loopback', async () => {
    const sandbox = await startSandbox();
    const urls = Object.entries(sandbox.settings).filter(([name]) => name.endsWith('_URL'));
    expect(urls.length).toBeGreaterThanOrEqual(3);
    for (const [, url] of urls) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
    await sandbox.close();
  });

  it('name two pinning services', async () => {
    const sandbox = await startSandbox();
    expect(sandbox.settings).toMatchObject({
      PINNING_SERVICES: 'sandbox,archive',
      PINNING_SANDBOX_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      PINNING_SANDBOX_TOKEN: expect.stringMatching(/^[\w-]{32}$/),
      PINNING_ARCHIVE_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      PINNING_ARCHIVE_TOKEN: expect.stringMatching(/^[\w-]{32}$/),
      GATEWAY_KEYS: expect.stringMatching(/^playground:[0-9a-f]{64}:[a-z:+]+$/),
    });
    await sandbox.close();
    await sandbox.close();
  });

  it('hold the hash of the operator key, and every right', async () => {
    const sandbox = await startSandbox({ operatorKey: 'käse' });
    expect(sandbox.operatorKey).toBe('käse');
    expect(sandbox.settings.GATEWAY_KEYS).toBe(
      `playground:${createHash('sha256').update('käse', 'utf8').digest('hex')}:` +
        'pi:read+pi:approve+pi:complete+pi:cancel+pi:payout+mypit:read+mypit:pii' +
        '+mypit:write+mypit:delete+mypit:issue+pin:read+pin:write+bm:read+ops:read+ops:write+schema:read',
    );
    await sandbox.close();
  });

  it('have new secrets at every start', async () => {
    const started = await Promise.all([startSandbox(), startSandbox()]);
    const secrets = started.flatMap(({ settings, operatorKey }) => [
      operatorKey,
      settings.PINNING_SANDBOX_TOKEN,
      settings.PINNING_ARCHIVE_TOKEN,
    ]);
    expect(new Set(secrets).size).toBe(6);
    await Promise.all(started.map((sandbox) => sandbox.close()));
  });
});

describe('the story', () => {
  it('has some sixty pins over three months, with valid CIDs of all kinds', async () => {
    const sandbox = await startTestSandbox();
    const { count, results } = (await sandbox.pinning()('GET', `/pins?${EVERY}`)).json as Page;
    expect(count).toBeGreaterThanOrEqual(55);
    expect(results.every(({ pin }) => parseCid(pin.cid))).toBe(true);
    const kinds = new Set(results.map(({ pin }) => pin.cid.slice(0, pin.cid.startsWith('Qm') ? 2 : 5)));
    expect([...kinds].toSorted()).toEqual(['Qm', 'bafkr', 'bafyb']);
    const ages = results.map(({ created }) => sandbox.now() - Date.parse(created));
    expect(Math.min(...ages)).toBeGreaterThan(0);
    expect(Math.max(...ages)).toBeGreaterThan(80 * 86_400_000);
    expect(new Set(results.map(({ pin }) => pin.name === undefined))).toEqual(new Set([true, false]));
    expect(new Set(results.map(({ pin }) => pin.meta === undefined))).toEqual(new Set([true, false]));
    await sandbox.close();
  });

  it('moves when it starts, and comes to rest', async () => {
    const sandbox = await startTestSandbox();
    const count = async (status: string) =>
      ((await sandbox.pinning()('GET', `/pins?status=${status}&limit=1000`)).json as Page).count;
    expect([await count('queued'), await count('pinning'), await count('failed')]).toEqual([3, 1, 3]);
    sandbox.advance(120_000);
    expect([await count('queued'), await count('pinning'), await count('failed')]).toEqual([0, 0, 4]);
    await sandbox.close();
  });

  it('keeps every badge image, one of them under both spellings', async () => {
    const sandbox = await startTestSandbox();
    for (const [name, cid] of Object.entries(worldCids)) {
      const { results } = (await sandbox.pinning()('GET', `/pins?cid=${cid}`)).json as Page;
      expect([name, results[0]?.pin.name, results[0]?.status]).toEqual([name, name, 'pinned']);
    }
    const spellings = parseCid(worldCids['harvest.png'])?.spellings;
    expect(spellings).toEqual([worldImageV0('harvest.png'), worldCids['harvest.png']]);
    expect(((await sandbox.pinning()('GET', `/pins?cid=${worldImageV0('harvest.png')}`)).json as Page).count).toBe(2);
    await sandbox.close();
  });

  it('is told with the same ids at every start', async () => {
    const ids = async (startAt: number) => {
      const sandbox = await startTestSandbox({ startAt });
      const { results } = (await sandbox.pinning()('GET', `/pins?${EVERY}`)).json as Page;
      await sandbox.close();
      return results.map(({ requestid, pin }) => `${requestid} ${pin.cid}`).toSorted();
    };
    expect(await ids(Date.UTC(2025, 0, 2, 3, 4, 5))).toEqual(await ids(Date.UTC(2026, 6, 30, 23, 59)));
  });

  it('is small in the archive, where pins run out', async () => {
    const sandbox = await startTestSandbox();
    const { count, results } = (await sandbox.pinning('archive')('GET', `/pins?${EVERY}`)).json as Page;
    expect(count).toBe(7);
    for (const { created, info } of results) {
      expect(Date.parse(info.pinned_until ?? '') - Date.parse(created)).toBe(365 * 86_400_000);
    }
    await sandbox.close();
  });
});
