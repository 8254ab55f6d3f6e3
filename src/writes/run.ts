import { GatewayError, UpstreamError, type UpstreamErrorDetails } from '../errors.js';
import { isForeignPage } from '../unclear-ends.js';
import type { Logger } from '../log.js';
import { monotonicNow } from '../values/clock.js';
import { pause } from '../values/pause.js';
import type { Json } from '../values/json.js';
import { type Claim, type ClaimContext, claimAbandoned, claimAgain, claimNew, claimUnkeyed } from './claim.js';
import type { WriteIdentity } from './identity.js';
import { type OpenRecord, type KeptOutcome, factsToKeep, judge } from './record.js';
import type { Notes } from './notes.js';
import type { OpenList } from './open-list.js';
import { inProgress, keyReused, shuttingDown } from './refusals.js';
import type { Attempt, Write } from './writes.js';

export interface RunContext extends ClaimContext {
  readonly notes: Notes;
  readonly open: OpenList;
  readonly log: Logger;
  readonly readbackDelayMs: number;
  readonly resendQuarantineMs: number;
}

/** How long a call waits for another one with the same key. */
export const PATIENCE_MS = 2_000;
/** How often it looks meanwhile. */
export const POLL_MS = 100;

/** One call of `once`, from the look at the record to the end that is written into it. */
export class WriteRun<R extends Json> {
  readonly #context: RunContext;
  readonly #write: Write<R>;
  readonly id: WriteIdentity;
  /** Whether the record is known to hold this run's payload. */
  owns = false;
  /** Where the result comes from. */
  source: 'sent' | 'replayed' | 'found' = 'sent';
  #claim: Claim | undefined;
  #sent = false;
  /** An earlier sending of this key that is still unclear. */
  #open: OpenRecord | undefined;
  #readAt = 0;
  #stopped = false;
  #stop: (reason: Error) => void = () => {};
  readonly #stopping = new Promise<never>((_, reject) => {
    this.#stop = reject;
  });

  constructor(context: RunContext, write: Write<R>, id: WriteIdentity) {
    this.#context = context;
    this.#write = write;
    this.id = id;
  }

  /** Runs to the end, or until it is stopped. */
  result(): Promise<R> {
    return Promise.race([this.#drive(), this.#stopping]);
  }

  /** Answers now with what is known, and sends nothing from here on. A sending under way goes on unwatched. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const unclear = this.#sent || this.#open !== undefined;
    const fault = this.#fault();
    await (this.#sent ? this.#claim?.leaveOpen(fault) : this.#claim?.release());
    this.#stop(unclear ? this.#unknown(fault) : shuttingDown());
  }

  async #drive(): Promise<R> {
    const { store, claimMs } = this.#context;
    if (!this.id.keyed) return this.#send(claimUnkeyed(this.#context, this.id));
    const patience = monotonicNow() + PATIENCE_MS;
    for (;;) {
      const found = await store.read(this.id);
      this.#readAt = monotonicNow();
      if (found && found.record.payload !== this.id.payload) throw keyReused();
      this.owns = found !== undefined;
      if (!found) {
        const claim = await claimNew(this.#context, this.id);
        if (claim) return this.#send(claim);
        continue;
      }
      const { record, version } = found;
      if (record.state === 'RESULT') {
        this.source = 'replayed';
        return replay<R>(record.outcome);
      }
      const freed = record.state === 'INTENT' && record.freed === true;
      if (record.state !== 'UNKNOWN' && !freed && found.ageMs < claimMs && !found.orphaned) {
        if (monotonicNow() >= patience) throw inProgress();
        await pause(Math.min(POLL_MS, patience - monotonicNow()));
      } else if (record.state === 'INTENT') {
        const claim = await claimAbandoned(this.#context, this.id, found);
        if (claim) return this.#send(claim);
      } else {
        this.#open = record;
        const rested: OpenRecord = { ...record, restedMs: (record.restedMs ?? 0) + found.ageMs };
        const effect = await this.#lookBack(rested, version);
        if (effect !== undefined) return effect;
        const claim = await this.#claimAgain(rested, version);
        if (claim) return this.#send(claim);
      }
    }
  }

  /** The effect of an earlier sending; undefined after two clean looks that found none. */
  async #lookBack(record: OpenRecord, version: number): Promise<R | undefined> {
    const { store, log, notes, readbackDelayMs } = this.#context;
    const { marker, keyed } = this.id;
    const sent = (): Promise<never> => Promise.reject(new Error('a look sends nothing'));
    const objectId = record.objectId ?? (await notes.read(marker));
    const attempt: Attempt = { marker, keyed, startedAt: record.startedAt, objectId, sent };
    for (const wait of [0, readbackDelayMs]) {
      if (wait > 0) await pause(wait);
      try {
        const effect = await this.#write.find(attempt);
        if (effect === undefined) continue;
        const { payload, startedAt } = record;
        await store.conclude(this.id, version, {
          state: 'RESULT',
          payload,
          startedAt,
          outcome: { value: effect },
        });
        this.#settled();
        log.info('write_found', this.#names());
        this.source = 'found';
        return effect;
      } catch (error) {
        log.warn('write_look_failed', { ...this.#names(), ...errorFields(error) });
        throw await this.#stillOpen(record, version);
      }
    }
    return undefined;
  }

  /** The right to send what two looks did not find, when that is allowed by now; undefined when another run got it. */
  async #claimAgain(record: OpenRecord, version: number): Promise<Claim | undefined> {
    const { resendQuarantineMs, log } = this.#context;
    // By the store's own clock: those of instances differ, and may be set.
    const quarantined = (record.restedMs ?? 0) + monotonicNow() - this.#readAt < resendQuarantineMs;
    if (this.#write.resend === 'never' || quarantined) throw await this.#stillOpen(record, version);
    const claim = await claimAgain(this.#context, this.id, record, version);
    if (claim) log.warn('write_sent_again', this.#names());
    return claim;
  }

  async #stillOpen(record: OpenRecord, version: number): Promise<UpstreamError> {
    if (record.state === 'SENT') {
      const { payload, startedAt, sentAt, restedMs = 0 } = record;
      await this.#context.store.conclude(this.id, version, { state: 'UNKNOWN', payload, startedAt, sentAt, restedMs });
    }
    return this.#unknown(this.#fault());
  }

  async #send(claim: Claim): Promise<R> {
    this.owns = true;
    this.#claim = claim;
    const { marker, keyed } = this.id;
    const attempt: Attempt = {
      marker,
      keyed,
      startedAt: claim.startedAt,
      objectId: claim.previous?.objectId,
      shows: (objectId) => claim.shows(objectId),
      sent: () => this.#begin(claim),
    };
    let value: R;
    try {
      if (this.#stopped) throw shuttingDown();
      // What must never be sent twice stands in the list of what is open before it is sent, whatever happens then.
      if (this.id.lasting) await this.#list();
      value = await this.#write.send(attempt);
    } catch (error) {
      throw await this.#failed(claim, error);
    }
    await claim.conclude({ value });
    this.#settled();
    return value;
  }

  async #begin(claim: Claim): Promise<void> {
    if (this.#sent) return claim.proceed();
    if (this.#stopped) throw shuttingDown();
    await claim.begin();
    // Stopped while that was being written down: the caller has been told that nothing was sent.
    if (this.#stopped) throw shuttingDown();
    this.#sent = true;
  }

  /** Writes down what a failed sending means, and gives the error to answer with. */
  async #failed(claim: Claim, error: unknown): Promise<unknown> {
    const verdict = this.#verdict(error);
    if (verdict === 'unclear') {
      this.#context.log.warn('write_unclear', { ...this.#names(), ...errorFields(error) });
      const fault = error instanceof UpstreamError ? factsToKeep(error) : this.#fault();
      await claim.leaveOpen(fault);
      if (!this.id.lasting) await this.#list();
      return this.#unknown(fault);
    }
    if (verdict === 'refused' && error instanceof UpstreamError) {
      await claim.conclude({ refusal: { kind: error.kind, details: factsToKeep(error) } });
      this.#settled();
      return error;
    }
    if (await claim.release()) this.#settled();
    // This sending surely did nothing, but the one before may have done something after all.
    return claim.previous && error instanceof UpstreamError ? this.#unknown(this.#fault()) : error;
  }

  #verdict(error: unknown): ReturnType<typeof judge> {
    if (error instanceof UpstreamError && (this.#sent || error.kind === 'outcome_unknown')) {
      // A page in place of a refusal frees the key of a write that may go out again; of this one it proves nothing.
      const unproved = this.#write.resend === 'never' && isForeignPage(error);
      return unproved ? 'unclear' : judge(error);
    }
    return this.#sent && !(error instanceof GatewayError) ? 'unclear' : 'not_done';
  }

  #list(): Promise<void> {
    const { recordKey, marker } = this.id;
    return this.#context.open.add({ recordKey, marker, ...this.#names() });
  }

  /** Not open any more. Nobody waits for that: a list that says too much is put right by whoever reads it. */
  #settled(): void {
    void this.#context.open.remove(this.id.recordKey);
  }

  /** What to say about an unclear end when there is no error to tell it: that of the earlier sending, if any. */
  #fault(): UpstreamErrorDetails {
    const { provider, operation } = this.#write;
    const earlier = this.#open?.state === 'UNKNOWN' ? this.#open.fault : undefined;
    return earlier ?? { provider, operation, delivery: 'unclear' };
  }

  #unknown(fault: UpstreamErrorDetails): UpstreamError {
    return new UpstreamError('outcome_unknown', { ...fault, delivery: 'unclear', idempotencyKey: this.id.key });
  }

  #names(): { provider: string; operation: string } {
    return { provider: this.#write.provider, operation: this.#write.operation };
  }
}

function replay<R extends Json>(outcome: KeptOutcome): R {
  if ('refusal' in outcome) {
    throw new UpstreamError(outcome.refusal.kind, { ...outcome.refusal.details, replayed: true });
  }
  // The record holds what an earlier run of the same operation with the same payload resolved with.
  return outcome.value as R;
}

function errorFields(error: unknown): { error: string } {
  if (error instanceof UpstreamError) return { error: error.kind };
  return { error: error instanceof GatewayError ? error.code : error instanceof Error ? error.name : typeof error };
}
