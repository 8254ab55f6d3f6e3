import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.js';
import type { Settings } from '../../src/settings.js';
import { product } from '../support/product.js';

const CANARY = 'c4n4ry';
const mypit = { MYPIT_CLIENT_ID: CANARY, MYPIT_SECRET_KEY: CANARY, MYPIT_USER_ID: CANARY };
const without = (settings: Settings, ...names: string[]): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
const acme = (url: string): Settings => ({
  PINNING_SERVICES: 'acme',
  PINNING_ACME_URL: url,
  PINNING_ACME_TOKEN: CANARY,
});

/** Addresses that would give a secret away, or send one in the clear. */
const badUrls = [
  `https://${CANARY}@up.example/v2`,
  `https://user:${CANARY}@up.example/v2`,
  `https://up.example/v2?key=${CANARY}`,
  'https://up.example/v2?',
  'http://up.example/v2',
  'http://192.168.0.1',
  'http://127.0.0.1.up.example',
];
const urlSettings: Readonly<Record<string, (url: string) => Settings>> = {
  PI_BASE_URL: (url) => ({ PI_BASE_URL: url, PI_API_KEY: CANARY }),
  MYPIT_BASE_URL: (url) => ({ MYPIT_BASE_URL: url, ...mypit }),
  BITMINTER_BASE_URL: (url) => ({ BITMINTER_BASE_URL: url, BITMINTER_API_KEY: CANARY }),
  PINNING_ACME_URL: acme,
};
const refused: readonly (readonly [name: string, settings: Settings, about: string])[] = [
  ...Object.entries(urlSettings).flatMap(([name, make]) =>
    badUrls.map((url) => [`${name}=${url}`, make(url), name] as const),
  ),
  ...[
    'https://up.example/pins',
    'https://up.example/psa/pins',
    'https://up.example/psa/pins/',
    'http://127.0.0.1:9/pins',
  ].map((url) => [`PINNING_ACME_URL=${url}`, acme(url), 'PINNING_ACME_URL'] as const),
  ['a client id alone', without(mypit, 'MYPIT_SECRET_KEY', 'MYPIT_USER_ID'), 'MYPIT_'],
  ['a secret key alone', without(mypit, 'MYPIT_CLIENT_ID', 'MYPIT_USER_ID'), 'MYPIT_'],
  ['no client id', without(mypit, 'MYPIT_CLIENT_ID'), 'MYPIT_CLIENT_ID'],
  ['no secret key', without(mypit, 'MYPIT_SECRET_KEY'), 'MYPIT_SECRET_KEY'],
  ['no user id', without(mypit, 'MYPIT_USER_ID'), 'MYPIT_USER_ID'],
  ['a key of the pool without its URL', { BITMINTER_API_KEY: CANARY }, 'BITMINTER_BASE_URL'],
  ['a token without a URL', { PINNING_SERVICES: 'acme', PINNING_ACME_TOKEN: CANARY }, 'PINNING_ACME_URL'],
  ['Redis without a secret', { PI_API_KEY: CANARY, REDIS_URL: 'redis://127.0.0.1:6379' }, 'HEADGATE_SECRET'],
];

describe('settings that cannot be meant', () => {
  it.each(refused)('%s', (_name, settings, about) => {
    let problems: readonly string[] = [];
    try {
      readConfig(settings);
    } catch (error) {
      problems = error instanceof ConfigError ? error.problems : ['not a ConfigError'];
    }
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) {
      expect(problem).toContain(about);
      expect(problem).not.toMatch(/c4n4ry|up\.example|\n/);
    }
  });

  it('but a URL alone is fine, and one of this machine', () => {
    for (const [name, make] of Object.entries(urlSettings)) {
      expect(() => readConfig(make('http://127.0.0.1:9/v2')), name).not.toThrow();
      expect(
        () =>
          readConfig({
            [name]: 'https://up.example/v2',
            ...(name === 'PINNING_ACME_URL' ? { PINNING_SERVICES: 'acme' } : {}),
          }),
        name,
      ).not.toThrow();
    }
  });
});

/** What the process says and how it ends. */
function run(
  settings: Settings,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [product()], {
    env: { PATH: process.env['PATH'], PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('a process with such settings', () => {
  it('ends at once with 1 and one clear line: no stack, no value', { timeout: 30_000 }, async () => {
    const cases = [`BITMINTER_BASE_URL=https://up.example/v2?key=${CANARY}`, 'no secret key'];
    const ends = await Promise.all(cases.map((name) => run(refused.find(([known]) => known === name)?.[1] ?? {})));
    ends.forEach(({ code, out, err }, index) => {
      expect([code, out], cases[index]).toEqual([1, '']);
      expect(err, cases[index]).toMatch(/^headgate: [^\n]{10,}\n$/);
      expect(err, cases[index]).not.toMatch(/c4n4ry|up\.example|Error:|\n\s+at /);
    });
  });
});
