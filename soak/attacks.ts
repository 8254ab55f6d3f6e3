import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { WebSocket } from 'ws';
import { start, type Started } from '../bench/processes.js';
import { productArgs, productFile } from '../bench/servers.js';
import { fakeUpstream } from '../test/support/fake-upstream.js';
import { plainAnswer } from '../test/support/askings.js';

/**
 * Does again, to the built product in production, what once stopped this gateway or got past its limits, and tells what comes of
 * it: `npm run soak:attacks [-- <part of a name>]`. test/trust/attacks.md has the figures before and after.
 */
const wanted = process.argv[2] ?? '';
const LEAK = 'sk_live_51H8xYzAbCdEf';

/** Answers as the examples of each upstream; a made-up credential is refused, and a CID that nobody takes with a secret for a code. */
const upstream = await fakeUpstream(({ method, path, headers }) => {
  if (/made-up/.test(JSON.stringify(headers))) return { status: 401, body: {} };
  if (path === '/psa/pins/leak') return { status: 400, body: { error: { reason: LEAK } } };
  return { body: plainAnswer(`${method} ${path}`) ?? '{}' };
});
const settings = {
  NODE_ENV: 'production',
  STATE_DIR: 'memory',
  PI_BASE_URL: `${upstream.url}/v2`,
  PI_API_KEY: 'server-key',
  PINNING_SERVICES: 'acme',
  PINNING_ACME_URL: `${upstream.url}/psa`,
  PINNING_ACME_TOKEN: 'token',
  BITMINTER_BASE_URL: `${upstream.url}/api`,
  GATEWAY_KEYS: `soak:${createHash('sha256').update('soak-key').digest('hex')}:pin:read`,
};

const gateway = (env: Readonly<Record<string, string>>): Promise<Started> =>
  start({ core: '0,1', file: productFile, nodeArgs: [...productArgs], env: { PORT: '0', ...env } });

type Headers = Readonly<Record<string, string>>;

async function post({ url }: Started, query: string, variables: object = {}, headers: Headers = {}) {
  const began = performance.now();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const code = /"code":"(\w+)"/.exec(text)?.[1] ?? 'answered';
  return { status: response.status, text, code, ms: performance.now() - began };
}

function counted(values: readonly (string | number)[]): string {
  const counts = new Map<string | number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${count} × ${value}`).join(', ');
}

const rssMb = ({ child }: Started): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1_024;

async function longContent(at: Started): Promise<string> {
  const query = 'query ($c: [CID!]) { pins(filter: { cids: $c }) { nodes { requestId } } }';
  const ask = () => post(at, query, { c: [`z${'2'.repeat(250_000)}`] });
  const answers = [await ask(), await ask(), await ask(), await ask(), await ask()];
  const least = Math.min(...answers.map(({ ms }) => ms));
  return `250 KB of base58 by nobody: ${least.toFixed()} ms, ${counted(answers.map(({ code }) => code))}`;
}

async function ofUsers(at: Started): Promise<string> {
  const before = upstream.requests.filter(({ method }) => method === 'POST').length;
  const codes: string[] = [];
  for (const [name, more] of [['approve'], ['complete', `, txid: "${'ab'.repeat(32)}"`], ['cancel']] as const) {
    const query = `mutation { ${name}Payment(input: { paymentId: "p1"${more ?? ''} }) { __typename } }`;
    codes.push((await post(at, query, {}, { authorization: 'Bearer a-user' })).code);
  }
  const sent = upstream.requests.filter(({ method }) => method === 'POST').length - before;
  return `a user who approves, completes, cancels with PI_USER_ACTIONS empty: ${counted(codes)}, ${sent} sent`;
}

async function compiledAnswers(at: Started): Promise<string> {
  const query = 'query Q($n: Int! = 2) { poolBlocks(first: $n) { nodes { blockId } } }';
  const statuses: number[] = [];
  for (let times = 0; times < 1_000; times += 1) statuses.push((await post(at, query)).status);
  return `one query with a default, 1,000 times: status ${counted(statuses)}`;
}

async function madeUpCalls(at: Started): Promise<string> {
  const codes: string[] = [];
  const query = '{ pin(requestId: "r1") { status } }';
  for (let i = 0; i < 1_000; i += 1)
    codes.push((await post(at, query, {}, { 'x-pinning-token': `made-up-${i}` })).code);
  const operator = await post(at, '{ pins { nodes { requestId } } }', {}, { 'x-gateway-key': 'soak-key' });
  return `1,000 calls with a made-up credential each, 60 a minute: ${counted(codes)}; an operator then: ${operator.code}`;
}

async function madeUpStreams(at: Started): Promise<string> {
  const leave = new AbortController();
  const subscribe = async (headers: Headers): Promise<string> => {
    const response = await fetch(`${at.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify({ query: 'subscription { poolStats { activeWorkers } }' }),
      signal: leave.signal,
    });
    const first = new TextDecoder().decode((await response.body?.getReader().read())?.value);
    return /"code":"(\w+)"/.exec(first)?.[1] ?? 'open';
  };
  const ends: string[] = [];
  for (let i = 0; i < 100; i += 1) ends.push(await subscribe({ 'x-bitminter-key': `made-up-${i}` }));
  const operator = await subscribe({ 'x-gateway-key': 'soak-key' });
  leave.abort();
  return `100 streams with a made-up key each, 20 a caller: ${counted(ends)}; an operator's then: ${operator}`;
}

async function sockets(at: Started): Promise<string> {
  const opened: WebSocket[] = [];
  const open = (i: number): Promise<string> =>
    new Promise((resolve) => {
      const headers = { 'x-gateway-key': `made-up-${i}` };
      const socket = new WebSocket(`${at.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
      opened.push(socket);
      socket.once('open', () => resolve('open'));
      socket.on('error', () => resolve('refused'));
    });
  const ends: string[] = [];
  for (let i = 0; i < 200; i += 1) ends.push(await open(i));
  for (const socket of opened) socket.terminate();
  return `200 web sockets of one address, 50 an address: ${counted(ends)}`;
}

async function documents(at: Started): Promise<string> {
  const before = rssMb(at);
  const body = Array.from({ length: 10 }, (_, i) => `a${i}: providers { ${'name enabled '.repeat(36)} }`).join(' ');
  for (let i = 0; i < 1_500; i += 1)
    for (let times = 0; times < 3; times += 1) await post(at, `query q${i} { ${body} }`);
  return `1,500 documents of nobody, thrice each: ${before.toFixed()} MB before, ${rssMb(at).toFixed()} MB after`;
}

async function leaking(at: Started): Promise<string> {
  const { text, code } = await post(at, '{ pin(requestId: "leak") { status } }', {}, { 'x-gateway-key': 'soak-key' });
  return `an upstream's code that is a key: ${code}, ${text.includes(LEAK) ? 'passed on' : 'left out'}`;
}

async function rebound(at: Started): Promise<string> {
  const { port } = new URL(at.url);
  const status = (path: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = httpRequest({ port, path, headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on('error', reject);
      asked.end();
    });
  const statuses = await Promise.all(['/', '/graphiql', '/desk', '/graphql?query={__typename}'].map(status));
  return `a sandbox asked as rebound.example: status ${counted(statuses)}`;
}

type Attack = readonly [env: Readonly<Record<string, string>>, attack: (at: Started) => Promise<string>];
const attacks: readonly Attack[] = [
  [settings, longContent],
  [{ ...settings, PI_USER_ACTIONS: '' }, ofUsers],
  [settings, compiledAnswers],
  [{ ...settings, RATE_LIMIT_PER_MINUTE: '60' }, madeUpCalls],
  [{ ...settings, MAX_SUBSCRIPTIONS_PER_CALLER: '20' }, madeUpStreams],
  [{ ...settings, SOCKETS_PER_ADDRESS: '50' }, sockets],
  [settings, documents],
  [settings, leaking],
  [{ STATE_DIR: 'memory' }, rebound],
];
for (const [env, attack] of attacks) {
  if (!attack.name.includes(wanted)) continue;
  const at = await gateway(env);
  console.log(await attack(at));
  await at.stop();
}
await upstream.close();
