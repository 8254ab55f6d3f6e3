import { describe, expect, it } from 'vitest';
import { readJson, type Reading } from '../../src/providers/reading.js';

const reading: Reading = {
  facts: { provider: 'pi', operation: 'getPayment', credential: 'server' },
  delivery: 'answered',
};
const read = (value: unknown) => readJson({ status: 200, headers: {}, text: JSON.stringify(value) }, reading);
const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_none, at) => [`k${at}`, 'x']));

describe('the JSON of an answer', () => {
  it('may hold ten thousand members', () => {
    expect(Object.keys(read({ metadata: members(10_000) }) as object)).toEqual(['metadata']);
  });

  it('is refused before it is parsed when it holds many times as many', () => {
    expect(() => read({ metadata: members(190_000) })).toThrow(expect.objectContaining({ reason: 'too_large' }));
  });
});
