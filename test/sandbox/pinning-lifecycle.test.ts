import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { courseOf, phaseAt } from '../../src/sandbox/pinning/lifecycle.js';
import { cidOf } from '../../src/sandbox/names.js';
import { startTestSandbox, type SandboxCaller, type TestSandbox } from '../support/start-sandbox.js';

interface Row {
  readonly requestid: string;
  readonly status: string;
  readonly created: string;
  readonly info: Readonly<Record<string, string>>;
}

let sandbox: TestSandbox;
let call: SandboxCaller;
beforeEach(async () => {
  sandbox = await startTestSandbox();
  call = sandbox.pinning();
});
afterEach(() => sandbox.close());

const add = async (name?: string) =>
  (await call('POST', '/pins', { cid: cidOf(name ?? 'none', 'raw'), ...(name !== undefined && { name }) })).json as Row;
const read = async (requestid: string) => (await call('GET', `/pins/${requestid}`)).json as Row;

/** What a pin shows at each of these times after it was added. */
async function watch(name: string | undefined, times: readonly number[]): Promise<string[]> {
  const { requestid } = await add(name);
  const shown: string[] = [];
  let passed = 0;
  for (const time of times) {
    sandbox.advance(time - passed);
    passed = time;
    const { status, info } = await read(requestid);
    shown.push(`${status}: ${info.status_details ?? Object.keys(info).join(' ')}`);
  }
  return shown;
}

describe('a pin', () => {
  it('waits, is fetched in steps, and is pinned', async () => {
    sandbox.advance(3_600_000);
    expect(await watch(undefined, [0, 1_999, 2_000, 2_999, 3_000, 4_000, 4_999, 5_000, 9_999_999])).toEqual([
      'queued: position 1 in queue',
      'queued: position 1 in queue',
      'pinning: 25 % fetched',
      'pinning: 25 % fetched',
      'pinning: 50 % fetched',
      'pinning: 75 % fetched',
      'pinning: 75 % fetched',
      'pinned: dag_size',
      'pinned: dag_size',
    ]);
  });

  it('fails half way when its name says so', async () => {
    sandbox.advance(3_600_000);
    expect(await watch('a FAILing upload', [0, 2_000, 3_999, 4_000, 9_999_999])).toEqual([
      'queued: position 1 in queue',
      'pinning: 25 % fetched',
      'pinning: 50 % fetched',
      'failed: No peer offered this content in time',
      'failed: No peer offered this content in time',
    ]);
  });

  it('waits for a minute when its name says so', async () => {
    sandbox.advance(3_600_000);
    expect(await watch('Slow Motion', [59_999, 60_000, 63_000])).toEqual([
      'queued: position 1 in queue',
      'pinning: 25 % fetched',
      'pinned: dag_size',
    ]);
  });

  it('moves up in the queue when an earlier one leaves it', async () => {
    sandbox.advance(3_600_000);
    const [first, second, third] = [await add('slow a'), await add('slow b'), await add('slow c')];
    expect((await read(third.requestid)).info.status_details).toBe('position 3 in queue');
    await call('DELETE', `/pins/${first.requestid}`);
    expect((await read(second.requestid)).info.status_details).toBe('position 1 in queue');
    expect((await read(third.requestid)).info.status_details).toBe('position 2 in queue');
    const listed = (await call('GET', '/pins?status=queued')).json as { results: Row[] };
    expect(listed.results.map(({ info }) => info.status_details)).toEqual([
      'position 2 in queue',
      'position 1 in queue',
    ]);
  });

  it('starts anew when it is replaced, even by the same content', async () => {
    const old = await add('oats');
    sandbox.advance(10_000);
    const replaced = (await call('POST', `/pins/${old.requestid}`, { cid: cidOf('oats', 'raw'), name: 'oats' }))
      .json as Row;
    expect([replaced.status, replaced.created > old.created]).toEqual(['queued', true]);
    expect((await call('GET', `/pins/${old.requestid}`)).status).toBe(404);
  });

  it('has a time of its own and keeps it, whatever the clock does', async () => {
    const before = await add('a');
    const same = await add('b');
    sandbox.advance(-5_000);
    const backwards = await add('c');
    expect(Date.parse(same.created) - Date.parse(before.created)).toBe(1);
    expect(Date.parse(backwards.created) - Date.parse(same.created)).toBe(1);
    expect(backwards.status).toBe('queued');
    sandbox.advance(60_000);
    expect((await read(before.requestid)).created).toBe(before.created);
  });
});

describe('speed', () => {
  it('shortens every wait', () => {
    const course = courseOf('fail');
    expect([0, 199, 200, 300, 400].map((elapsed) => phaseAt(course, elapsed, 10).status)).toEqual([
      'queued',
      'queued',
      'pinning',
      'pinning',
      'failed',
    ]);
    expect(phaseAt(courseOf('slow'), 0, Number.POSITIVE_INFINITY)).toEqual({ status: 'pinned' });
  });
});
