import { randomUUID } from 'node:crypto';
import { freeRecord, type SentRecord, type KeptOutcome, type WriteRecord } from './record.js';
import type { WriteIdentity } from './identity.js';
import { inProgress } from './write-errors.js';
import type { StoredRecord, WriteStore } from './store.js';
import type { UpstreamErrorDetails } from '../errors.js';
import { preciseNow } from '../values/clock.js';

/** The right to send one write, and the duty to write down how it ended. */
export interface Claim {
  /** The first sending of the key, or the beginning of this run. */
  readonly startedAt: number;
  /** An earlier sending that this one repeats because nothing came of it. */
  readonly previous: SentRecord | undefined;
  /** Records that the sending begins. Rejects while it is not recorded: then nothing may be sent. */
  begin(): Promise<void>;
  /** Records a further request of the same sending. Rejects when somebody else has, or may have, taken the write over. */
  proceed(): Promise<void>;
  /** Keeps the upstream's id of what may be the effect. Never rejects. */
  shows(objectId: string): Promise<void>;
  /**
   * Nothing was sent: removes the record. False when one remains: that of an earlier sending, that people have freed the key, or
   * that of an instance that took over and does not know that nothing came of it. Never rejects.
   */
  release(): Promise<boolean>;
  /** It ended clearly. Never rejects. */
  conclude(outcome: KeptOutcome): Promise<void>;
  /** Nobody knows how it ended. Never rejects. */
  leaveOpen(fault: UpstreamErrorDetails): Promise<void>;
}

export interface ClaimContext {
  readonly store: WriteStore;
  readonly now: () => number;
  /** A record that was not written anew for this long has nobody any more who runs it. */
  readonly claimMs: number;
}

/** Claims a key of which nothing is known; undefined when somebody else was faster. */
export async function claimNew(context: ClaimContext, id: WriteIdentity): Promise<Claim | undefined> {
  context.store.vouch(id);
  const record = intent(context, id);
  return held(context, id, record, await context.store.create(id, record));
}

/** Takes over a claim that was given up before anything was sent; undefined when somebody else was faster. */
export async function claimAbandoned(
  context: ClaimContext,
  id: WriteIdentity,
  found: StoredRecord,
): Promise<Claim | undefined> {
  context.store.vouch(id);
  const record = intent(context, id);
  return held(context, id, record, await context.store.replace(id, found.version, record));
}

/** Claims the right to send again what seems not to have happened; undefined when somebody else was faster. */
export async function claimAgain(
  context: ClaimContext,
  id: WriteIdentity,
  previous: SentRecord,
  version: number,
): Promise<Claim | undefined> {
  context.store.vouch(id);
  const { payload, startedAt } = previous;
  const kept = previous.objectId === undefined ? {} : { objectId: previous.objectId };
  const record: Claimed = { state: 'SENT', payload, startedAt, sentAt: context.now(), holder: randomUUID(), ...kept };
  return held(context, id, record, await context.store.replace(id, version, record), previous);
}

/** The claim of a made-up key: nobody else can know it before its end is unclear, so only that is stored. */
export function claimUnkeyed({ store, now }: ClaimContext, id: WriteIdentity): Claim {
  const startedAt = now();
  let sentAt = startedAt;
  const mark = async (): Promise<void> => {
    sentAt = now();
  };
  return {
    startedAt,
    previous: undefined,
    begin: mark,
    proceed: mark,
    async shows() {},
    release: async () => true,
    async conclude() {},
    async leaveOpen(fault) {
      await store.conclude(id, undefined, { state: 'UNKNOWN', payload: id.payload, startedAt, sentAt, fault });
    },
  };
}

type Claimed = Extract<WriteRecord, { holder: string }>;

/** Signs of life per claim's time: some may be lost before it is taken over. */
const BEATS = 4;

function intent({ now }: ClaimContext, { payload }: WriteIdentity): Claimed {
  return { state: 'INTENT', payload, startedAt: now(), holder: randomUUID() };
}

function held(
  context: ClaimContext,
  id: WriteIdentity,
  record: Claimed,
  version: number | undefined,
  previous?: SentRecord,
): Claim | undefined {
  return version === undefined ? undefined : new StoredClaim(context, id, record, version, previous);
}

class StoredClaim implements Claim {
  readonly #context: ClaimContext;
  readonly #id: WriteIdentity;
  readonly #heartbeat: NodeJS.Timeout;
  #record: Claimed;
  #version: number;
  /** Somebody else has written the record: they took over. */
  #lost = false;
  /** A change failed that may have been made all the same: then the record has a version that we do not know. */
  #unsure = false;
  /** When the record was surely ours last, on the monotonic clock. */
  #seenAt = preciseNow();
  /** Changes of the record go one after the other, because each needs the version of the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    context: ClaimContext,
    id: WriteIdentity,
    record: Claimed,
    version: number,
    readonly previous: SentRecord | undefined,
  ) {
    this.#context = context;
    this.#id = id;
    this.#record = record;
    this.#version = version;
    // A claim lasts as long as its run, which may be much longer than one request.
    this.#heartbeat = setInterval(() => void this.#renew().catch(() => undefined), context.claimMs / BEATS);
    this.#heartbeat.unref();
  }

  get startedAt(): number {
    return this.#record.startedAt;
  }

  begin(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#change(this.#sentNow());
      if (this.#lost) throw inProgress();
    });
  }

  async proceed(): Promise<void> {
    // A store that cannot be reached for a moment does not end a write in the middle: nobody takes it over so soon.
    await this.#inTurn(() => this.#change(this.#sentNow())).catch(() => undefined);
    if (this.#lost || preciseNow() - this.#seenAt >= this.#context.claimMs) throw inProgress();
  }

  async shows(objectId: string): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#record.state !== 'SENT') return;
      // Kept here first: should the store miss it, the next sign of life or the end writes it down.
      this.#record = { ...this.#record, objectId };
      await this.#change(this.#record);
    }).catch(() => undefined);
  }

  release(): Promise<boolean> {
    return this.#end(async () => {
      const { payload, startedAt } = this.#record;
      if (this.previous) await this.#close({ ...this.previous, state: 'UNKNOWN' });
      else if (this.#id.generation === 0) return this.#context.store.discard(this.#id, this.#version);
      else await this.#close(freeRecord(payload, startedAt));
      return false;
    });
  }

  conclude(outcome: KeptOutcome): Promise<void> {
    const { payload, startedAt } = this.#record;
    return this.#end(() => this.#close({ state: 'RESULT', payload, startedAt, outcome }));
  }

  leaveOpen(fault: UpstreamErrorDetails): Promise<void> {
    return this.#end(() => {
      const { payload, startedAt } = this.#record;
      const sent = this.#record.state === 'SENT' ? this.#record : undefined;
      const objectId = sent?.objectId ?? fault.objectId;
      const sentAt = sent?.sentAt ?? this.#context.now();
      const kept = objectId === undefined ? {} : { objectId };
      return this.#close({ state: 'UNKNOWN', payload, startedAt, sentAt, fault, ...kept });
    });
  }

  #sentNow(): Claimed {
    const sentAt = this.#context.now();
    const startedAt = this.#record.state === 'SENT' ? this.#record.startedAt : sentAt;
    const kept =
      this.#record.state === 'SENT' ? this.#record : { payload: this.#record.payload, holder: this.#record.holder };
    return { ...kept, state: 'SENT', startedAt, sentAt };
  }

  #renew(): Promise<void> {
    return this.#inTurn(() => this.#change(this.#record));
  }

  async #change(record: Claimed): Promise<void> {
    if (this.#lost) return;
    const asked = preciseNow();
    const version = await this.#replace(record);
    if (version === undefined) {
      this.#lost = true;
      clearInterval(this.#heartbeat);
      return;
    }
    this.#version = version;
    this.#record = record;
    this.#unsure = false;
    this.#seenAt = asked;
  }

  async #replace(record: Claimed): Promise<number | undefined> {
    const { store } = this.#context;
    try {
      const version = await store.replace(this.#id, this.#version, record);
      if (version !== undefined || !this.#unsure) return version;
      const found = await store.read(this.#id);
      const isOurs = found !== undefined && 'holder' in found.record && found.record.holder === record.holder;
      return isOurs ? await store.replace(this.#id, found.version, record) : undefined;
    } catch (error) {
      this.#unsure = true;
      throw error;
    }
  }

  async #close(record: WriteRecord): Promise<void> {
    await this.#context.store.conclude(this.#id, this.#version, record, this.#record.holder);
  }

  #end<T>(task: () => Promise<T>): Promise<T> {
    clearInterval(this.#heartbeat);
    return this.#inTurn(task);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
