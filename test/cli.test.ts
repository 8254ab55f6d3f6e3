import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEmbeddedState } from '../src/state/embedded.js';
import { until } from './support/until.js';
import { product } from './support/product.js';
import { describeWithRedis, startRedis, type TestRedis } from './support/start-redis.js';

const folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command with nothing in its environment but the given settings. */
function headgate(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  cwd = folder,
): Promise<Said> {
  const options = { env: { PATH: process.env['PATH'], ...settings }, cwd };
  return new Promise((resolve) => {
    execFile(process.execPath, [product(), ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

describe('the command line', { timeout: 60_000 }, () => {
  it('says what it can do, and its version', async () => {
    const help = await headgate(['--help']);
    expect(help.code).toBe(0);
    for (const command of ['serve', 'key', 'check', 'calls', 'state']) expect(help.out).toContain(`  ${command}`);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    expect(await headgate(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it.each([
    ['an unknown command', ['pay']],
    ['an unknown option', ['check', '--loud']],
    ['too few arguments', ['key', 'backend']],
    ['a wrong number', ['serve', '--workers', 'many']],
    ['an unknown scope', ['key', 'backend', 'pin:everything']],
    ['a name that cannot be one', ['key', 'Back End', 'pin:read']],
    ['a command whose own command is missing', ['state']],
    ['a command whose own command is unknown', ['state', 'accpt']],
  ])('ends with 2 and one line on %s', async (_name, args) => {
    const { code, out, err } = await headgate(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^headgate: [^\n]+\n$/);
  });

  it.each([
    ['chekc', 'unknown command chekc; did you mean check? see headgate --help'],
    ['pay', 'unknown command pay; see headgate --help'],
  ])('names the command that %s may have meant', async (word, line) => {
    expect(await headgate([word, '--probe'])).toEqual({ code: 2, out: '', err: `headgate: ${line}\n` });
  });

  it.each([
    [['key', 'backend'], "missing required argument 'scopes'; see headgate key --help"],
    [['check', '--loud'], "unknown option '--loud'; see headgate check --help"],
    [['state'], 'headgate state: one of accept is missing; see headgate state --help'],
    [['state', 'accpt'], 'unknown command accpt; did you mean accept? see headgate state --help'],
    [['state', 'accept', '--now'], "unknown option '--now'; see headgate state accept --help"],
    [
      ['serve', '--workers', '0'],
      "option '--workers <count>' argument '0' is invalid. It must be a whole number from 1 to 128; see headgate serve --help",
    ],
    [
      ['serve', '--port', '5000'],
      "unknown option '--port'; PORT is a setting, of the environment or of .env: PORT=… headgate; see headgate serve --help",
    ],
    [
      ['--redis-url=x'],
      "unknown option '--redis-url=x'; REDIS_URL is a setting, of the environment or of .env: REDIS_URL=… headgate; see headgate --help",
    ],
  ])('sends who wrote %j to the help of that command', async (args, line) => {
    expect(await headgate(args)).toEqual({ code: 2, out: '', err: `headgate: ${line}\n` });
  });

  it('accepts the clock for a folder that another process works with, once', async () => {
    const state = join(folder, 'doubted');
    const settings = { STATE_DIR: state, PI_API_KEY: 'server-key' };
    const open = () => createEmbeddedState(state, 'a secret for tests only');
    const accept = () => headgate(['state', 'accept'], settings);
    expect((await accept()).out, 'nothing there').toMatch(/^headgate: nothing to accept/);
    const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3 * 86_400_000);
    try {
      await (await open()).close();
    } finally {
      now.mockRestore();
    }
    const doubting = await open();
    expect(doubting.doubt()).toBe('clock');
    expect(await accept()).toMatchObject({ code: 0, out: expect.stringMatching(/^headgate: accepted: it is 20/) });
    expect(doubting.doubt(), 'beside a process').toBeUndefined();
    expect((await accept()).out).toMatch(/^headgate: nothing to accept/);
    await doubting.close();
    const before = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3 * 86_400_000);
    try {
      const again = await open();
      expect(again.doubt()).toBe('clock');
      await again.close();
    } finally {
      before.mockRestore();
    }
    expect((await accept()).out, 'the right clock needs nobody').toMatch(/^headgate: nothing to accept/);
  });

  it('makes a key that the gateway takes', async () => {
    const { code, out, err } = await headgate(['key', 'backend', 'pin:read', 'pi:payout']);
    expect(code).toBe(0);
    const [key = ''] = out.split('\n');
    expect(key).toMatch(/^[\w-]{43}$/);
    const entry = `backend:${createHash('sha256').update(key).digest('hex')}:pin:read+pi:payout`;
    expect(out, 'the key on the first line, its entry on the last').toBe(`${key}\nGATEWAY_KEYS=${entry}\n`);
    expect(err).toContain('Keep the name when you change the key');
    expect(err).not.toContain(key);
    const told = /The first line.*?\./s.exec(readFileSync('docs/start.md', 'utf8'))?.[0].replaceAll('\n', ' ');
    expect(told).toMatch(/^The first line of its output is the key, .* the last one `GATEWAY_KEYS=…`/);
    const checked = await headgate(['check'], { PINNING_PINATA_TOKEN: 't', GATEWAY_KEYS: entry, STATE_DIR: folder });
    expect(checked.out).toContain('key backend: pi:payout pin:read');
  });

  it('takes scopes by themselves, with commas or with plus signs, and its help lists them', async () => {
    for (const scopes of [['pin:read,pin:write'], ['pin:read+pin:write'], ['pin:read,', 'pin:write']]) {
      const { code, out } = await headgate(['key', 'backend', ...scopes]);
      expect([code, /^GATEWAY_KEYS=backend:\w{64}:(.*)$/m.exec(out)?.[1]]).toEqual([0, 'pin:read+pin:write']);
    }
    expect((await headgate(['key', 'backend', 'pin:raed'])).err).toContain('did you mean pin:read?');
    const help = await headgate(['key', '--help']);
    for (const scope of ['pi:payout', 'pin:read', 'schema:read']) expect(help.out).toContain(`  ${scope}\n`);
  });

  it('says whether this is production, and what may surprise', async () => {
    const settings = { PI_API_KEY: 'k', STATE_DIR: folder, PAYOUT_MAX_PER_CALL: '5', PAYOUT_MAX_PER_DAY: '2' };
    const open = (await headgate(['check'], settings)).out;
    expect(open).toMatch(/^production: no \(NODE_ENV\)/);
    expect(open).toMatch(/^warning: PAYOUT_MAX_PER_DAY is below PAYOUT_MAX_PER_CALL/m);
    const closed = await headgate(['check'], { ...settings, NODE_ENV: 'production', PAYOUT_MAX_PER_DAY: '5' });
    expect(closed.out).toMatch(/^production: yes$/m);
    expect(closed.out).not.toContain('is below');
    const narrow = await headgate(['check'], { ...settings, MAX_OPERATIONS_IN_FLIGHT: '959' });
    expect(narrow.out).toMatch(/^warning: MAX_OPERATIONS_IN_FLIGHT is below 960/m);
  });

  it('refuses what a start would stumble over, and leaves nothing behind', async () => {
    const file = join(folder, 'a file');
    writeFileSync(file, '');
    const { code, out, err } = await headgate(['check'], {
      PI_API_KEY: 'k',
      TRUSTED_DOCUMENTS: './nope',
      HOST: '203.0.113.1',
      STATE_DIR: join(file, 'below'),
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const lines = err.trim().split('\n');
    expect(lines.map((line) => line.split(':')[1]?.trim())).toEqual(['TRUSTED_DOCUMENTS', 'STATE_DIR', 'HOST']);
    expect(await headgate(['check'], { PI_API_KEY: 'k', STATE_DIR: join(folder, 'not', 'there') })).toMatchObject({
      code: 0,
    });
    expect(existsSync(join(folder, 'not'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('ends with one line where the folder cannot be made', async () => {
    const settings = { PI_API_KEY: 'k', STATE_DIR: '/proc/nope/deep', PORT: '0' };
    for (const command of ['check', 'serve']) {
      const { code, err } = await headgate([command], settings);
      expect([code, err]).toEqual([1, 'headgate: STATE_DIR: /proc/nope/deep cannot be made (ENOENT)\n']);
    }
  });

  it('tells every planted mistake by its name', async () => {
    const { code, out, err } = await headgate(['check'], {
      PINNING_SERVICE: 'mine',
      PI_API_KEY: '"quoted"',
      PAYOUT_MAX_PER_CALL: '5',
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(
      err
        .trim()
        .split('\n')
        .map((line) => line.split(':')[1]?.trim() ?? '')
        .toSorted(),
    ).toEqual(['PAYOUT_MAX_PER_DAY', 'PINNING_SERVICE', 'PI_API_KEY']);
    expect(err).not.toContain('quoted"');
  });

  it('says what is on, off, and dangerous', async () => {
    const { code, out } = await headgate(['check'], {
      NODE_ENV: 'production',
      GRAPHIQL: 'on',
      PI_API_KEY: 'a-secret-key',
      PI_USER_ACTIONS: 'approve',
      STATE_DIR: folder,
    });
    expect(code).toBe(0);
    expect(out).toContain('provider pi: on, with a credential');
    expect(out).toContain("provider pinning:pinata: on, for callers' own credentials");
    expect(out).toContain('provider bitminter: off');
    expect(out).toMatch(/warning: GATEWAY_KEYS is empty/);
    expect(out).toMatch(/warning: GRAPHIQL is on/);
    expect(out).toMatch(/warning: PI_USER_ACTIONS/);
    expect(out).not.toContain('a-secret-key');
    expect((await headgate(['check'])).out).toContain('nothing is configured');
  });

  it.each(['check', 'serve'])('names each line of .env that is no setting: %s', async (command) => {
    const lines = [
      '# Upstreams',
      'PINNING_PINATA_TOKEN=t',
      '',
      'GATEWAY KEYS=S3CRET',
      'export LOG_LEVEL=silent',
      'Its S3CRET keys belong to this name.',
      'PORT=S3CRET',
      'PI_API_KEY="one',
      'S3CRET two"',
      '  # NODE_ENV=production',
      '=S3CRET',
      'a-key-of-S3CRET',
    ];
    const told = mkdtempSync(join(folder, 'env-'));
    writeFileSync(join(told, '.env'), lines.join('\r\n'));
    const { code, out, err } = await headgate([command], {}, told);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    const told4 = err.split('\n').filter((line) => line.includes('is no setting'));
    expect(told4.map((line) => /^headgate: \.env: line (\d+) is no setting/.exec(line)?.[1])).toEqual([
      '4',
      '6',
      '11',
      '12',
    ]);
    expect(err).not.toContain('S3CRET');
  });

  it('names each line of .env that sets what another has set', async () => {
    const told = mkdtempSync(join(folder, 'env-'));
    const lines = [
      'PI_NETWORK=mainnet',
      'A="one',
      'PI_NETWORK=S3CRET',
      'two"',
      '# PI_NETWORK=x',
      'export PI_NETWORK = S3CRET',
    ];
    writeFileSync(join(told, '.env'), lines.join('\n'));
    const { code, err } = await headgate(['check'], {}, told);
    expect(code).toBe(1);
    expect(err.match(/^headgate: \.env: .*$/gm)).toEqual([
      'headgate: .env: line 6 sets PI_NETWORK again, which line 1 has set: leave one of them out',
    ]);
    expect(err).not.toContain('S3CRET');
  });

  it.each([
    ['pi:approve', 'PI_API_KEY is not set'],
    ['mypit:read', 'MYPIT_CLIENT_ID, MYPIT_SECRET_KEY and MYPIT_USER_ID are not set'],
    ['pin:read', 'no service has a token'],
  ])('warns of a key with %s that no credential stands behind', async (scope, told) => {
    const key = `shop:${createHash('sha256').update('k').digest('hex')}:${scope}`;
    const backed = { 'pi:approve': 'PI_API_KEY', 'mypit:read': '', 'pin:read': 'PINNING_PINATA_TOKEN' }[scope] ?? '';
    const other = scope === 'pi:approve' ? { PINNING_PINATA_TOKEN: 't' } : { PI_API_KEY: 'k' };
    expect((await headgate(['check'], { GATEWAY_KEYS: key, ...other })).out).toContain(told);
    const all = backed ? { [backed]: 'x' } : { MYPIT_CLIENT_ID: 'a', MYPIT_SECRET_KEY: 'b', MYPIT_USER_ID: 'c' };
    expect((await headgate(['check'], { GATEWAY_KEYS: key, ...other, ...all })).out).not.toContain(told);
  });

  it('reads a .env whose lines are all settings or comments', async () => {
    const told = mkdtempSync(join(folder, 'env-'));
    const lines = ['  # indented', 'A-B.c=1', " PINNING_PINATA_TOKEN = 't' # mine", '', '#', 'X="one', 'two', 'three"'];
    writeFileSync(join(told, '.env'), `${lines.join('\n')}\nSTATE_DIR=./kept`);
    expect(await headgate(['check'], {}, told)).toMatchObject({ code: 0, err: '' });
  });

  it('says that the state of a shell without settings is nobody\u2019s', async () => {
    const live = mkdtempSync(join(folder, 'live-'));
    await (await createEmbeddedState(join(live, '.headgate'), 'a secret for tests only')).close();
    const { code, out, err } = await headgate(['state', 'accept'], {}, live);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^headgate: nothing is configured in this shell[^\n]*STATE_DIR[^\n]*REDIS_URL[^\n]*\n$/);
    const elsewhere = await headgate(['state', 'accept'], { PI_API_KEY: 'k', STATE_DIR: join(live, 'not-there') });
    expect(elsewhere.out).toContain(`${join(live, 'not-there')} (STATE_DIR) holds no state`);
    const there = await headgate(['state', 'accept'], { PI_API_KEY: 'k', STATE_DIR: join(live, '.headgate') });
    expect(there.out).toContain(`${join(live, '.headgate')} (STATE_DIR)`);
    const memory = await headgate(['state', 'accept'], { PI_API_KEY: 'k', STATE_DIR: 'memory' });
    expect(memory.out).toMatch(/nothing to accept: .*STATE_DIR is memory/);
  });

  it('speaks of no folder where the state is in memory', async () => {
    const settings = { NODE_ENV: 'production', PI_API_KEY: 'k', STATE_DIR: 'memory' };
    const { out } = await headgate(['check'], settings);
    expect(out).toMatch(/^warning: HEADGATE_SECRET is not set, and STATE_DIR is memory: [^\n]*restart/m);
    expect(out).not.toContain('keep that folder');
    expect((await headgate(['check'], { ...settings, STATE_DIR: folder })).out).toContain('keep that folder');
  });

  it('says which documents are answered, and whether there is a desk', async () => {
    const settings = { PINNING_PINATA_TOKEN: 't', STATE_DIR: folder, NODE_ENV: 'production' };
    expect((await headgate(['check'], settings)).out).toMatch(/^documents: any$[^]* desk off/m);
    writeFileSync(join(folder, 'documents.json'), JSON.stringify({ one: '{ __typename }' }));
    const listed = { ...settings, TRUSTED_DOCUMENTS: './documents.json', DESK: 'on' };
    expect((await headgate(['check'], listed)).out).toMatch(/^documents: any \(\.\/documents\.json\)$[^]* desk on/m);
    expect((await headgate(['check'], { ...listed, TRUSTED_ONLY: 'on' })).out).toMatch(
      /^documents: only those of TRUSTED_DOCUMENTS \(\.\/documents\.json\)$/m,
    );
    expect((await headgate(['check'], { ...settings, TRUSTED_ONLY: 'on', DESK: 'on' })).out).toMatch(
      /^documents: only those of the desk$[^]* desk on/m,
    );
  });

  it('says whether it can be composed with other graphs', async () => {
    const settings = { PINNING_PINATA_TOKEN: 't', STATE_DIR: folder };
    expect((await headgate(['check'], settings)).out).toMatch(/^SUBGRAPH off$/m);
    expect((await headgate(['check'], { ...settings, SUBGRAPH: 'on' })).out).toMatch(
      /^SUBGRAPH on: _service and _entities are answered$/m,
    );
  });

  describe('probing', () => {
    let upstream: Server;
    let url = '';
    beforeAll(async () => {
      upstream = createServer((request, response) => {
        response.statusCode = request.url?.startsWith('/refusing/') ? 401 : 200;
        response.setHeader('content-type', 'application/json').end('{"count":0,"results":[]}');
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => upstream.once('listening', resolve));
      const address = upstream.address();
      url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    });
    afterAll(() => upstream.close());

    it('asks each upstream once, and ends with 1 when one does not answer', async () => {
      const dead = { PI_BASE_URL: 'http://127.0.0.1:1', PI_API_KEY: 'k', MYPIT_BASE_URL: 'http://127.0.0.1:1' };
      const { code, out } = await headgate(['check', '--probe'], {
        PINNING_PINATA_URL: url,
        PINNING_PINATA_TOKEN: 't',
        STATE_DIR: folder,
        ...dead,
      });
      expect(out).toMatch(/probe pinning:pinata: answered in \d+ ms/);
      expect(out).toMatch(/^probe pi: failed after \d+ ms: unavailable \(ECONNREFUSED\)$/m);
      expect(out).not.toContain('probe mypit');
      expect(code).toBe(1);
    });

    it('tells why one failed, without the credential', async () => {
      const { code, out } = await headgate(['check', '--probe'], {
        PINNING_PINATA_URL: `${url}/refusing`,
        PINNING_PINATA_TOKEN: 'a-secret-token',
        PI_BASE_URL: 'https://nowhere.invalid/v2',
        PI_API_KEY: 'a-secret-key',
        STATE_DIR: folder,
      });
      expect(out).toMatch(/^probe pinning:pinata: failed after \d+ ms: unauthorized \(401.*\)$/m);
      expect(out).toMatch(/^probe pi: failed after \d+ ms: unavailable \((ENOTFOUND|EAI_AGAIN)\)$/m);
      expect(out).not.toContain('a-secret');
      expect(code).toBe(1);
    });
  });
});

describeWithRedis('headgate serve --workers', { timeout: 60_000 }, () => {
  let redis: TestRedis;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => redis.stop());

  it('says that it needs Redis', async () => {
    const { code, err } = await headgate(['serve', '--workers', '2'], { PINNING_PINATA_TOKEN: 't', STATE_DIR: folder });
    expect(code).toBe(1);
    expect(err).toMatch(/^headgate: --workers: needs REDIS_URL[^\n]*\n$/);
  });

  it('serves from several processes behind one port, and replaces one that dies', async () => {
    const settings = {
      REDIS_URL: redis.url,
      HEADGATE_SECRET: 'a-secret-of-sixteen-characters',
      PINNING_PINATA_TOKEN: 't',
      LOG_LEVEL: 'silent',
      PORT: '0',
    };
    const child = spawn(process.execPath, [product(), 'serve', '--workers', '2'], {
      env: { PATH: process.env['PATH'], ...settings },
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await until(() => said.out.includes('2 workers'), 40_000);
    const url = /listens at (http:\/\/127\.0\.0\.1:\d+)/.exec(said.out)?.[1] ?? '';
    const live = async () => (await fetch(`${url}/health/live`, { headers: { connection: 'close' } })).status;
    expect(await live()).toBe(200);
    const workers = await childrenOf(child.pid ?? 0);
    expect(workers).toHaveLength(2);
    process.kill(workers[0] ?? 0, 'SIGKILL');
    await until(() => said.err.includes('ended with SIGKILL'), 20_000);
    // A connection that was handed to the dead one is lost; the next ones are not.
    await expect.poll(() => live().catch(() => 0), { timeout: 20_000 }).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

/** The processes that a process started. */
function childrenOf(pid: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'pid=', '--ppid', String(pid)], (_error, out) =>
      resolve(out.trim().split(/\s+/).filter(Boolean).map(Number)),
    );
  });
}
