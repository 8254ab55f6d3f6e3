import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson, understandJson } from '../../src/providers/pinning/json.js';
import type { Reading } from '../../src/providers/pinning/wire.js';
import { nextTurn } from '../../src/values/next-turn.js';
import { jsonTexts } from '../support/json-texts.js';
import { turnsOf } from '../support/turns.js';

const reading: Reading = {
  facts: { provider: 'pinning', operation: 'getPins', credential: 'server' },
  delivery: 'answered',
  service: 'acme',
};
const answer = (text: string) => ({ status: 200, headers: {}, text, turn: nextTurn });
const PAD = `"${'x'.repeat(140_000)}"`;
/** A number that a double would change, without which a long text is left to the engine. */
const ODD = '12345678901234567890';
const long = async (text: string, odd = ODD): Promise<unknown> =>
  understandJson(answer(`{"pad":[${PAD},${odd}],"read":${text}}`), reading, (json) => (json as { read: unknown }).read);

describe('a long answer of a pinning service', () => {
  it('is read no further when nobody wants it any more, and is no broken one then', async () => {
    const left = new Error('left');
    const text = `[${ODD}${',1'.repeat(100_000)}]`;
    let given = 0;
    const turn = () => ((given += 1) === 3 ? Promise.reject(left) : nextTurn());
    const understood = async () => understandJson({ ...answer(text), turn }, reading, () => 'understood');
    await expect(understood()).rejects.toBe(left);
    expect(given).toBe(3);
  });

  it('is read like a short one', async () => {
    await fc.assert(
      fc.asyncProperty(jsonTexts, fc.constantFrom(ODD, '1'), async (text, odd) => {
        const short = readJson(answer(`{"read":${text}}`), reading);
        expect({ read: await long(text, odd) }).toEqual(short);
      }),
      { numRuns: 300 },
    );
  });

  it('has the last of two values of one key, and is as deep as it likes, as a short one', async () => {
    expect(await long('{"a":1,"a":12345678901234567891}')).toEqual({ a: '12345678901234567891' });
    let inside = await long(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    let levels = 0;
    for (; Array.isArray(inside); levels += 1) inside = inside[0] as unknown;
    expect(levels).toBe(100_000);
  });

  it('is none where a short one is none', async () => {
    for (const text of ['', '1 2', '[1,]', '01', '"'])
      await expect(long(text), text).rejects.toMatchObject({ reason: 'not_json' });
  });

  it('is read in many turns when it has a number that is written anew', async () => {
    const turns = await turnsOf(() => long(`[${Array.from({ length: 100_000 }, (_none, at) => at).join()}]`));
    expect(turns).toBeGreaterThanOrEqual(25);
  });

  it('is read in many turns when it holds many values, whatever its numbers are, and in few when it holds few', async () => {
    const turnsFor = (values: number, text: string) =>
      turnsOf(() => long(JSON.stringify(Array.from({ length: values }, () => text)), '1'));
    expect(await turnsFor(100_000, 'a')).toBeGreaterThanOrEqual(25);
    expect(await turnsFor(100, 'x'.repeat(5_000))).toBeLessThan(15);
  });
});
