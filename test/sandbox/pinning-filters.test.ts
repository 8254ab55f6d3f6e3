import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cidOf } from '../../src/sandbox/names.js';
import { startTestSandbox, type SandboxCaller, type TestSandbox } from '../support/start-sandbox.js';

interface Row {
  readonly requestid: string;
  readonly status: string;
  readonly created: string;
  readonly pin: { readonly cid: string; readonly name?: string; readonly meta?: Readonly<Record<string, string>> };
}
interface Page {
  readonly count: number;
  readonly results: readonly Row[];
}

const STATUSES = ['queued', 'pinning', 'pinned', 'failed'];
const NAMES = ['Oats', 'oats', 'OATS and barley', 'barley', 'slow rye', 'oats fail', 'ä', 'Ä', ''];
const LABELS = ['a', 'b', 'c'];
const CIDS = LABELS.flatMap((label) => [cidOf(label, 'raw'), cidOf(label, 'v0'), cidOf(label, 'v1')]);
const METAS = [{ app: 'farm' }, { app: 'farm', kind: 'log' }, { app: 'Farm' }, { kind: 'log', empty: '' }, {}];

let sandbox: TestSandbox;
let call: SandboxCaller;
/** Everything there is, newest first. */
let everything: readonly Row[];

beforeAll(async () => {
  sandbox = await startTestSandbox();
  call = sandbox.pinning();
  for (let at = 0; at < 40; at += 1) {
    // Steps of 0 make several pins in one millisecond of the clock.
    sandbox.advance([0, 1, 0, 450][at % 4] ?? 0);
    const name = NAMES[at % (NAMES.length + 1)];
    const meta = METAS[at % (METAS.length + 1)];
    const answer = await call('POST', '/pins', {
      cid: CIDS[(at * 5) % CIDS.length],
      ...(name !== undefined && { name }),
      ...(meta && { meta }),
    });
    expect(answer.status).toBe(202);
  }
  sandbox.advance(800);
  everything = (await list({ status: STATUSES.join(','), limit: '1000' })).results;
});
afterAll(() => sandbox.close());

async function list(query: Record<string, string>): Promise<Page> {
  const answer = await call('GET', `/pins?${new URLSearchParams(query)}`);
  expect({ query, status: answer.status }).toEqual({ query, status: 200 });
  return answer.json as Page;
}

interface Wanted {
  cid?: string[];
  name?: string;
  match?: string;
  status?: string[];
  before?: string;
  after?: string;
  limit?: number;
  meta?: Record<string, string>;
}

/** The same by other means: dag-pb CIDs by their label, times by their text, which all has the same form. */
function naive(wanted: Wanted): Row[] {
  const sameContent = new Map(LABELS.flatMap((label) => [[cidOf(label, 'v0'), cidOf(label, 'v1')]]));
  const content = (cid: string) => sameContent.get(cid) ?? cid;
  return everything.filter(({ status, created, pin }) => {
    const named = wanted.cid !== undefined || wanted.name !== undefined || wanted.meta !== undefined;
    if (!(wanted.status ?? (named ? STATUSES : ['pinned'])).includes(status)) return false;
    if (wanted.before !== undefined && !(created < wanted.before)) return false;
    if (wanted.after !== undefined && !(created > wanted.after)) return false;
    if (wanted.cid && !wanted.cid.some((cid) => content(cid) === content(pin.cid))) return false;
    for (const [key, value] of Object.entries(wanted.meta ?? {})) if (pin.meta?.[key] !== value) return false;
    if (wanted.name === undefined) return true;
    if (pin.name === undefined) return false;
    const [mine, theirs] = wanted.match?.startsWith('i')
      ? [wanted.name.toLowerCase(), pin.name.toLowerCase()]
      : [wanted.name, pin.name];
    return wanted.match?.endsWith('partial') ? theirs.indexOf(mine) >= 0 : theirs === mine;
  });
}

function toQuery({ cid, status, limit, meta, ...texts }: Wanted): Record<string, string> {
  return {
    ...texts,
    ...(cid && { cid: cid.join(',') }),
    ...(status && { status: status.join(',') }),
    ...(limit !== undefined && { limit: String(limit) }),
    ...(meta && { meta: JSON.stringify(meta) }),
  };
}

const moment = fc.nat().map((at) => everything[at % everything.length]?.created ?? '');
const wanted: fc.Arbitrary<Wanted> = fc.record(
  {
    cid: fc.uniqueArray(fc.constantFrom(...CIDS), { minLength: 1, maxLength: 9 }),
    name: fc.constantFrom(...NAMES, 'at', 'BARLEY', 'png'),
    match: fc.constantFrom('exact', 'iexact', 'partial', 'ipartial'),
    status: fc.uniqueArray(fc.constantFrom(...STATUSES), { minLength: 1 }),
    before: moment,
    after: moment,
    limit: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(1000)),
    meta: fc.constantFrom<Record<string, string>[]>(
      { app: 'farm' },
      { kind: 'log' },
      { app: 'farm', kind: 'log' },
      { empty: '' },
      { toString: 'x' },
      {},
    ),
  },
  { requiredKeys: [] },
);

describe('lists', () => {
  it('start from pins of every status, each with its own time, newest first', () => {
    expect(everything.length).toBeGreaterThan(90);
    expect([...new Set(everything.map(({ status }) => status))].toSorted()).toEqual(STATUSES.toSorted());
    const times = everything.map(({ created }) => created);
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(times.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time))).toBe(true);
  });

  it('hold what a naive search finds, and count all of it', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(wanted, async (query) => {
        const expected = naive(query);
        const page = await list(toQuery(query));
        hits += expected.length > 0 ? 1 : 0;
        expect(page.count).toBe(expected.length);
        expect(page.results).toEqual(expected.slice(0, query.limit ?? 10));
      }),
      { numRuns: 400 },
    );
    expect(hits).toBeGreaterThan(40);
  });

  it('give everything once when paged by the oldest time, and count down', async () => {
    await fc.assert(
      fc.asyncProperty(wanted, fc.integer({ min: 1, max: 25 }), async (query, limit) => {
        const expected = naive({ ...query, before: '9' });
        const found: Row[] = [];
        let page = await list(toQuery({ ...query, before: '9999-12-31T23:59:59Z', limit }));
        while (page.results.length > 0) {
          expect(page.count).toBe(expected.length - found.length);
          found.push(...page.results);
          page = await list(toQuery({ ...query, before: found.at(-1)?.created ?? '', limit }));
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('hold only what is pinned when neither status nor content is asked for', async () => {
    const rows = (await list({ limit: '1000' })).results;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ status }) => status === 'pinned')).toBe(true);
  });

  it('hold every status when asked by name alone, so that a pin just added is found', async () => {
    const queued = everything.find(({ status, pin }) => status === 'queued' && pin.name);
    const rows = (await list({ name: queued?.pin.name ?? '', limit: '1000' })).results;
    expect(rows.map(({ requestid }) => requestid)).toContain(queued?.requestid);
  });
});

describe('time bounds', () => {
  it('are exclusive to the nanosecond, in any zone', async () => {
    const row = everything[20];
    const created = row?.created ?? '';
    const inside = async (bound: Record<string, string>) =>
      (await list({ ...bound, status: STATUSES.join(','), limit: '1000' })).results.some(
        ({ requestid }) => requestid === row?.requestid,
      );
    const plus1 = created.replace('Z', '000001Z');
    expect(await inside({ before: created })).toBe(false);
    expect(await inside({ before: plus1 })).toBe(true);
    expect(await inside({ after: created })).toBe(false);
    expect(await inside({ after: plus1 })).toBe(false);
    const justBefore = new Date(Date.parse(created) - 1).toISOString();
    expect(await inside({ after: justBefore.replace('Z', '999999Z') })).toBe(true);
    const shifted = new Date(Date.parse(created) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    expect(await inside({ before: shifted })).toBe(false);
    expect(await inside({ before: shifted.replace('+', '001+') })).toBe(true);
  });
});

describe('queries', () => {
  const many = Array.from({ length: 11 }, (_, at) => cidOf(`many/${at}`, 'raw'));
  const most = many.slice(0, 10).join(',');

  it.each([
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=ten',
    'limit=1.5',
    'limit=',
    'limit=5&limit=6',
    'status=',
    'status=PINNED',
    'status=pinned,',
    'status=pinned,pinned',
    'status=removed',
    'match=fuzzy',
    'match=',
    'cid=',
    'cid=QmNoCid',
    `cid=${CIDS[0]},`,
    `cid=${CIDS[0]},${CIDS[0]}`,
    `cid=${many.join(',')}`,
    'before=yesterday',
    'before=2024-11-05',
    'before=2024-11-05T10:00:00+02:00',
    'after=1730800000',
    'after=2024-02-30T00:00:00Z',
    'before=',
    'meta=',
    'meta=farm',
    'meta=[]',
    'meta=null',
    'meta={"app":1}',
    `name=${'x'.repeat(256)}`,
  ])('are refused: %s', async (query) => {
    const answer = await call('GET', `/pins?${query}`);
    expect([answer.status, answer.json]).toEqual([
      400,
      { error: { reason: 'BAD_REQUEST', details: expect.any(String) } },
    ]);
  });

  it.each([
    'limit=1',
    'limit=1000',
    `cid=${most}`,
    `cid=${most.replaceAll(',', '%2C')}`,
    'match=iexact',
    'name=',
    `name=${encodeURIComponent('🌱'.repeat(255))}`,
    'status=failed,queued',
    'before=2024-11-05T10:00:00%2B02:00',
    'meta={}',
    'unknown=1',
    'meta%5Bapp%5D=farm',
  ])('are taken: %s', async (query) => {
    expect((await call('GET', `/pins?${query}`)).status).toBe(200);
  });
});
