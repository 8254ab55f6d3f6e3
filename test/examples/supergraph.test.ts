import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../soak/free-port.js';
import { startCountedSandbox, type CountedSandbox } from '../support/graph-operations.js';
import { createViewers } from '../../src/access/viewer.js';
import { callerCredentials } from '../../src/providers/registry.js';
import { closeAfterAll } from '../support/graph-pins.js';

closeAfterAll();

const folder = fileURLToPath(new URL('../../examples/supergraph', import.meta.url));
const installed = existsSync(`${folder}/node_modules/@graphql-hive/gateway`);
const required = process.env['HEADGATE_REQUIRE_EXAMPLES'] === '1';
const howToInstall = 'npm ci --prefix examples/supergraph';
if (!installed && !required) console.log(`The supergraph is skipped; to run it: ${howToInstall}`);

const PIN = '4e522407-85e3-80be-abbc-cc4c27d699ef';
let headgate: CountedSandbox;
let url = '';
beforeAll(async () => {
  if (!installed && !required) return;
  if (!installed) throw new Error(`HEADGATE_REQUIRE_EXAMPLES=1, but it is not installed: ${howToInstall}`);
  headgate = await startCountedSandbox({ SUBGRAPH: 'on', PORT: '0', INTROSPECTION: 'off' });
  url = `${await headgate.app.listen()}/graphql`;
});

it('the supergraph passes on every header that Headgate tells callers apart by', () => {
  const [, list = ''] =
    /const CREDENTIALS = \[([^\]]*)\]/.exec(readFileSync(`${folder}/gateway.config.js`, 'utf8')) ?? [];
  const passed = [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
  expect(passed.toSorted()).toEqual(createViewers(callerCredentials(), []).headers.toSorted());
});

describe.skipIf(!installed && !required)('a supergraph that cannot be composed', () => {
  it.each([
    ['nothing answers', 'http://127.0.0.1:9', 'Nothing answers at http://127.0.0.1:9/graphql.'],
    ['something else answers', () => url.replace('/graphql', '/health'), 'does not tell its definition: '],
  ])('says in two lines what to do where %s', async (_name, address, line) => {
    const child = spawn(process.execPath, ['start.js'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HEADGATE_URL: typeof address === 'string' ? address : address() },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(said.trim().split('\n')).toEqual([
      expect.stringContaining(line),
      expect.stringMatching(/SUBGRAPH=on.*HEADGATE_URL.*HEADGATE_KEY/),
    ]);
    expect(code).toBe(1);
  });
});

describe.skipIf(!installed && !required).each(['theguild', 'apollo'])('a supergraph composed by %s', (composer) => {
  let gateway: ChildProcess;
  let address = '';
  let said = '';

  beforeAll(async () => {
    const port = await freePort();
    address = `http://127.0.0.1:${port}/graphql`;
    gateway = spawn(process.execPath, ['start.js'], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        NODE_ENV: 'production',
        HEADGATE_URL: url,
        HEADGATE_KEY: headgate.sandbox.operatorKey,
        PORT: `${port}`,
        COMPOSER: composer,
      },
    });
    for (const stream of [gateway.stdout, gateway.stderr])
      stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await answers(address, gateway, () => said);
  }, 120_000);
  afterAll(async () => {
    const ended = new Promise((resolve) => gateway.on('exit', resolve));
    gateway.kill();
    await ended;
  });

  const post = (query: string, headers: Record<string, string>, variables: object = {}) =>
    fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });

  it('answers one query from both, joined by global ids', async () => {
    const response = await post(
      '{ notes(first: 2) { edges { node { text pin { name status notes } } } pageInfo { hasNextPage } } ' +
        'pins(first: 2) { nodes { name notes } pageInfo { hasNextPage } } }',
      { ...headgate.sandbox.headers },
    );
    const { data, errors } = (await response.json()) as { readonly data: Answer; readonly errors?: unknown };
    expect(errors).toBeUndefined();
    expect(data.notes.pageInfo).toEqual({ hasNextPage: true });
    expect(data.notes.edges.map(({ node }) => node)).toEqual([
      {
        text: 'the one that is always there',
        pin: { name: expect.any(String), status: expect.any(String), notes: ['the one that is always there'] },
      },
      { text: 'about nothing', pin: null },
    ]);
    expect(data.pins).toEqual({
      nodes: [1, 2].map(() => ({ name: expect.any(String), notes: [] })),
      pageInfo: { hasNextPage: true },
    });
  });

  it('gives nobody more than they may have', async () => {
    headgate.reset();
    const response = await post('{ notes(first: 1) { edges { node { text pin { name } } } } }', {});
    const { data, errors } = (await response.json()) as { readonly data: Answer; readonly errors: readonly Refused[] };
    expect(data.notes.edges).toEqual([{ node: { text: 'the one that is always there', pin: { name: null } } }]);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
    expect(headgate.calls).toEqual({});
  });

  it('carries a stream whose events are joined too', async () => {
    const leaving = new AbortController();
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headgate.sandbox.headers },
      body: JSON.stringify({
        query: 'subscription ($pin: ID!) { pinStatus(requestId: $pin) { name status notes } }',
        variables: { pin: PIN },
      }),
      signal: leaving.signal,
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (/^data: .*\n/m.test(text)) break;
    }
    leaving.abort();
    const event: unknown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? 'null');
    expect(event).toEqual({
      data: {
        pinStatus: { name: expect.any(String), status: expect.any(String), notes: ['the one that is always there'] },
      },
    });
  });
});

describe('the folder of the supergraph', () => {
  it('keeps what is not free software out of the product', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Packages;
    expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name.startsWith('@apollo/'))).toEqual(
      [],
    );
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('Elastic');
  });
});

interface Refused {
  readonly extensions: { readonly code: string };
}

interface Packages {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Answer {
  readonly notes: { readonly edges: readonly { readonly node: object }[]; readonly pageInfo: object };
  readonly pins: object;
}

/** Waits until it answers at all; what it said is the reason when it ended instead. */
async function answers(address: string, gateway: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    if (gateway.exitCode !== null) throw new Error(said());
    const response = await fetch(`${address}?query={__typename}`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
