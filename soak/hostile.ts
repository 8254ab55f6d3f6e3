import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import type { GraphAnswer } from '../test/support/create-test-app.js';
import { changes, readEverything, readMore, readVariables } from '../test/trust/every-operation.js';
import { hostileCases } from '../test/trust/hostile-cases.js';
import { sendRaw, uncoded } from '../test/trust/raw-answers.js';
import { ask } from '../bench/dialogue.js';
import type { InsideReport } from './hostile-inside.js';
import { allHostileAnswers, startHostileUpstream, tame } from './hostile-upstream.js';
import { start } from '../bench/processes.js';
import { productArgs, productFile } from '../bench/servers.js';

/**
 * What hostile requests and hostile upstreams do to a gateway that has a process of its own: `npm run soak:hostile -- [--verbose]`.
 * Each is sent alone, so that a block can be told from the next one; the figures are those of the second round.
 */
const verbose = process.argv.includes('--verbose');
const SERVER_CORE = 0;
const KEY = 'test-operator-key';
const SCOPES =
  'pi:read+pi:approve+pi:complete+pi:cancel+pi:payout+mypit:read+mypit:pii+mypit:write+mypit:delete+mypit:issue+pin:read+pin:write+bm:read+schema:read';
/** Requests whose rest never comes: they wait for it until the clock cuts them. */
const unfinished: ReadonlySet<string> = new Set(['request line: tls hello', 'encoding: huge chunk']);

const MOST_MS = 2_000;
const MOST_BLOCK_MS = 100;
const MOST_GROWTH_MB = 50;

const upstream = await startHostileUpstream();
const elsewhere = await startHostileUpstream();
const gateway = await start({
  core: SERVER_CORE,
  file: productFile,
  nodeArgs: [...productArgs, '--expose-gc', '--import', new URL('./hostile-inside.js', import.meta.url).pathname],
  env: {
    PORT: '0',
    NODE_ENV: 'production',
    GATEWAY_KEYS: `bench:${createHash('sha256').update(KEY).digest('hex')}:${SCOPES}`,
    PI_BASE_URL: `${upstream.url}/v2`,
    PI_API_KEY: 'key',
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: upstream.url,
    PINNING_ACME_TOKEN: 'token',
    MYPIT_BASE_URL: upstream.url,
    MYPIT_CLIENT_ID: 'client',
    MYPIT_SECRET_KEY: 'secret',
    MYPIT_USER_ID: 'user',
    MYPIT_ISSUER_DID: 'did:web:server',
    BITMINTER_BASE_URL: upstream.url,
    BITMINTER_API_KEY: 'miner',
    PAYOUT_MAX_PER_CALL: '10',
    PAYOUT_MAX_PER_DAY: '1000000',
    BREAKER_MIN_REQUESTS: '1000000',
    // Short, so that silence and drips do not make the bench as long as they are.
    UPSTREAM_TIMEOUT_MS: '500',
    WRITE_TIMEOUT_MS: '500',
    OPERATION_TIMEOUT_MS: '1500',
    READBACK_DELAY_MS: '1',
    POOL_CACHE_TTL_MS: '0',
    ME_CACHE_TTL_MS: '0',
    ME_NEGATIVE_TTL_MS: '0',
  },
});
let exits = 0;
gateway.child.once('exit', () => (exits += 1));
const port = Number(new URL(gateway.url).port);
const inside = (collect = false): Promise<InsideReport> => ask<InsideReport>(gateway.child, { collect });

interface Finding extends Pick<InsideReport, 'blockMs' | 'cpuMs'> {
  readonly name: string;
  readonly ms: number;
  readonly faults: readonly string[];
}

async function observe(
  name: string,
  act: () => Promise<{ readonly ms: number; readonly faults: readonly string[] }>,
): Promise<Finding> {
  await inside();
  const { ms, faults } = await act();
  const { blockMs, cpuMs } = await inside();
  return { name, ms, faults, blockMs, cpuMs };
}

async function requests(): Promise<readonly Finding[]> {
  upstream.answer = tame;
  const findings: Finding[] = [];
  for (const { name, bytes } of hostileCases) {
    findings.push(
      await observe(name, async () => {
        const answer = await sendRaw(port, bytes, unfinished.has(name) ? 200 : 5_000);
        const faults = answer.body.startsWith('{') ? uncoded(JSON.parse(answer.body) as GraphAnswer<unknown>) : [];
        return {
          ms: unfinished.has(name) ? 0 : answer.ms,
          faults: answer.status >= 500 ? [...faults, `answered with ${answer.status}`] : faults,
        };
      }),
    );
  }
  return findings;
}

const headers = {
  'content-type': 'application/json',
  accept: 'application/json',
  'x-gateway-key': KEY,
  authorization: 'Bearer token-of-a-user',
};

async function operation(
  query: string,
  variables: object,
): Promise<{ readonly ms: number; readonly faults: readonly string[] }> {
  const asked = performance.now();
  const answer = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query, variables }),
  });
  return { faults: uncoded((await answer.json()) as GraphAnswer<unknown>), ms: performance.now() - asked };
}

/** After these the gateway asks nothing for up to a minute, as it should. */
const silencing: ReadonlySet<string> = new Set(['too many requests', 'odd waits', 'negative waits']);

async function answers(last: boolean): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const kinds = Object.entries(allHostileAnswers(elsewhere.url));
  for (const [name, answer] of [
    ...kinds.filter(([kind]) => !silencing.has(kind)),
    ...kinds.filter(([kind]) => last && silencing.has(kind)),
  ]) {
    upstream.answer = answer;
    const before = upstream.asked;
    findings.push(
      await observe(name, async () => {
        const operations = [
          [readEverything, readVariables],
          [readMore, {}],
          ...changes.map(({ query, variables }) => [query, variables()] as const),
        ] as const;
        const all = await Promise.all(operations.map(([query, variables]) => operation(query, variables)));
        const unasked =
          silencing.has(name) || upstream.asked - before >= operations.length ? [] : ['the upstream was hardly asked'];
        return {
          ms: Math.max(...all.map(({ ms }) => ms)),
          faults: [...all.flatMap(({ faults }) => faults), ...unasked],
        };
      }),
    );
  }
  return findings;
}

/** One field each: what a single answer does, apart from what many do together. */
const fields = [
  '{ pins(first: 50) { nodes { cid } } }',
  '{ pin(requestId: "one") { cid } }',
  '{ issuedBadges(first: 50) { nodes { badgeId } } }',
  '{ badgeTemplate(templateId: "one") { name } }',
  '{ poolStats { activeWorkers } }',
  '{ payment(paymentId: "one") { memo } }',
];
const LABORIOUS = /^8 MB|headers|flood|bomb/;

async function singleAnswers(): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, answer] of Object.entries(allHostileAnswers(elsewhere.url)).filter(([kind]) =>
    LABORIOUS.test(kind),
  )) {
    upstream.answer = answer;
    for (const field of fields) {
      findings.push(
        await observe(`${name}, ${/\w+/.exec(field)?.[0] ?? ''}`, async () => {
          const before = upstream.asked;
          const { ms, faults } = await operation(field, {});
          return { ms, faults: upstream.asked > before ? faults : [...faults, 'the upstream was not asked'] };
        }),
      );
    }
  }
  return findings;
}

let broken = 0;
async function part(
  title: string,
  least: number,
  run: (last: boolean) => Promise<readonly Finding[]>,
): Promise<string> {
  const cold = await run(false);
  const before = (await inside(true)).rssMb;
  const found = await run(true);
  const growth = (await inside(true)).rssMb - before;
  const { uncaught } = await inside();
  const worst = (key: 'ms' | 'blockMs' | 'cpuMs', of = found): Finding =>
    of.toSorted((a, b) => b[key] - a[key])[0] as Finding;
  const show = (key: 'ms' | 'blockMs' | 'cpuMs', of = found): string =>
    `${worst(key, of)[key].toFixed(0)} ms (${worst(key, of).name})`;
  const faults = found.flatMap(({ name, faults: all }) => all.map((fault) => `${name}: ${fault}`));
  if (verbose)
    for (const { name, ms, blockMs, cpuMs } of found.toSorted((a, b) => b.cpuMs - a.cpuMs).slice(0, 30))
      process.stdout.write(
        `  ${blockMs.toFixed(0)} ms block, ${cpuMs.toFixed(0)} ms processor, ${ms.toFixed(0)} ms: ${name}\n`,
      );
  const rows: readonly (readonly [string, string, boolean?])[] = [
    ['kinds', String(found.length), found.length >= least],
    ['slowest answer', show('ms'), worst('ms').ms <= MOST_MS],
    ['longest block of the event loop', show('blockMs'), worst('blockMs').blockMs <= MOST_BLOCK_MS],
    ['the same in the first round, nothing compiled yet', show('blockMs', cold)],
    ['most processor time', show('cpuMs')],
    ['kinds that block for more than 50 ms', String(found.filter(({ blockMs }) => blockMs > 50).length)],
    ['growth of the memory', `${growth.toFixed(0)} MB`, growth <= MOST_GROWTH_MB],
    [
      'exits; errors that nobody caught; errors without a code',
      `${exits}; ${uncaught}; ${faults.length}${faults[0] === undefined ? '' : ` (${faults[0].slice(0, 200)})`}`,
      exits + uncaught + faults.length === 0,
    ],
  ];
  broken += rows.filter(([, , holds]) => holds === false).length;
  const text =
    `\n## ${title}\n\n| | found | holds ` +
    `|\n|---|---|---|\n${rows.map(([what, value, holds]) => `| ${what} | ${value} | ${holds === undefined ? '' : holds ? 'yes' : 'NO'} |\n`).join('')}`;
  process.stdout.write(text);
  return text;
}

const text = [
  '# Hostile requests and hostile upstreams\n\nMeasured by `npm run soak:hostile`, ' +
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}: the built gateway in ` +
    'production mode, in a process of its own on one core, with a probe of its event loop inside. Each ' +
    "kind is sent alone; an upstream's answer meets two large queries and one of each mutation at once.\n",
  await part('Requests', 200, requests),
  // First, for some of the others are asked to stay away for a minute.
  await part('The most laborious answers, one field at a time', 50, singleAnswers),
  await part('Answers of upstreams, dozens at once', 50, answers),
  `\nLoad average at the end: ${(loadavg()[0] ?? 0).toFixed(1)}; what others do on the core counts as a block here.\n`,
].join('');
if (!verbose) writeFileSync('soak/HOSTILE.md', text);
gateway.child.removeAllListeners('exit');
await gateway.stop();
await Promise.all([upstream.close(), elsewhere.close()]);
process.exitCode = broken === 0 ? 0 : 1;
