import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../src/config.js';
import { createMetrics } from '../src/observability/metrics.js';
import { defaultTimings } from '../src/server/options.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');
const files = readdirSync(`${root}/deploy`, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.\w+$|Caddyfile$/.test(file),
);
const yamlFiles = files.filter((file) => file.endsWith('.yaml'));

/** Every setting that `.env.example` explains. */
const settings = new Set([...read('.env.example').matchAll(/^#?\s*([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]));
/** Set for the proxy in compose.yaml, not for the gateway. */
const notOurs = new Set(['SITE']);

/** Its services, as far as the tests look. */
interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly command?: readonly string[];
        readonly stop_grace_period?: string;
        readonly environment?: Readonly<Record<string, string>>;
        readonly healthcheck?: { readonly test: readonly string[] };
      }
    >
  >;
}
const readCompose = () => parseAllDocuments(read('deploy/compose.yaml'))[0]?.toJS() as Compose;

/** The files `.env` that docs/deploy.md shows, with something in place of each `<…>`. */
function documentedEnv(under: string): Readonly<Record<string, string>> {
  const [, section = ''] = read('docs/deploy.md').split(`\n## ${under}`);
  const [, lines = ''] = /^```ini\n([^]*?)^```/m.exec(section) ?? [];
  const value = (text: string) =>
    text.replace(/<sha256[^>]*>/, 'a'.repeat(64)).replace(/<[^>]*>/, '0123456789abcdef'.repeat(2));
  return Object.fromEntries(
    [...lines.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', text = '']) => [name, value(text)]),
  );
}

/** `${NAME:?what is missing}` and `${NAME:-otherwise}`, as compose fills them in from `.env`. */
function filledIn(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, sign: string, words: string) => {
    if (env[name]) return env[name];
    if (sign === '?') throw new Error(`${name}: ${words}`);
    return words;
  });
}

function composeSettings(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = Object.entries(readCompose().services['headgate']?.environment ?? {});
  return { ...env, ...Object.fromEntries(own.map(([name, text]) => [name, filledIn(text, env)])) };
}

describe('deploy/', () => {
  it('and its page say how often the gateway pings', () => {
    const pages = [...files.map((file) => `deploy/${file}`), 'docs/deploy.md'];
    const said = pages.flatMap((page) =>
      [...read(page).matchAll(/pings? every (\d+) s/g)].map(([, seconds]) => seconds),
    );
    expect(said.length).toBeGreaterThan(3);
    expect(new Set(said)).toEqual(new Set([String(defaultTimings.ssePingMs / 1_000)]));
  });

  it('names only metrics that exist', async () => {
    const metrics = createMetrics({
      upstreams: () => [],
      polling: () => ({ watched: 0, subscribers: 0 }),
      streams: () => 0,
      operations: () => ({ inFlight: 0, waiting: 0, refused: 0 }),
    });
    const { body } = await metrics.read();
    const known = new Set([...body.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
    const named = ['deploy/prometheus/rules.yaml', 'deploy/grafana/headgate.json'].flatMap((file) =>
      [...read(file).matchAll(/\b(?:headgate|nodejs|process)_[a-z0-9_]+/g)].map(([name]) =>
        name.replace(/_bucket$/, ''),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(yamlFiles)('%s is sound YAML', (file) => {
    const documents = parseAllDocuments(read(`deploy/${file}`));
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  });

  it('sets only settings that exist', () => {
    const named = [
      'deploy/compose.yaml',
      'deploy/kubernetes/headgate.yaml',
      'deploy/kubernetes/secret.example.yaml',
    ].flatMap((file) => [...read(file).matchAll(/^ +([A-Z][A-Z0-9_]{3,}): /gm)].map((match) => match[1] ?? ''));
    expect(named).toContain('HEADGATE_SECRET');
    expect(named.filter((name) => !settings.has(name) && !notOurs.has(name))).toEqual([]);
  });

  it('gives Redis the policy that payouts need, and the gateway time to end', () => {
    const compose = readCompose();
    expect(compose.services['redis']?.command?.join(' ')).toContain('--maxmemory-policy noeviction --appendonly yes');
    expect(compose.services['headgate']?.stop_grace_period).toBe('25s');
  });

  it('starts with the least that the page on deploying lists', () => {
    const one = readConfig(documentedEnv('One instance'));
    expect(one).toMatchObject({ production: true, sandboxed: null });
    expect(one.operatorKeys).toHaveLength(1);
    const composed = readConfig(composeSettings({ ...documentedEnv('Compose'), SITE: 'graph.example.org' }));
    expect(composed).toMatchObject({ production: true, redisUrl: 'redis://redis:6379', trustProxy: 1 });
    expect(composed.operatorKeys).toHaveLength(1);
  });

  it('says in compose how to make the secret that is missing', () => {
    const { HEADGATE_SECRET: _, ...without } = documentedEnv('Compose');
    expect(() => composeSettings(without)).toThrow('HEADGATE_SECRET: make one: openssl rand -hex 32, put it in .env');
  });

  it('asks in compose where liveness is answered', () => {
    const { environment, healthcheck } = readCompose().services['headgate'] ?? {};
    expect(healthcheck?.test.join(' ')).toContain(`:${environment?.['HEALTH_PORT']}/health/live`);
  });

  it('lists each of its files in its README', () => {
    const readme = read('deploy/README.md');
    const unnamed = files.filter(
      (file) => file !== 'README.md' && !file.startsWith('kubernetes/') && !readme.includes(`](${file})`),
    );
    expect(unnamed).toEqual([]);
  });
});
