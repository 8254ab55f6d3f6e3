import { schema } from '../src/graph/index.js';
import { CannedUpstreams, cannedSettings } from '../test/support/canned-upstreams.js';
import { createTestApp, operatorHeaders } from '../test/support/create-test-app.js';
import { grownAnswers, plainAnswer } from '../test/support/grown-answers.js';
import { grownRequests } from '../test/support/grown-requests.js';
import { longestTurn } from '../test/support/longest-turn.js';

/**
 * Grows every argument of the graph and every field of every upstream example to its limit, and tells the longest turn of each
 * beyond the plain parse of the same bytes: `npm run soak:growth [-- <every so many> <part of the names>]`. A turn that is too long is
 * measured twice more, and the shortest counts: what is grown costs the same each time, the collector and other processes do not.
 */
const MOST_MS = 50;
const BYTES = 240_000;
const WORST = 15;
const AGAIN = 2;
const step = Number(process.argv[2] ?? 1);
const wanted = process.argv[3] ?? '';
const MANY = / (different )?members$| keys$/;

interface Finding {
  readonly name: string;
  readonly ms: number;
}

const upstreams = new CannedUpstreams();
const app = await createTestApp(cannedSettings, { dispatcher: upstreams });

async function send(body: string, token: string, accept: string): Promise<number> {
  const request = new Request('http://gateway.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...operatorHeaders, authorization: `Bearer ${token}` },
    body,
  });
  const { ms } = await longestTurn(async () => {
    const { body: answer } = await app.app.fetch(request);
    const reader = answer?.getReader();
    await reader?.read();
    await reader?.cancel();
  });
  return ms;
}

async function least(measure: () => Promise<number>): Promise<number> {
  let ms = await measure();
  for (let again = 0; again < AGAIN && ms > MOST_MS; again += 1) ms = Math.min(ms, await measure());
  return ms;
}

function parseMs(text: string): number {
  const began = performance.now();
  try {
    JSON.parse(text);
  } catch {
    // What is no JSON costs as much to find out.
  }
  return performance.now() - began;
}

async function grow(): Promise<{ readonly requests: Finding[]; readonly answers: Finding[] }> {
  const requests: Finding[] = [];
  const answers: Finding[] = [];
  let index = 0;
  upstreams.answer = (asked) => ({ status: 200, text: plainAnswer(asked) ?? '{}' });
  for (const { name, body } of grownRequests(schema, BYTES)) {
    if (index++ % step !== 0 || !name.includes(wanted)) continue;
    const text = body();
    const accept = name.includes('Status') ? 'text/event-stream' : 'application/json';
    const ms = await least(async () => (await send(text, 'user', accept)) - parseMs(text));
    requests.push({ name, ms });
  }
  for (const { name, query, variables, answers: isFor, text } of grownAnswers(BYTES)) {
    if (index++ % step !== 0 || !name.includes(wanted)) continue;
    const grown = text();
    upstreams.answer = (asked) => ({ status: 200, text: isFor(asked) ? grown : (plainAnswer(asked) ?? '{}') });
    let times = 0;
    const ms = await least(async () => {
      times += 1;
      // A key that was used would be answered from its record.
      const body = JSON.stringify({ query, variables }).replace(/"key-\d+"/, `"key-${index}-${times}"`);
      return (await send(body, `user-${index}-${times}`, 'application/json')) - parseMs(grown);
    });
    answers.push({ name, ms });
  }
  return { requests, answers };
}

function tell(what: string, findings: readonly Finding[]): number {
  const sorted = findings.toSorted((a, b) => b.ms - a.ms);
  console.log(`\n${findings.length} ${what}; the longest turns beyond the plain parse:`);
  for (const { name, ms } of sorted.slice(0, WORST)) console.log(`${ms.toFixed(1).padStart(8)} ms  ${name}`);
  return sorted.filter(({ name, ms }) => ms > MOST_MS && !MANY.test(name)).length;
}

await send('{"query":"{ providers { name } }"}', 'user', 'application/json');
const { requests, answers } = await grow();
const single = answers.filter(({ name }) => !MANY.test(name));
const long = tell('requests', requests) + tell('answers', single);
tell(
  'answers with 10,000 objects, each of which the query reads',
  answers.filter(({ name }) => MANY.test(name)),
);
console.log(`\n${long} beyond ${MOST_MS} ms`);
await app.close();
process.exitCode = long === 0 ? 0 : 1;
