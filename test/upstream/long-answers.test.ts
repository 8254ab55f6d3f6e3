import { afterEach, describe, expect, it, vi } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import type { Answer, Call } from '../../src/upstream/http.js';
import { LongAnswers, type Wish } from '../../src/upstream/long-answers.js';
import { fakeUpstream } from '../support/fake-upstream.js';
import { wireAnswer } from '../../src/upstream/wire-answers.js';
import { cleanup, failure, harness, otherRead, scope, write, type Harness } from './support.js';

const open = cleanup();
afterEach(async () => {
  vi.useRealTimers();
  await open.run();
});

const LONG = 'x'.repeat(131_073);
const SHORT = 'x'.repeat(131_072);

/** Understands as many answers as it is let, and keeps whoever is at it. */
class Desk {
  readonly begun: string[] = [];
  at = 0;
  most = 0;
  readonly #ends: (() => void)[] = [];

  /** A call of this name that is read until the desk ends it. */
  call(name: string, kind: (changes: Partial<Call<string>>) => Call<string> = otherRead): Call<string> {
    return kind({ accept: (answer) => this.#read(name, answer) });
  }

  /** Ends the reading that began first. */
  end(): void {
    this.#ends.shift()?.();
  }

  async #read(name: string, answer: Answer): Promise<string> {
    this.begun.push(name);
    this.most = Math.max(this.most, (this.at += 1));
    try {
      let over = false;
      this.#ends.push(() => (over = true));
      while (!over) await answer.turn();
      return name;
    } finally {
      this.at -= 1;
    }
  }
}

async function upstream(changes: Parameters<typeof harness>[1] = {}, body = LONG): Promise<Harness> {
  const server = open.add(await fakeUpstream(() => ({ body })));
  return open.add(harness(server.url, { upstreamTimeoutMs: 60_000, ...changes }));
}
const until = (fact: () => boolean): Promise<true> => vi.waitUntil(fact, { timeout: 10_000 });
const soon = scope({ deadline: monotonicNow() + 60_000 });
const inFlight = ({ http }: Harness): number => http.load().reduce((sum, each) => sum + each.inFlight, 0);

describe('long answers of one class of calls', () => {
  it('are read two at a time', async () => {
    const one = await upstream();
    const desk = new Desk();
    const names = ['1', '2', '3', '4', '5'];
    const calls = names.map((name) => one.client.call(desk.call(name), soon));
    for (let begun = 2; begun <= names.length; begun += 1) {
      await until(() => desk.begun.length === begun);
      expect(inFlight(one)).toBe(names.length - begun + 2);
      desk.end();
    }
    desk.end();
    expect(await Promise.all(calls)).toEqual(names);
    expect(desk.most).toBe(2);
  });

  it('do not keep those of another class, nor short ones', async () => {
    const { client } = await upstream();
    const desk = new Desk();
    const server = ['1', '2', '3'].map((name) => client.call(desk.call(name), soon));
    await until(() => desk.begun.length === 2);
    const caller = client.call(desk.call('caller'), { ...soon, credential: 'caller' });
    const identity = client.call({ ...desk.call('identity'), asksWho: true }, soon);
    await until(() => desk.begun.includes('caller') && desk.begun.includes('identity'));
    expect(desk.at).toBe(4);
    const short = await upstream({}, SHORT);
    expect(await short.client.call(otherRead(), soon)).toBe(SHORT);
    for (let index = 0; index < 4; index += 1) desk.end();
    await until(() => desk.begun.length === 5);
    desk.end();
    await Promise.all([...server, caller, identity]);
  });
});

describe('a long answer that nobody wants any more', () => {
  it('is read no further when its client leaves, nor when it waits in line, and leaves its slot', async () => {
    const one = await upstream();
    const desk = new Desk();
    const leaving = new AbortController();
    const calls = ['1', '2', '3', '4'].map((name) =>
      one.client.call(desk.call(name), { ...soon, signal: leaving.signal }),
    );
    const ends = Promise.allSettled(calls);
    await until(() => desk.begun.length === 2);
    leaving.abort(new Error('left'));
    expect((await ends).map((end) => end.status === 'rejected' && String(end.reason))).toEqual(
      Array(4).fill('Error: left'),
    );
    expect({ begun: desk.begun.length, at: desk.at, inFlight: inFlight(one) }).toEqual({
      begun: 2,
      at: 0,
      inFlight: 0,
    });
    expect(one.facts.map(({ kind, attempts }) => [kind, attempts])).toEqual(Array(4).fill(['aborted', 1]));
    const next = one.client.call(desk.call('next'), soon);
    await until(() => desk.begun.includes('next'));
    desk.end();
    desk.end();
    desk.end();
    expect(await next).toBe('next');
  });

  it.each([
    ['the deadline', {}, 1_500],
    ['the time of an attempt', { upstreamTimeoutMs: 1_500 }, 60_000],
  ])('is read no further, nor asked for again, when %s has passed', async (_what, changes, left) => {
    const one = await upstream(changes);
    const desk = new Desk();
    const calls = ['1', '2', '3'].map((name) =>
      failure(one.client.call({ ...desk.call(name), retries: 2 }, scope({ deadline: monotonicNow() + left }))),
    );
    await until(() => desk.begun.length === 2);
    for (const error of await Promise.all(calls))
      expect(error).toMatchObject({ kind: 'timeout', delivery: 'unclear', detail: 'reading' });
    expect({ at: desk.at, inFlight: inFlight(one) }).toEqual({ at: 0, inFlight: 0 });
    expect(one.facts.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
    expect(one.client.state().circuit).toBe('CLOSED');
  });

  it('is read to its end when it is what became of a write', async () => {
    const one = await upstream();
    const desk = new Desk();
    const leaving = new AbortController();
    const deadline = monotonicNow() + 300;
    const late = { ...soon, deadline, signal: leaving.signal };
    const calls = ['1', '2', '3'].map((name) => one.client.call(desk.call(name, write), late));
    await until(() => desk.begun.length === 2);
    leaving.abort();
    await until(() => Date.now() > deadline + 50);
    desk.end();
    await until(() => desk.begun.length === 3);
    desk.end();
    desk.end();
    expect(await Promise.all(calls)).toHaveLength(3);
  });
});

describe('the line before the reading', () => {
  const answer: Answer = { status: 200, headers: {}, text: LONG, turn: () => Promise.resolve() };
  const wish = (changes: Partial<Wish> = {}): Wish => ({
    comer: { caller: 'ann' },
    signal: undefined,
    endsAt: Infinity,
    late: () => new Error('late'),
    ...changes,
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  /** A line with two readers at work, which end when told. */
  function busy() {
    const line = new LongAnswers();
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const read = (name: string, effect: 'read' | 'write' = 'read', changes: Partial<Wish> = {}): Promise<unknown> =>
      line.inTurn(effect, answer, wish(changes), () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.push(resolve));
      });
    void read('a');
    void read('b');
    return { read, begun, end: () => ends.shift()?.() };
  }

  it('is first come, first served', async () => {
    const { read, begun, end } = busy();
    for (const name of ['c', 'd', 'e']) void read(name);
    for (let index = 0; index < 3; index += 1) {
      await settled();
      expect(begun).toEqual(['a', 'b', 'c', 'd'].slice(0, index + 2));
      end();
    }
    await until(() => begun.length === 5);
    expect(begun.at(-1)).toBe('e');
  });

  it('lets answers to writes go first', async () => {
    const { read, begun, end } = busy();
    void read('read');
    void read('write', 'write');
    void read('other write', 'write');
    for (let index = 0; index < 3; index += 1) {
      await settled();
      end();
    }
    await until(() => begun.length === 5);
    expect(begun).toEqual(['a', 'b', 'write', 'other write', 'read']);
  });

  it('takes the callers in turn, however many wait for one of them', async () => {
    const { read, begun, end } = busy();
    const of = (caller: string): Partial<Wish> => ({ comer: { caller, byStranger: true } });
    for (const name of ['ann 1', 'ann 2', 'ann 3', 'ann 4']) void read(name, 'read', of('ann'));
    void read('ben 1', 'read', of('ben'));
    void read('cem 1', 'read', of('cem'));
    void read('ben 2', 'read', of('ben'));
    for (let index = 0; index < 7; index += 1) {
      await settled();
      end();
    }
    await until(() => begun.length === 9);
    expect(begun.slice(2)).toEqual(['ann 1', 'ben 1', 'cem 1', 'ann 2', 'ben 2', 'ann 3', 'ann 4']);
  });

  it('lets what operators read go before what others do', async () => {
    const { read, begun, end } = busy();
    for (const name of ['one', 'other']) void read(name, 'read', { comer: { caller: name, byStranger: true } });
    void read('operator');
    for (let index = 0; index < 3; index += 1) {
      await settled();
      end();
    }
    await until(() => begun.length === 5);
    expect(begun.slice(2)).toEqual(['operator', 'one', 'other']);
  });

  it('is left at the deadline, without a turn of the clock before or after it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const { read, begun } = busy();
    const now = performance.timeOrigin + performance.now();
    let ended: unknown;
    read('c', 'read', { endsAt: now + 8_000 }).catch((thrown: unknown) => (ended = thrown));
    await vi.advanceTimersByTimeAsync(7_990);
    expect(ended).toBeUndefined();
    await vi.advanceTimersByTimeAsync(20);
    expect(ended).toMatchObject({ message: 'late' });
    await settled();
    expect(begun).toEqual(['a', 'b']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is left at once when the client leaves, and no timer stays behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const { read, begun, end } = busy();
    await settled();
    const endsAt = performance.timeOrigin + performance.now() + 8_000;
    const leaving = new AbortController();
    const ends: unknown[] = [];
    read('c', 'read', { endsAt, signal: leaving.signal }).catch((thrown: unknown) => ends.push(thrown));
    void read('d', 'read', { endsAt });
    expect(vi.getTimerCount()).toBe(2);
    leaving.abort('left');
    await settled();
    expect(ends).toEqual(['left']);
    end();
    await settled();
    expect(begun).toEqual(['a', 'b', 'd']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not for what nobody wants when it comes', async () => {
    const { read } = busy();
    await expect(read('c', 'read', { signal: AbortSignal.abort('left') })).rejects.toBe('left');
    await expect(read('d', 'read', { endsAt: 0 })).rejects.toThrow('late');
  });
});

describe('an answer that waits to be read', () => {
  it('stays bytes, outside the heap, until somebody asks for its text', () => {
    const body = Buffer.alloc(131_072 * 3 + 1, 'x');
    const answer = wireAnswer(200, {}, body);
    expect(answer.long).toBe(true);
    body.fill('y');
    const { text } = answer;
    expect(text).toBe('y'.repeat(body.length));
    body.fill('z');
    expect(answer.text).toBe(text);
  });

  it('is long by its characters', () => {
    const long = (text: string): boolean => wireAnswer(200, {}, Buffer.from(text)).long;
    expect([long('€'.repeat(131_072)), long('€'.repeat(131_073)), long(SHORT), long(LONG)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(wireAnswer(200, {}, undefined)).toMatchObject({ long: false, text: '' });
  });
});
