import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createState } from '../../src/state/index.js';
import { QuotaExceeded } from '../../src/state/quota.js';
import { keptSecret } from '../../src/state/secret.js';
import type { State } from '../../src/state/state.js';
import { spellings } from '../support/spellings.js';
import { describeState } from './describe-state.js';

const HOUR = 3_600_000;
const SECRET = 'a secret for tests only';
const LIMITS = { maxEntries: 30, maxCharacters: 100_000 };

let folder: string;
const opened: State[] = [];
const newFolder = (): string => (folder = mkdtempSync(join(tmpdir(), 'headgate-state-')));
async function open(secret = SECRET): Promise<State> {
  const state = await createState({ redisUrl: undefined, folder, secret, report: () => undefined, limits: LIMITS });
  opened.push(state);
  return state;
}
const cleanUp = async (): Promise<void> => {
  await Promise.all(opened.splice(0).map((state) => state.close()));
  rmSync(folder, { recursive: true, force: true });
};

describeState('embedded', async () => {
  newFolder();
  // The clocks alone: what goes to disk and sockets is real.
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  const limits = { maxEntries: 1_000, maxCharacters: 1_000_000 };
  const state = await createState({ redisUrl: undefined, folder, secret: SECRET, report: () => undefined, limits });
  opened.push(state);
  return {
    state,
    share: 100,
    async advance(ms) {
      vi.advanceTimersByTime(ms);
    },
    async dispose() {
      vi.useRealTimers();
      await cleanUp();
    },
  };
});

describe('a folder of state', () => {
  afterEach(async () => {
    vi.useRealTimers();
    await cleanUp();
  });

  it('still holds records and sums when it is opened again', async () => {
    newFolder();
    const first = await open();
    const version = (await first.records.create('a', 'one', HOUR, 'ann'))!;
    await first.counters.add('sum', 41, HOUR);
    await first.close();
    const second = await open();
    expect(await second.records.read('a')).toMatchObject({ value: 'one', version, orphaned: true });
    expect(await second.counters.add('sum', 1, HOUR)).toBe(42);
    const next = (await second.records.replace('a', version, 'two', HOUR))!;
    expect(next).toBeGreaterThan(version);
    expect(await second.records.read('a')).toMatchObject({ value: 'two', orphaned: false });
    expect(await second.records.create('b', 'new', HOUR)).toBeGreaterThan(next);
  });

  it('is for one process: a second one is refused with one line, and the first goes on', async () => {
    newFolder();
    const first = await open();
    await expect(open()).rejects.toThrow(/^STATE_DIR: another Headgate process works with .*$/);
    expect(await first.records.create('a', 'one', HOUR)).toBeTypeOf('number');
    await first.close();
    expect((await (await open()).records.read('a'))?.value).toBe('one');
  });

  it('is for one process, however deep the folder lies and whatever else each of them sees', async () => {
    newFolder();
    const top = folder;
    const temporary = ['one', 'two'].map((name) => mkdtempSync(join(tmpdir(), name)));
    const before = process.env['TMPDIR'];
    folder = join(folder, 'd'.repeat(60), 'e'.repeat(60));
    try {
      process.env['TMPDIR'] = temporary[0];
      const first = await open();
      // In another container it would not be there at all.
      renameSync(temporary[0]!, `${temporary[0]}-elsewhere`);
      process.env['TMPDIR'] = temporary[1];
      await expect(open()).rejects.toThrow(/^STATE_DIR: another Headgate process works with .*$/);
      // What the one found, the other does not lose.
      await expect(open()).rejects.toThrow(/^STATE_DIR: another Headgate process works with .*$/);
      await first.close();
      expect(await open()).toBeDefined();
      renameSync(`${temporary[0]}-elsewhere`, temporary[0]!);
      expect(temporary.flatMap((one) => readdirSync(one))).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      await cleanUp();
      for (const one of [top, ...temporary]) rmSync(one, { recursive: true, force: true });
    }
  });

  it('is for one process, by whatever path they come to it', async () => {
    newFolder();
    const absolute = folder;
    const from = process.cwd();
    try {
      process.chdir(dirname(absolute));
      folder = basename(absolute);
      await open();
      // From here the same relative path is another folder.
      process.chdir('/');
      folder = absolute;
      await expect(open()).rejects.toThrow(/^STATE_DIR: another Headgate process works with .*$/);
    } finally {
      process.chdir(from);
    }
  });

  it('is for one secret: another is refused with one line', async () => {
    newFolder();
    await (await open()).close();
    await expect(open('another secret, as long')).rejects.toThrow(/^HEADGATE_SECRET: is not the one .*$/);
    expect(await open()).toBeDefined();
  });

  it('makes a secret of its own when there is none, for its owner alone, and keeps it', () => {
    newFolder();
    const secret = keptSecret(folder);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(keptSecret(folder)).toBe(secret);
    expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
  });

  it('tells nothing of names and texts, in any spelling', async () => {
    newFolder();
    const state = await open();
    const canary = 'canary-uid-4711';
    const version = (await state.records.create(canary, canary, HOUR, canary))!;
    await state.records.replace(canary, version, `${canary} again`, HOUR);
    await state.counters.add(canary, 1, HOUR);
    const files = readdirSync(folder).filter((name) => !name.endsWith('.sock'));
    const bytes = files.map((name) => readFileSync(join(folder, name), 'latin1')).join('\n');
    expect(bytes.length).toBeGreaterThan(1_000);
    for (const form of [...spellings(canary), ...spellings(SECRET)]) expect(bytes).not.toContain(form);
  });

  it.each([-40, 40, 4_000])('keeps what it holds when the clock was set by %i days over a restart', async (days) => {
    newFolder();
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const first = await open();
    await first.records.create('a', 'one', 30 * 24 * HOUR);
    await first.counters.add('sum', 41, HOUR);
    await first.close();
    vi.setSystemTime(Date.now() + days * 24 * HOUR);
    const second = await open();
    const found = await second.records.read('a');
    expect(found?.value).toBe('one');
    // Nobody knows what went by in between: a quarantine begins anew.
    expect(found?.ageMs).toBeLessThan(1_000);
    vi.advanceTimersByTime(5_000);
    expect((await second.records.read('a'))?.ageMs).toBeGreaterThanOrEqual(5_000);
    expect(await second.counters.add('sum', 1, HOUR)).toBe(42);
    await second.close();
    vi.setSystemTime(Date.now() - days * 24 * HOUR);
    expect((await (await open()).records.read('a'))?.value).toBe('one');
  });

  it('counts all its lives for what it holds, also hours without a change', async () => {
    newFolder();
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const first = await open();
    await first.records.create('a', 'one', 30 * 24 * HOUR);
    vi.advanceTimersByTime(20 * 24 * HOUR);
    await first.close();
    const second = await open();
    vi.advanceTimersByTime(10 * 24 * HOUR - 1_000);
    expect((await second.records.read('a'))?.value).toBe('one');
    vi.advanceTimersByTime(1_001);
    expect(await second.records.read('a')).toBeUndefined();
  });

  it('goes on to the next day while the machine sleeps, when its clock on the wall agrees', async () => {
    newFolder();
    const uptime = vi.spyOn(os, 'uptime').mockReturnValue(1_000);
    try {
      vi.useFakeTimers({ toFake: ['Date', 'performance'] });
      const state = await open();
      const { day } = await state.counters.addToDay('a', 1, HOUR);
      uptime.mockReturnValue(1_000 + 48 * 3_600);
      expect((await state.counters.addToDay('a', 1, HOUR)).day, 'the wall says otherwise').toBe(day);
      vi.setSystemTime(Date.now() + 48 * HOUR);
      expect((await state.counters.addToDay('a', 1, HOUR)).day, 'slept for two days').toBe(day + 2);
      vi.setSystemTime(Date.now() + 48 * HOUR);
      expect((await state.counters.addToDay('a', 1, HOUR)).day, 'only the wall').toBe(day + 2);
    } finally {
      uptime.mockRestore();
    }
  });

  it('gives each caller a tenth, frees what has ended, and counts on after a restart', async () => {
    newFolder();
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const first = await open();
    for (const key of ['a', 'b', 'c']) await first.records.create(key, key, HOUR, 'greedy');
    await expect(first.records.create('d', 'd', HOUR, 'greedy')).rejects.toBeInstanceOf(QuotaExceeded);
    await first.close();
    const second = await open();
    await expect(second.records.create('d', 'd', HOUR, 'greedy')).rejects.toBeInstanceOf(QuotaExceeded);
    expect(await second.records.create('e', 'e', HOUR, 'modest')).toBeTypeOf('number');
    vi.advanceTimersByTime(HOUR + 1);
    expect(await second.records.create('d', 'd', HOUR, 'greedy')).toBeTypeOf('number');
  });

  it('frees its socket, and a dead one of an earlier life', async () => {
    newFolder();
    const state = await open();
    const [socket] = readdirSync(folder).filter((name) => name.endsWith('.sock'));
    await state.close();
    expect(existsSync(join(folder, socket!))).toBe(false);
  });
});
