import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { parseBlocks, parseShifts } from '../../src/providers/bitminter/wire.js';
import { parseListing } from '../../src/providers/pinning/wire.js';
import { parseBadgeTemplate, parseHolder, parseIssuedBadge } from '../../src/providers/mypit/wire.js';
import { parseList } from '../../src/providers/mypit/wire-list.js';
import { parseIncompletePayments } from '../../src/providers/pi/wire.js';
import { parseLossless } from '../../src/values/lossless.js';
import { cids, wirePin } from '../support/graph-pins.js';
import { answerOf } from '../support/bitminter-harness.js';
import { wireBadge, wireHolder, wireTemplate } from './mypit-support.js';
import { wirePayment } from './pi-support.js';

setFlagsFromString('--expose-gc');
// As the product is started.
setFlagsFromString('--no-allocation-site-pretenuring');
/** `minor` collects what is young, as happens many times a second. */
const collect = runInNewContext('gc') as (kind?: { type: 'minor' }) => void;

const ROWS = 50;
const WARM_UP = 1_000;
const TIMES = 100;
/** What was measured is 0 to 350, of compiling; hidden classes are 1,000 and more. */
const MOST_BYTES_A_ROW = 600;

const reading = {
  facts: { provider: 'p', operation: 'o', credential: 'server' },
  service: 'acme',
  delivery: 'answered',
} as const;
const rows = (row: unknown): readonly unknown[] => Array.from({ length: ROWS }, () => row);
const page = (row: unknown): unknown => ({ page: rows(row), hasMore: false });
const firstOf = (name: string): unknown => Object.values(Object(answerOf(name).body))[0];

const readers: Readonly<Record<string, () => unknown>> = {
  pins: reader(
    { count: ROWS, results: rows(wirePin('r', { pin: { cid: cids.a, meta: { gw_idem: 'm', a: 'b' } } })) },
    (json) => parseListing(json, reading),
  ),
  badges: reader(page(wireBadge({})), (json) =>
    parseList(json, reading, null, (row, at) => parseIssuedBadge(row, reading, at)),
  ),
  holders: reader(page(wireHolder({})), (json) =>
    parseList(json, reading, null, (row, at) => parseHolder(row, 'u', reading, at)),
  ),
  templates: reader(page(wireTemplate({})), (json) =>
    parseList(json, reading, null, (row, at) => parseBadgeTemplate(row, reading, at)),
  ),
  payments: reader({ incomplete_server_payments: rows(wirePayment({ metadata: { gw_idem: 'm', a: 'b' } })) }, (json) =>
    parseIncompletePayments(json, reading),
  ),
  blocks: reader(rows(firstOf('getPoolBlocks.ok')), (json) => parseBlocks(json, reading)),
  shifts: reader(rows(firstOf('getPoolShifts.ok')), (json) => parseShifts(json, reading)),
};

function reader(answer: unknown, parse: (json: unknown) => unknown): () => unknown {
  const text = JSON.stringify(answer);
  return () => parse(text.includes('"results"') ? JSON.parse(text) : parseLossless(text));
}

/**
 * A field that is added behind a spread, and what a rest leaves, make a kind of object of its own for V8 each time: its hidden class
 * stays until a large collection, and nothing that reads the object stays compiled for it.
 */
describe('models of one kind share a hidden class', () => {
  it.each(Object.entries(readers))('%s', (_name, read) => {
    const run = (times: number): void => {
      for (let time = 0; time < times; time += 1) read();
    };
    run(WARM_UP);
    collect();
    const before = settled();
    run(TIMES);
    expect((settled() - before) / TIMES / ROWS).toBeLessThan(MOST_BYTES_A_ROW);
  });
});

/** Bytes in use after small collections alone; what outlives two of them is old. */
function settled(): number {
  for (let time = 0; time < 3; time += 1) collect({ type: 'minor' });
  return process.memoryUsage().heapUsed;
}
