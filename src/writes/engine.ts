import { UpstreamError } from '../errors.js';
import type { Logger } from '../log.js';
import type { Doubt, Leases, Records } from '../state/state.js';
import { monotonicNow } from '../values/clock.js';
import type { Json } from '../values/json.js';
import { createToldOnce, type Unsaid } from './told-once.js';
import { identify, type WriteIdentity } from './identity.js';
import { createFlights, endsWithin } from './flights.js';
import { createLock } from './lock.js';
import { createMutex } from './mutex.js';
import { inProgress, keyReused, shuttingDown } from './write-errors.js';
import { PATIENCE_MS, POLL_MS, WriteRun } from './run.js';
import { faultOf, type RunContext } from './run-facts.js';
import { createNotes } from './notes.js';
import { createOpenList } from './open-list.js';
import { readOpenWrites, resolveOpenWrite } from './open-writes.js';
import { createWriteStore } from './store.js';
import { createTakings } from './takings.js';
import type { Write, Writes } from './writes.js';

/** How long a write whose process has died still counts as alive. */
export interface WriteTimes {
  /** After which a write whose process shows no sign of life is taken as abandoned; 6 seconds by default. */
  readonly claimMs?: number;
  /** How long an object that is changed one at a time stays taken then; 5 seconds by default. */
  readonly leaseMs?: number;
}

export interface WritesOptions extends WriteTimes {
  readonly records: Records;
  /** What markers are made with; the same on all instances and in every life. */
  readonly secret: string | Buffer;
  /** What `serially` uses among instances; without it, it holds within this process. */
  readonly leases?: Leases | undefined;
  readonly log: Logger;
  /** Between the two looks for the effect of an unclear sending. */
  readonly readbackDelayMs: number;
  /** From an unclear sending until the same key may send again. */
  readonly resendQuarantineMs: number;
  /** The longest time that one request to the upstream may take with its read-backs: so long may another on the same object wait. */
  readonly writeDeadlineMs: number;
  /** How long a record is kept; 24 hours by default. */
  readonly recordTtlMs?: number;
  /** How long the records of what is never sent twice are kept (payouts, issued badges); 30 days by default. */
  readonly lastingTtlMs?: number;
  /** Why such records are not safe now, if they are not. */
  readonly doubt?: () => Doubt | undefined;
  /** Told of each write once, for metrics. */
  onEnd?(write: { readonly provider: string; readonly operation: string }, end: WriteEnd): void;
  /** The date, in epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * How a write ended: carried out now (`done`), told again from its record, found upstream after an earlier sending, refused by
 * the upstream (now or, as the record says, before), refused by us before anything left, or unclear.
 */
export type WriteEnd = 'done' | 'replayed' | 'found' | 'rejected' | 'refused' | 'unknown';

/** Several signs of life may get lost before a write is taken over; callers with its key wait no longer than this when it died. */
const CLAIM_MS = 6_000;
const DAY_MS = 86_400_000;

interface Running {
  readonly run: WriteRun<Json>;
  readonly result: Promise<Json>;
}

export function createWrites(options: WritesOptions): Writes {
  const {
    records,
    secret,
    leases,
    log,
    readbackDelayMs,
    resendQuarantineMs,
    writeDeadlineMs,
    claimMs = CLAIM_MS,
    recordTtlMs = DAY_MS,
    lastingTtlMs = 30 * DAY_MS,
    doubt = () => undefined,
    now = Date.now,
  } = options;
  const store = createWriteStore({ records, log, ttlMs: recordTtlMs, lastingTtlMs, doubt });
  const notes = createNotes(records, lastingTtlMs);
  const open = createOpenList(records, log);
  const takings = createTakings(records, recordTtlMs, lastingTtlMs, log);
  const times = { now, readbackDelayMs, resendQuarantineMs, claimMs };
  const context: RunContext = { store, notes, open, takings, log, secret, ...times };
  const unsaid: Unsaid = new Map();
  const running = new Map<string, Running>();
  const mutex = createMutex();
  const lock = leases && createLock(leases, writeDeadlineMs, options.leaseMs);
  const flights = createFlights();
  let abandoned = false;
  const stops = new Set<() => void>();

  const inTurn = <R>(object: string, run: () => Promise<R>): Promise<R> =>
    mutex.run(object, lock ? () => lock.run(object, run) : run);

  function start<R extends Json>(write: Write<R>, id: WriteIdentity): Promise<R> {
    const run = new WriteRun(context, write, id);
    const result = run.result();
    running.set(id.recordKey, { run, result });
    const forget = (end: WriteEnd): void => {
      running.delete(id.recordKey);
      options.onEnd?.({ provider: write.provider, operation: write.operation }, end);
    };
    result.then(
      () => forget(run.source === 'sent' ? 'done' : run.source),
      (error: unknown) => forget(writeEnd(error, run.source)),
    );
    return result;
  }

  /** Runs the write, or shares the run that another call with the same key began in this process. */
  async function join<R extends Json>(write: Write<R>, id: WriteIdentity): Promise<R> {
    const patience = monotonicNow() + PATIENCE_MS;
    for (;;) {
      const other = running.get(id.recordKey);
      if (!other) return start(write, id);
      const samePayload = other.run.id.payload === id.payload;
      if (!samePayload && other.run.owns) throw keyReused();
      // Which of two payloads the key stands for shows as soon as the other run has seen the record.
      const ended = await endsWithin(other.result, samePayload ? patience - monotonicNow() : POLL_MS);
      // Same operation, principal, key and payload: what the other run resolves with is an R.
      if (ended && samePayload) return (await other.result) as R;
      if (!ended && monotonicNow() >= patience) throw inProgress();
    }
  }

  /** Runs a write that has no record; when it is abandoned meanwhile, what it has sent by then is anybody's guess. */
  async function untilAbandoned<R>(
    about: Parameters<typeof faultOf>[0],
    run: (inside: (task: () => Promise<R>) => Promise<R>) => Promise<R>,
  ): Promise<R> {
    let begun = false;
    let stop = (): void => {};
    const stopping = new Promise<never>((_, reject) => {
      stop = () => reject(begun ? new UpstreamError('outcome_unknown', faultOf(about, undefined)) : shuttingDown());
    });
    stops.add(stop);
    const inside = async (task: () => Promise<R>): Promise<R> => {
      if (abandoned) throw shuttingDown();
      begun = true;
      return task();
    };
    return Promise.race([run(inside), stopping]).finally(() => stops.delete(stop));
  }

  return {
    once: (write) =>
      flights.follow(async () => {
        if (abandoned) throw shuttingDown();
        return join(write, identify(write, secret));
      }),
    serially: (object, run, about) =>
      flights.follow(() =>
        about ? untilAbandoned(about, (inside) => inTurn(object, () => inside(run))) : inTurn(object, run),
      ),
    first: (name) => createToldOnce(records, name, unsaid),
    note: (marker, objectId) => notes.write(marker, objectId),
    openWrites: () => readOpenWrites(open, notes, store),
    resolve: (resolution) => resolveOpenWrite({ open, notes, store, claimMs, now }, resolution),
    idle: () => flights.landed(),
    async abandon() {
      abandoned = true;
      for (const stop of stops) stop();
      await Promise.all([...running.values()].map(({ run }) => run.stop()));
      await store.flush();
    },
    close: () => store.close(),
  };
}

function writeEnd(error: unknown, source: WriteRun<Json>['source']): WriteEnd {
  if (source === 'replayed') return 'replayed';
  if (error instanceof UpstreamError)
    return error.kind === 'outcome_unknown' || error.endOpen === true ? 'unknown' : 'rejected';
  return 'refused';
}
