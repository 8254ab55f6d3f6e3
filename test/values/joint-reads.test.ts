import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { JointReads } from '../../src/values/joint-reads.js';

class Own extends Error {}

const reads = new JointReads<string>((error) => error instanceof Own);
const late = () => new Error('late');
const soon = (signal?: AbortSignal) => ({ signal, deadline: monotonicNow() + 10_000 });

/** A read that ends when it is told to, and counts how often it began and was given up. */
function heldRead() {
  const asked = { begun: 0, givenUp: 0, end: (_answer: string | Error): void => {} };
  const begin = (signal: AbortSignal): Promise<string> => {
    asked.begun += 1;
    signal.addEventListener('abort', () => void (asked.givenUp += 1));
    return new Promise((resolve, reject) => {
      asked.end = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
    });
  };
  return { asked, begin };
}

it('tells all who wait the one answer, and who began', async () => {
  const { asked, begin } = heldRead();
  const all = [reads.get('a', soon(), late, begin), reads.get('a', soon(), late, begin)];
  asked.end('one');
  expect(await Promise.all(all)).toEqual([
    { answer: 'one', joined: false },
    { answer: 'one', joined: true },
  ]);
  expect(asked.begun).toBe(1);
});

it('goes on when the first one leaves or runs out of time, and is given up when the last one leaves', async () => {
  const { asked, begin } = heldRead();
  const [first, last] = [new AbortController(), new AbortController()];
  const one = reads.get('b', soon(first.signal), late, begin);
  const two = reads.get('b', { deadline: monotonicNow() }, late, begin);
  const three = reads.get('b', soon(last.signal), late, begin);
  first.abort(new Error('gone'));
  await expect(one).rejects.toThrow('gone');
  await expect(two).rejects.toThrow('late');
  expect([asked.begun, asked.givenUp]).toEqual([1, 0]);
  last.abort(new Error('gone too'));
  await expect(three).rejects.toThrow('gone too');
  expect(asked.givenUp).toBe(1);
});

it('lets the next one begin anew when the first was refused for reasons of its own', async () => {
  const { asked, begin } = heldRead();
  const one = reads.get('c', soon(), late, begin);
  const two = reads.get('c', soon(), late, begin);
  asked.end(new Own('over a limit'));
  await expect(one).rejects.toThrow('over a limit');
  await expect.poll(() => asked.begun).toBe(2);
  asked.end('anew');
  expect(await two).toEqual({ answer: 'anew', joined: false });
});

it('hangs one listener on a signal however many wait on it, now or later', async () => {
  const { signal } = new AbortController();
  for (let round = 0; round < 3; round += 1) {
    const { asked, begin } = heldRead();
    const all = Array.from({ length: 20 }, () => reads.get('d', soon(signal), late, begin));
    asked.end('fine');
    await Promise.all(all);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  }
});
