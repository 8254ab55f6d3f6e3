import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { hash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/create-test-app.js';
import { closeAfterEach, closeLater } from '../support/graph-pins.js';

closeAfterEach();

const folder = mkdtempSync(join(tmpdir(), 'headgate-desk-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const query = '{ operator { name } }';
const id = hash('sha256', query, 'hex');
const page = '<head><meta name="headgate-sandbox-key" content="" /></head>';
mkdirSync(join(folder, 'assets'));
writeFileSync(join(folder, 'index.html'), page);
writeFileSync(join(folder, 'assets/index-abc.js'), 'let it = 1;'.repeat(1_000));
writeFileSync(join(folder, 'documents.json'), JSON.stringify({ [id]: query }));

const acme = {
  PINNING_SERVICES: 'acme',
  PINNING_ACME_URL: 'http://127.0.0.1:9',
  PINNING_ACME_TOKEN: 'acme-token',
};

async function start(settings: Record<string, string>, desk = folder) {
  const { app, query: ask } = await createTestApp({ ...acme, ...settings }, { desk });
  closeLater(() => app.close());
  const get = (path: string, headers: Record<string, string> = {}) =>
    app.fetch(new Request(`http://gateway.test${path}`, { headers }));
  const byId = async (documentId: string) => {
    const body = JSON.stringify({ documentId });
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    return (await app.fetch(new Request('http://gateway.test/graphql', { method: 'POST', headers, body }))).json();
  };
  return { get, ask, byId };
}

describe('the desk', () => {
  it('is there, with a strict policy, and new only when it changed', async () => {
    const { get } = await start({});
    for (const path of ['/desk', '/desk/']) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe(page);
      const { 'content-security-policy': policy = '', etag = '', ...headers } = Object.fromEntries(answer.headers);
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).not.toContain('unsafe');
      expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer' });
      expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
    }
  });

  it('has files that may be kept for ever, compressed for who takes that', async () => {
    const { get } = await start({});
    const packed = await get('/desk/assets/index-abc.js', { 'accept-encoding': 'gzip, br' });
    expect(packed.headers.get('content-encoding')).toBe('br');
    expect(packed.headers.get('cache-control')).toContain('immutable');
    expect(brotliDecompressSync(Buffer.from(await packed.arrayBuffer())).toString()).toContain('let it = 1;');
    const again = { 'accept-encoding': 'br', 'if-none-match': packed.headers.get('etag') ?? '' };
    expect((await get('/desk/assets/index-abc.js', again)).status).toBe(304);
    for (const path of ['/desk/assets/none.js', '/desk/documents.json', '/desk/assets/../documents.json', '/deskx'])
      expect((await get(path)).status, path).toBe(404);
  });

  it('is off in production unless DESK=on, and off wherever DESK=off', async () => {
    const production = { NODE_ENV: 'production', HEADGATE_SECRET: 'a secret for tests only' };
    expect((await (await start(production)).get('/desk')).status).toBe(404);
    expect((await (await start({ DESK: 'off' })).get('/desk')).status).toBe(404);
    expect((await (await start({ ...production, DESK: 'on' })).get('/desk')).status).toBe(200);
  });

  it('says how to build it where it is not built', async () => {
    const { get } = await start({}, join(folder, 'nowhere'));
    const answer = await get('/desk');
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run build')]);
  });

  it('brings its operations along: they are trusted, also where nothing else is', async () => {
    const own = join(folder, 'own.graphql');
    writeFileSync(own, '{ providers { name } }');
    const trusted = { TRUSTED_DOCUMENTS: own, TRUSTED_ONLY: 'on' };
    const { byId, ask } = await start(trusted);
    expect(await byId(id)).toEqual({ data: { operator: null } });
    expect(await byId('own')).toMatchObject({ data: { providers: expect.any(Array) } });
    expect((await ask(query)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    const alone = await start({ TRUSTED_ONLY: 'on', DESK: 'on' });
    expect(await alone.byId(id)).toEqual({ data: { operator: null } });
    expect((await alone.ask(query)).errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    const without = await start({ ...trusted, DESK: 'off' });
    expect(await without.byId(id)).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
  });
});
