import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { AnswerRoom, type Holding } from '../../src/upstream/answer-room.js';
import type { Answer } from '../../src/upstream/http.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { cleanup, failure, harness, otherRead, scope, write } from './support.js';

const open = cleanup();
afterEach(() => open.run());

const KB = 1_024;

describe('the room for long answers', () => {
  const noRoom = new Error('no room');

  /** A room of a thousand kilobytes, and answers in it that tell when they have to go. */
  function room() {
    const bytes = new AnswerRoom(1_000 * KB);
    const gone: string[] = [];
    const add = (name: string, kilobytes: number, byStranger = true): Holding => {
      const [caller = ''] = name.split(' ');
      const holding = bytes.holding({ caller, byStranger }, () => noRoom);
      holding.keeper = { depart: (reason) => gone.push(reason === noRoom ? name : 'for another reason') };
      holding.hold(kilobytes * KB);
      return holding;
    };
    return { bytes, gone, add };
  }

  it('is taken by what has come so far, and given back', () => {
    const { bytes, add, gone } = room();
    const one = add('ann', 400);
    one.hold(600 * KB);
    const other = add('ben', 300);
    expect(bytes.bytes).toBe(900 * KB);
    one.giveBack();
    one.giveBack();
    other.hold(200 * KB);
    expect(bytes.bytes).toBe(200 * KB);
    expect(gone).toEqual([]);
  });

  it('has none for the newest of whoever holds most', () => {
    const { bytes, add, gone } = room();
    add('ben', 300);
    add('ann 1', 250);
    add('ann 2', 200);
    add('cem', 300);
    expect(gone).toEqual(['ann 2']);
    expect(bytes.bytes).toBe(850 * KB);
    add('dan', 160);
    expect(gone).toEqual(['ann 2', 'cem']);
  });

  it('has some for operators as long as others take any', () => {
    const { add, gone } = room();
    add('operator 1', 600, false);
    add('ann', 300);
    add('operator 2', 300, false);
    expect(gone).toEqual(['ann']);
    add('operator 3', 300, false);
    expect(gone).toEqual(['ann', 'operator 3']);
  });

  it('takes no notice of short answers, and lets what is being read be read', () => {
    const { bytes, add, gone } = room();
    for (let index = 0; index < 100; index += 1) add(`ann ${index}`, 128);
    expect(bytes.bytes).toBe(0);
    const read = add('ann read', 900);
    read.keeper = undefined;
    add('ben', 200);
    expect(gone).toEqual(['ben']);
    expect(bytes.bytes).toBe(900 * KB);
  });
});

describe('an upstream whose answers are long', () => {
  const LONGEST = 400 * KB;
  const text = 'x'.repeat(LONGEST);

  async function upstream(zip: boolean) {
    const body = zip ? gzipSync(text) : text;
    const headers = zip ? { 'content-encoding': 'gzip' } : {};
    const server = open.add(
      await fakeUpstream((_request, response) => {
        response.writeHead(200, headers).end(body);
        return undefined;
      }),
    );
    const one = open.add(harness(server.url, { upstreamMaxBytes: LONGEST, upstreamTimeoutMs: 60_000 }));
    const ends: (() => void)[] = [];
    /** Is read until it is let go. */
    const accept = async (answer: Answer): Promise<string> => {
      let over = false;
      ends.push(() => (over = true));
      while (!over) await answer.turn();
      return answer.text;
    };
    return { ...one, server, accept, ends };
  }
  const soon = (caller: string, byStranger = true) =>
    scope({ deadline: monotonicNow() + 60_000, caller: () => caller, byStranger });

  it.each([
    ['as they are', false],
    ['gzipped', true],
  ])(
    'has eight of the longest held at a time, %s; the others are told so, and not asked for again',
    async (_, zip) => {
      const { client, accept, ends, facts, server } = await upstream(zip);
      const calls = Array.from({ length: 30 }, (_one, index) =>
        client.call(otherRead({ accept, retries: 2 }), soon(`caller ${index}`)),
      );
      const settled = Promise.allSettled(calls);
      await vi.waitUntil(() => server.requests.length === 30 && facts.length >= 22, { timeout: 10_000 });
      const operator = client.call(otherRead({ accept }), soon('operator', false));
      for (let index = 0; index < 100 && facts.length < 31; index += 1) {
        ends.shift()?.();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await operator).toBe(text);
      const ended = await settled;
      const answered = ended.filter(({ status }) => status === 'fulfilled').length;
      expect(answered).toBeGreaterThanOrEqual(6);
      expect(answered).toBeLessThanOrEqual(8);
      for (const one of ended)
        if (one.status === 'rejected')
          expect(one.reason).toMatchObject({ kind: 'overloaded', operation: 'getThing', retryAfterMs: 1_000 });
      expect(server.requests).toHaveLength(31);
      expect(facts.map(({ attempts }) => attempts)).toEqual(Array(31).fill(1));
      expect(client.state().circuit).toBe('CLOSED');
      // All of it is there again.
      const next = client.call(otherRead(), soon('caller'));
      expect(await next).toBe(text);
    },
    30_000,
  );

  it('has room for each answer to a write', async () => {
    const { client, accept, ends, server } = await upstream(false);
    const calls = Array.from({ length: 15 }, () => client.call(write({ accept }), soon('ann')));
    await vi.waitUntil(() => server.requests.length === 15 && ends.length === 2, { timeout: 10_000 });
    let over = false;
    const ending = (async () => {
      while (!over) {
        ends.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    expect(await Promise.all(calls)).toEqual(Array(15).fill(text));
    over = true;
    await ending;
    expect(await failure(client.call(otherRead({ accept }), scope({ deadline: monotonicNow() + 300 })))).toMatchObject({
      kind: 'timeout',
    });
  });
});
