import { describe, expect, it } from 'vitest';
import type { PinQuery } from '../../src/providers/pinning/model.js';
import { createHabitMemory, createPager } from '../../src/providers/pinning/listing/pages.js';
import { readJson } from '../../src/providers/pinning/json.js';
import { parseListing, type Reading } from '../../src/providers/pinning/wire.js';
import { exposeCollector } from '../support/gc.js';

const reading: Reading = {
  facts: { provider: 'pinning:acme', operation: 'getPins', credential: 'server' },
  service: 'acme',
  delivery: 'answered',
};
const query: PinQuery = {
  cids: [],
  name: null,
  match: 'EXACT',
  status: [],
  createdAfter: null,
  createdBefore: null,
  meta: null,
};
const rows = Array.from({ length: 43 }, (_none, index) => ({
  requestid: `pin-${index}`,
  status: 'pinned',
  created: new Date(1_772_445_600_120 - index * 1_000).toISOString(),
  delegates: ['/dnsaddr/node.example'],
  pin: {
    cid: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu',
    name: `file-${index}`,
    origins: [],
    meta: { item: String(index) },
  },
  info: { status_details: 'step 1', dag_size: '52428800' },
}));
const text = JSON.stringify({ count: rows.length, results: rows });
const order = createHabitMemory();

/** One page, read as an operation reads it. */
function readPage() {
  const list = async () => parseListing(readJson({ status: 200, headers: {}, text }, reading), reading);
  return createPager({ provider: 'pinning:acme', list, order }).page(query, { first: 50, after: null, before: null });
}

const collector = exposeCollector();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Reads pages, with a small collection now and then, as under load. */
async function readPages(count: number): Promise<void> {
  for (let read = 1; read <= count; read += 1) {
    await readPage();
    if (read % 5 > 0) continue;
    await turn();
    collector.minor();
  }
}

/** Three pages that live through small collections and are let go then: what is old is only collected much later. */
async function growOld(): Promise<void> {
  const held = [await readPage(), await readPage(), await readPage()];
  for (let times = 0; times < 3; times += 1) collector.minor();
  await turn();
  expect(held.length).toBe(3);
}

describe('what is read for a page', () => {
  it('dies with it, also when an earlier page grew old: no page hangs on another', async () => {
    await readPages(300);
    collector.major();
    await growOld();
    const before = collector.oldBytes();
    await readPages(100);
    const kilobytesPerPage = (collector.oldBytes() - before) / 1_024 / 100;
    // A page is some 60 KB.
    expect(kilobytesPerPage).toBeLessThan(10);
  });
});
