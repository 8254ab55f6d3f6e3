import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSandbox, type TestSandbox } from '../support/start-sandbox.js';

const folder = fileURLToPath(new URL('samples/', import.meta.url));
let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.close());

/** The programs of the documentation, one behind the other, with the sandbox's values for its placeholders. */
function programOf(...names: readonly string[]): string {
  const { MYPIT_BASE_URL = '', MYPIT_CLIENT_ID = '', MYPIT_SECRET_KEY = '', MYPIT_USER_ID = '' } = sandbox.settings;
  return names
    .map((name) => readFileSync(`${folder}${name}.txt`, 'utf8'))
    .join('\n')
    .replaceAll('https://your-mypit-domain.com', MYPIT_BASE_URL)
    .replaceAll(/'(your|test)-client-id'/g, `'${MYPIT_CLIENT_ID}'`)
    .replaceAll(/'(your|test)-secret-key'/g, `'${MYPIT_SECRET_KEY}'`)
    .replaceAll(/'(test-user-123|user123)'/g, `'${MYPIT_USER_ID}'`);
}

/** Runs a program that comes by standard input. The sandbox lives in this process, so it must not wait for it idly. */
function run(command: readonly [string, ...string[]], program: string, more: Record<string, string> = {}) {
  const [name, ...options] = command;
  const child = spawn(name, options, { env: { PATH: process.env['PATH'] ?? '', NO_PROXY: '*', ...more } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdin.end(program);
  return new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
const javascript = (program: string) => run([process.execPath, '--input-type=module', '-'], program);
const has = (...command: readonly [string, ...string[]]) => spawnSync(command[0], command.slice(1)).status === 0;

describe('the programs of MyPit’s documentation run as they stand there', () => {
  it.runIf(has('python3', '--version')).each([
    ['the package requests', has('python3', '-c', 'import requests') ? {} : undefined],
    ['what stands in for it', { PYTHONPATH: `${folder}shim`, PYTHONDONTWRITEBYTECODE: '1' }],
  ])('in Python, with %s', async (_name, environment) => {
    if (!environment) return;
    // It makes the same person each time.
    const { MYPIT_USER_ID: issuerId = '' } = sandbox.settings;
    for (const holder of await holders())
      if (holder.holderDid === 'did:ethr:0x456...') await ask('deleteHolder', { holderID: holder._id, issuerId });
    const { code, out, err } = await run(['python3', '-'], programOf('client.py'), environment);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^API Status: \S/);
    expect((await holders()).map(({ holderId }) => holderId)).toContain('holder789');
  });

  it('in JavaScript: a template, and a badge to holders by the integrator’s ids', async () => {
    const made = await javascript(programOf('client.js') + holderFor('holder789') + holderFor('holder101'));
    expect(made.err).toBe('');
    const { code, out, err } = await javascript(`${programOf('client.js', 'usage.js')}
      console.log(JSON.stringify([template, issuanceResult]));`);
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toEqual([
      { _id: expect.any(String) },
      { issuedBadges: [expect.any(String), expect.any(String)], status: 'success' },
    ]);
  });

  it('the integration test, from health to the list of badges', async () => {
    const { code, out, err } = await javascript(programOf('client.js', 'integration.js'));
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('All tests passed');
    expect(out).toMatch(/Badges retrieved: [1-9]\d* badges found/);
  });

  it('batches, retries and a rate of its own', async () => {
    const [recipient] = await holders();
    const { out, err } =
      await javascript(`${programOf('client.js', 'rate-limited.js', 'retry.js', 'batch.js', 'usage.js')}
      const paced = new RateLimitedClient(client.clientId, client.secretKey, client.baseUrl, 6_000);
      const userId = '${sandbox.settings['MYPIT_USER_ID']}';
      const list = await makeRequestWithRetry(paced, '/getHolders', 'POST', { userId, paginationOpts: { numItems: 5 } });
      const recipients = Array.from({ length: 25 }, () => '${recipient?._id}');
      console.log(JSON.stringify([list.page.length, await batchIssueBadges(paced, userId, template._id, recipients)]));`);
    expect(err).toBe('');
    const [rows, issued] = JSON.parse(out) as [number, { results: string[]; errors: unknown[] }];
    expect([rows, issued.results.length, issued.errors]).toEqual([5, 25, []]);
  });
});

/** A person as the documentation's samples make one, if there is none yet. */
const holderFor = (holderId: string): string => `
  await new MyPitAPIClient('${sandbox.settings['MYPIT_CLIENT_ID']}', '${sandbox.settings['MYPIT_SECRET_KEY']}')
    .createHolder({
      issuerDid: 'did:ethr:0x123', issuerId: '${sandbox.settings['MYPIT_USER_ID']}',
      data: { name: 'John Doe', email: 'john@example.com', phone: '+1234567890', ownerId: '${sandbox.settings['MYPIT_USER_ID']}',
        holderDid: 'did:ethr:${holderId}', holderId: '${holderId}' },
    });`;

interface Holder {
  readonly _id: string;
  readonly holderId: string;
  readonly holderDid: string;
}
async function ask(operation: string, body: object): Promise<unknown> {
  const { MYPIT_BASE_URL = '', MYPIT_CLIENT_ID = '', MYPIT_SECRET_KEY = '' } = sandbox.settings;
  const response = await fetch(`${MYPIT_BASE_URL}/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', clientId: MYPIT_CLIENT_ID, secretKey: MYPIT_SECRET_KEY },
    body: JSON.stringify(body),
  });
  return response.json();
}
/** Listed as the samples do it: without a cursor. */
async function holders(): Promise<readonly Holder[]> {
  const { MYPIT_USER_ID: userId } = sandbox.settings;
  return ((await ask('getHolders', { userId, paginationOpts: { numItems: 100 } })) as { page: Holder[] }).page;
}
