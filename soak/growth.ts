import { schema } from '../src/graph/index.js';
import { CannedUpstreams, cannedSettings } from '../test/support/canned-upstreams.js';
import { createTestApp, operatorHeaders } from '../test/support/create-test-app.js';
import { grownAnswers, plainAnswer } from '../test/support/grown-answers.js';
import { grownRequests } from '../test/support/grown-requests.js';
import { longestTurn } from '../test/support/longest-turn.js';

/**
 * Grows every argument of the graph and every field of every upstream example to its limit, and tells the longest turn of each
 * beyond the plain parse of the same bytes: `npm run soak:growth [-- <every so many>]`.
 */
const MOST_MS = 50;
const BYTES = 240_000;
const WORST = 15;
const step = Number(process.argv[2] ?? 1);
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
    if (index++ % step !== 0) continue;
    const text = body();
    const ms = await send(text, 'user', name.includes('Status') ? 'text/event-stream' : 'application/json');
    requests.push({ name, ms: ms - parseMs(text) });
  }
  for (const { name, query, variables, answers: isFor, text } of grownAnswers(BYTES)) {
    if (index++ % step !== 0) continue;
    const grown = text();
    upstreams.answer = (asked) => ({ status: 200, text: isFor(asked) ? grown : (plainAnswer(asked) ?? '{}') });
    const ms = await send(JSON.stringify({ query, variables }), `user-${index}`, 'application/json');
    answers.push({ name, ms: ms - parseMs(grown) });
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
