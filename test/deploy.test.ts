import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createMetrics } from '../src/observability/metrics.js';

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

describe('deploy/', () => {
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
    const compose = parseAllDocuments(read('deploy/compose.yaml'))[0]?.toJS() as {
      readonly services: Record<string, { readonly command?: readonly string[]; readonly stop_grace_period?: string }>;
    };
    expect(compose.services['redis']?.command?.join(' ')).toContain('--maxmemory-policy noeviction --appendonly yes');
    expect(compose.services['headgate']?.stop_grace_period).toBe('25s');
  });

  it('lists each of its files in its README', () => {
    const readme = read('deploy/README.md');
    const unnamed = files.filter(
      (file) => file !== 'README.md' && !file.startsWith('kubernetes/') && !readme.includes(`](${file})`),
    );
    expect(unnamed).toEqual([]);
  });
});
