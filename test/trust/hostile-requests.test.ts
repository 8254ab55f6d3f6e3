import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import { closeAfterAll } from '../support/graph-pins.js';
import { longestTurn } from '../support/longest-turn.js';
import { hostileCases, type HostileCase } from './hostile-cases.js';
import { sendRaw, startWorld, uncoded, type Gateway, type RawAnswer } from './support.js';

closeAfterAll();

let gateway: Gateway;
let answers: { readonly one: HostileCase; readonly answer: RawAnswer }[];
let longestBlockMs = 0;
let growthMb = 0;

const AT_ONCE = 8;
/** Both sides run in this process, so a block is the sum of them. */
const MOST_BLOCK_MS = 400;
/** Requests whose rest never comes: they wait for it until the clock cuts them (see ports.test.ts). */
const unfinished: ReadonlySet<string> = new Set(['request line: tls hello', 'encoding: huge chunk']);

beforeAll(async () => {
  gateway = await startWorld({ LOG_LEVEL: 'info' });
  // Once to warm up: growth and pauses are those of a process that has seen it all.
  await sendAll();
  const before = heldMb();
  longestBlockMs = Infinity;
  // The shortest of some tries: a large collection, or all else of this process, may fall into one of them.
  for (let tries = 0; tries < 3 && longestBlockMs >= MOST_BLOCK_MS; tries += 1)
    longestBlockMs = Math.min(longestBlockMs, (await longestTurn(sendAll)).ms);
  growthMb = heldMb() - before;
});

/** Memory that is in use, garbage left out. */
function heldMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

async function sendAll(): Promise<void> {
  const waiting = [...hostileCases];
  answers = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let one = waiting.shift(); one; one = waiting.shift()) {
        answers.push({ one, answer: await sendRaw(gateway.port, one.bytes, unfinished.has(one.name) ? 300 : 20_000) });
      }
    }),
  );
}

describe('hostile requests', () => {
  it('are many', () => {
    expect(new Set(hostileCases.map(({ name }) => name)).size).toBe(hostileCases.length);
    expect(hostileCases.length).toBeGreaterThanOrEqual(200);
  });

  it('are all answered, or cut, within two seconds', () => {
    const late = answers.filter(({ one, answer }) => !unfinished.has(one.name) && answer.ms > 2_000);
    expect(late.map(({ one }) => one.name)).toEqual([]);
  });

  it('get coded errors only, in every answer with a body', () => {
    const faults = answers.flatMap(({ one, answer }) => {
      if (
        answer.body === '' ||
        answer.body.startsWith('<!doctype') ||
        answer.text.includes('content-type: text/event-stream')
      )
        return [];
      try {
        const body = JSON.parse(answer.body) as GraphAnswer<unknown>;
        return [...uncoded(body), ...(answer.status >= 400 && !body.errors ? ['an error without errors'] : [])].map(
          (fault) => `${one.name} ${answer.status}: ${fault}`,
        );
      } catch {
        return [`${one.name}: not JSON: ${answer.body.slice(0, 200)}`];
      }
    });
    expect(faults).toEqual([]);
  });

  it('meet no fault of ours', () => {
    expect(
      answers.filter(({ answer }) => answer.status >= 500).map(({ one, answer }) => `${one.name}: ${answer.status}`),
    ).toEqual([]);
    expect(gateway.log.filter((line) => /"level":"error"/.test(line))).toEqual([]);
  });

  it('are not quoted by a JSON parser', () => {
    expect(
      answers
        .filter(({ answer }) => /originalError|JSON at position|Unexpected token/.test(answer.body))
        .map(({ one }) => one.name),
    ).toEqual([]);
  });

  it('write nothing into answers that they did not send as text', () => {
    expect(answers.filter(({ answer }) => /\r\nset-cookie/i.test(answer.text)).map(({ one }) => one.name)).toEqual([]);
  });

  it('block nobody else and leave nothing behind', async () => {
    console.info(
      `hostile requests: ${answers.length}, longest block ${longestBlockMs.toFixed(0)} ms, growth ${growthMb.toFixed(0)} MB`,
    );
    expect(longestBlockMs).toBeLessThan(MOST_BLOCK_MS);
    expect(growthMb).toBeLessThan(50);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(await gateway.ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  });
});
