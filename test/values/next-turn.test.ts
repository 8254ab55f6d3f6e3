import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextTurn } from '../../src/values/next-turn.js';
import { takeSteps } from '../../src/values/steps.js';
import { turnsOf } from '../support/turns.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the next turn', () => {
  afterEach(() => void vi.useRealTimers());

  it('is for one of all who wait, in the order of their coming', async () => {
    const went: string[] = [];
    for (const name of ['first', 'second', 'third']) void nextTurn().then(() => went.push(name));
    const seen: string[][] = [];
    for (let index = 0; index < 4; index += 1) {
      await turn();
      seen.push([...went]);
    }
    expect(seen.at(-1)).toEqual(['first', 'second', 'third']);
    expect(seen.map(({ length }) => length)).toEqual([1, 2, 3, 3]);
  });

  it('comes when a test holds the clock', async () => {
    vi.useFakeTimers();
    await nextTurn();
  });
});

describe('work in steps', () => {
  it('is done at once when it is never cut', () => {
    expect(takeSteps(cut(0), nextTurn)).toBe('done');
  });

  it('has a turn for each part', async () => {
    const turns = await turnsOf(async () => expect(await takeSteps(cut(5), nextTurn)).toBe('done'));
    expect(turns).toBe(5);
  });

  it('throws at once, or rejects when it was cut before', async () => {
    expect(() => takeSteps(failing(0), nextTurn)).toThrow('broken');
    await expect(takeSteps(failing(1), nextTurn)).rejects.toThrow('broken');
  });
});

function* cut(times: number): Generator<void, string, void> {
  for (let index = 0; index < times; index += 1) yield;
  return 'done';
}

function* failing(times: number): Generator<void, never, void> {
  yield* cut(times);
  throw new Error('broken');
}
