import { schema } from '../src/graph/index.js';
import { plainAnswer } from '../test/support/askings.js';
import { CannedUpstreams, cannedSettings } from '../test/support/canned-upstreams.js';
import { createTestApp, operatorHeaders } from '../test/support/create-test-app.js';
import { grownAnswers } from '../test/support/grown-answers.js';
import { grownRequests } from '../test/support/grown-requests.js';
import { longestTurn } from '../test/support/longest-turn.js';

/**
 * Grows every argument of the graph and every field of every upstream example to its limit, and tells the longest turn of each
 * beyond the plain parse of the same bytes: `npm run soak:growth [-- <every so many> <part of the names> <from which on>]`. The longest are
 * measured several times more, and the shortest counts: what is grown costs the same each time, the collector and other
 * processes do not.
 */
const MOST_MS = 50;
const BYTES = 240_000;
const WORST = 15;
const AGAIN = 4;
const step = Number(process.argv[2] ?? 1);
const wanted = process.argv[3] ?? '';
const first = Number(process.argv[4] ?? 0);
const MANY = / (different )?members$| keys$/;
/** Whether a provider can be reached, which is not asked each time. */
const REMEMBERED = /^hello\./;

const kinds = ['request', 'answer', 'many'] as const;

interface Case {
  readonly kind: (typeof kinds)[number];
  readonly name: string;
  /** The longest turn, beyond the plain parse. */
  measure(): Promise<number>;
}
interface Finding extends Case {
  ms: number;
  times: number;
}

const upstreams = new CannedUpstreams();
let app = await createTestApp(cannedSettings, { dispatcher: upstreams });

/** So many writes with a key are remembered for one caller, and then no more are sent. */
const KEYS = 1_000;

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

/** With nothing remembered. */
async function beginAnew(): Promise<void> {
  await app.close();
  app = await createTestApp(cannedSettings, { dispatcher: upstreams });
  await send('{"query":"{ providers { name } }"}', 'user', 'application/json');
}

/** The shortest of some: a parse that a busy machine made long would hide as much of a turn. */
function parseMs(text: string): number {
  return Math.min(...[1, 2, 3].map(() => parsedIn(text)));
}

function parsedIn(text: string): number {
  const began = performance.now();
  try {
    JSON.parse(text);
  } catch {
    // What is no JSON costs as much to find out.
  }
  return performance.now() - began;
}

/** Answers that nothing asked for, so that nothing was measured. */
const neverAsked = new Set<string>();

/** Each case, with what measures it once. */
function* cases(): Generator<Case> {
  for (const { name, body } of grownRequests(schema, BYTES)) {
    const accept = name.includes('Status') ? 'text/event-stream' : 'application/json';
    yield {
      kind: 'request',
      name,
      async measure() {
        upstreams.answer = (asked) => ({ status: 200, text: plainAnswer(asked) ?? '{}' });
        const text = body();
        return (await send(text, 'user', accept)) - parseMs(text);
      },
    };
  }
  let times = 0;
  for (const { name, query, variables, answers, text, otherwise } of grownAnswers(BYTES)) {
    yield {
      kind: MANY.test(name) ? 'many' : 'answer',
      name,
      async measure() {
        const grown = text();
        let answered = REMEMBERED.test(name);
        upstreams.answer = (asked) => {
          const isGrown = answers(asked);
          answered ||= isGrown;
          return { status: 200, text: isGrown ? grown : otherwise(asked) };
        };
        times += 1;
        if (times % (KEYS / 2) === 0) await beginAnew();
        // A key that was used would be answered from its record.
        const asking = JSON.stringify({ query, variables }).replace(/"key-\d+"/, `"key-${times}"`);
        const ms = await send(asking, `user-${times}`, 'application/json');
        if (!answered) neverAsked.add(name);
        return ms - parseMs(grown);
      },
    };
  }
}

/** Measures a part of all cases, and the longest of each kind several times more. */
async function grow(): Promise<Finding[]> {
  const findings: Finding[] = [];
  let index = 0;
  for (const one of cases()) {
    if (index++ % step !== first % step || !one.name.includes(wanted)) continue;
    findings.push({ ...one, ms: await one.measure(), times: 1 });
    if (findings.length % 1_000 === 0) console.log(`${findings.length} measured`);
  }
  for (const kind of kinds) {
    for (;;) {
      const again = longest(findings, kind).filter(({ times }) => times === 1);
      if (again.length === 0) break;
      for (const finding of again) {
        for (; finding.times <= AGAIN; finding.times += 1) finding.ms = Math.min(finding.ms, await finding.measure());
      }
    }
  }
  return findings;
}

function longest(findings: readonly Finding[], wantedKind: Case['kind']): Finding[] {
  const ofKind = findings.filter(({ kind }) => kind === wantedKind);
  return ofKind.toSorted((a, b) => b.ms - a.ms).slice(0, WORST);
}

function tell(what: string, kind: Case['kind'], findings: readonly Finding[]): number {
  const count = findings.filter((one) => one.kind === kind).length;
  console.log(`\n${count} ${what}; the longest turns beyond the plain parse:`);
  for (const { name, ms } of longest(findings, kind)) console.log(`${ms.toFixed(1).padStart(8)} ms  ${name}`);
  return findings.filter((one) => one.kind === kind && one.ms > MOST_MS).length;
}

await send('{"query":"{ providers { name } }"}', 'user', 'application/json');
const findings = await grow();
const long =
  tell('requests', 'request', findings) +
  tell('answers', 'answer', findings) +
  tell('answers with 10,000 objects, each of which the query reads', 'many', findings);
console.log(`\n${long} beyond ${MOST_MS} ms; ${neverAsked.size} never asked for`);
for (const name of neverAsked) console.log(name);
await app.close();
process.exitCode = long + neverAsked.size === 0 ? 0 : 1;
