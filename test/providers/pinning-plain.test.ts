import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/providers/pinning/json.js';
import { isPlainListing, isPlainPin } from '../../src/providers/pinning/plain.js';
import { parseListing, parsePin, type Reading } from '../../src/providers/pinning/wire.js';
import { nextTurn } from '../../src/values/next-turn.js';

const reading: Reading = {
  facts: { provider: 'pinning', operation: 'getPins', credential: 'server' },
  delivery: 'answered',
  service: 'acme',
};
const answer = (text: string) => ({ status: 200, headers: {}, text, turn: nextTurn });

/** Spellings of values, numbers that a double changes among them. */
const spelled = fc.constantFrom(
  '"plain"',
  'null',
  'true',
  '[]',
  '{}',
  '7',
  '-0.5',
  '12345678901234567890',
  '1.00000000000000000001',
  '1e400',
  '{"deep":[9007199254740993]}',
  '{"number":9007199254740993}',
  '["a",9007199254740993]',
);
const texts = fc.constantFrom('["/ip4/203.0.113.7"]', '[]', 'null');
const usual = {
  requestid: fc.constantFrom('"a"', '"b"'),
  status: fc.constant('"pinned"'),
  created: fc.constant('"2026-03-02T10:00:00Z"'),
  cid: fc.constant('"QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG"'),
  name: fc.constantFrom('"file"', 'null'),
  origins: texts,
  meta: fc.constantFrom('{"app":"shop"}', '{}', 'null'),
  delegates: texts,
  info: fc.constantFrom('{"dag_size":"5242880"}', 'null'),
};
/** Rows of which any field may be as no pin should have it. */
const row = fc
  .record(
    Object.fromEntries(
      Object.entries(usual).map(([name, value]) => [name, fc.oneof({ weight: 9, arbitrary: value }, spelled)]),
    ),
  )
  .map(
    ({ requestid, status, created, cid, name, origins, meta, delegates, info }) =>
      `{"requestid":${requestid},"status":${status},"created":${created},` +
      `"pin":{"cid":${cid},"name":${name},"origins":${origins},"meta":${meta}},"delegates":${delegates},"info":${info}}`,
  );

const outcome = (read: () => unknown): unknown => {
  try {
    return read();
  } catch (error) {
    return { thrown: String(error) };
  }
};

describe('a pin without numbers', () => {
  it('is read as it is when its text is looked through for them: one pin', () => {
    let plain = 0;
    fc.assert(
      fc.property(row, (text) => {
        if (isPlainPin(JSON.parse(text))) plain += 1;
        expect(outcome(() => parsePin(readJson(answer(text), reading, isPlainPin), reading))).toEqual(
          outcome(() => parsePin(readJson(answer(text), reading), reading)),
        );
      }),
      { numRuns: 1_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it('is read as it is when its text is looked through for them: a listing', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 4 }),
        fc.constantFrom('4', '9007199254740993', '-1', '"4"'),
        (rows, count) => {
          const text = `{"count":${count},"results":[${rows.join()}]}`;
          expect(outcome(() => parseListing(readJson(answer(text), reading, isPlainListing), reading))).toEqual(
            outcome(() => parseListing(readJson(answer(text), reading), reading)),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
