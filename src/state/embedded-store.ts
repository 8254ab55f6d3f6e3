import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { monotonicNow } from '../values/clock.js';
import { createFolderDate, whyDoubted, type DatePlace } from './embedded-date.js';
import { ownFolder } from './embedded-owner.js';
import { openFolder } from './secret.js';
import { StateUnavailable, type StateReport } from './state.js';

/** One folder's database, with what all that is kept in it needs. */
export interface EmbeddedStore {
  database<V>(name: string): Database<V, string>;
  /** When things of one kind end, for finding them without looking at all. */
  ends(kind: string): Ends;
  /** Runs a change, alone; resolves once it lies on disk. Rejects with what it threw, or with StateUnavailable. */
  change<T>(run: () => T): Promise<T>;
  /** Above every version given before; only inside a change. */
  nextVersion(): number;
  isFromEarlierLife(version: number): boolean;
  /**
   * Milliseconds on a clock of the folder's own, which goes by while a process works with it and at no other time: what the clock
   * on the wall is set to, in a life or between two, makes nothing end too early.
   */
  now(): number;
  /** Epoch milliseconds of the date that the folder goes by; undefined while the clock on the wall is in doubt. */
  date(): number | undefined;
  /** Takes the clock on the wall for right; false when it is not in doubt. */
  acceptDate(): Promise<boolean>;
  /** How long ago that was. Of an earlier life only what went by in this one counts: nobody knows what clocks did between. */
  age(writtenAt: number, ofEarlierLife: boolean): number;
  close(): Promise<void>;
}

export interface Ends {
  add(place: string, at: number): void;
  /** Takes out some whose time has come; only inside a change. */
  due(limit: number): readonly string[];
}

interface Facts {
  readonly deployment: { readonly epoch: string; readonly fingerprint: string };
  readonly owner: string;
  readonly version: number;
  /** The folder's clock, when it was last written down. */
  readonly clock: number;
  /** The latest date on the wall that was believed. */
  readonly date: number;
}

/** So much of the folder's clock a crash may lose when nothing else is written. */
const CLOCK_EVERY_MS = 3_600_000;
const DATABASE = 'state.mdb';

/** Opens the folder for this process alone. Throws one line when another works with it, or when it is of another secret. */
export async function openEmbeddedStore(
  folder: string,
  fingerprint: string,
  report: StateReport,
): Promise<EmbeddedStore> {
  openFolder(folder);
  const { root, facts, fact, setFact, datePlace } = openFacts(folder);

  const leave = await ownFolder(folder, {
    read: () => root.transactionSync(() => fact('owner')),
    swap: (seen, next) =>
      root.transactionSync(() => {
        if (fact('owner') !== seen) return false;
        if (next === undefined) facts.removeSync('owner');
        else setFact('owner', next);
        return true;
      }),
  });
  const known = root.transactionSync(() => {
    if (!fact('deployment')) setFact('deployment', { epoch: randomUUID(), fingerprint });
    return fact('deployment');
  });
  if (known?.fingerprint !== fingerprint) {
    leave();
    await root.close();
    throw new Error(`HEADGATE_SECRET: is not the one that the state in ${folder} (STATE_DIR) was made with`);
  }

  let lastVersion = fact('version') ?? 0;
  const lastOfEarlierLife = lastVersion;
  const openedAt = monotonicNow();
  const start = fact('clock') ?? monotonicNow();
  const now = (): number => start + monotonicNow() - openedAt;
  const date = createFolderDate(datePlace, report);
  const writeClock = (): void => {
    setFact('clock', now());
    date.note();
  };
  // A start counts as use: the next one is held to it.
  await root.transaction(writeClock);
  const ticking = setInterval(() => void root.transaction(writeClock).catch(() => undefined), CLOCK_EVERY_MS).unref();
  let closed = false;

  return {
    database: (name) => root.openDB({ name }),
    ends(kind) {
      const database = root.openDB<true, [number, string]>({ name: `${kind} by end` });
      return {
        add: (place, at) => database.putSync([at, place], true),
        due(limit) {
          const due = [...database.getKeys({ end: [now(), ''], limit })];
          for (const end of due) database.removeSync(end);
          return due.map(([, place]) => place);
        },
      };
    },
    async change(run) {
      if (closed) throw new StateUnavailable('the state is closed');
      let outcome: { readonly value: ReturnType<typeof run> } | { readonly thrown: unknown } | undefined;
      try {
        await root.transaction(() => {
          try {
            outcome = { value: run() };
          } catch (thrown) {
            outcome = { thrown };
          }
          setFact('version', lastVersion);
          writeClock();
        });
      } catch {
        throw new StateUnavailable('the state on disk cannot be written');
      }
      if (outcome && 'value' in outcome) return outcome.value;
      throw outcome?.thrown;
    },
    nextVersion: () => (lastVersion += 1),
    isFromEarlierLife: (version) => version <= lastOfEarlierLife,
    now,
    date: () => date.now(),
    acceptDate: async () => root.transactionSync(() => accept(datePlace)) !== undefined,
    age: (writtenAt, ofEarlierLife) => (ofEarlierLife ? monotonicNow() - openedAt : Math.max(0, now() - writtenAt)),
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(ticking);
      await root.transaction(writeClock).catch(() => undefined);
      leave();
      await root.close();
    },
  };
}

function openFacts(folder: string) {
  const root = openDatabase(folder);
  const facts = root.openDB<Facts[keyof Facts], keyof Facts>({ name: 'facts' });
  const fact = <K extends keyof Facts>(name: K): Facts[K] | undefined => facts.get(name) as Facts[K] | undefined;
  const setFact = <K extends keyof Facts>(name: K, value: Facts[K]): void => facts.putSync(name, value);
  const datePlace: DatePlace = {
    read() {
      // What another process has written is not seen before.
      root.resetReadTxn();
      return fact('date');
    },
    write: (date) => setFact('date', date),
  };
  return { root, facts, fact, setFact, datePlace };
}

/** Writes down what the clock on the wall says, and gives it; undefined when it is not in doubt. Only inside a change. */
function accept(place: DatePlace): number | undefined {
  const wall = Date.now();
  if (whyDoubted(wall, place.read()) === undefined) return undefined;
  place.write(wall);
  return wall;
}

/**
 * Takes the clock of this machine for right, whether a process works with the folder or not: one that does sees it at its next
 * question. The date that was accepted; undefined when it is not in doubt, or nothing was ever kept there.
 */
export async function acceptDate(folder: string): Promise<number | undefined> {
  if (!holdsState(folder)) return undefined;
  const { root, datePlace } = openFacts(folder);
  try {
    return root.transactionSync(() => accept(datePlace));
  } finally {
    await root.close();
  }
}

export function holdsState(folder: string): boolean {
  return existsSync(join(folder, DATABASE));
}

function openDatabase(folder: string): RootDatabase {
  try {
    // A change is answered when it is on disk, not when others can see it.
    return open({ path: join(folder, DATABASE), maxDbs: 16, overlappingSync: false });
  } catch {
    throw new Error(`STATE_DIR: the database in ${folder} cannot be opened`);
  }
}
