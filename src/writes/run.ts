import { detailsOf, GatewayError, UpstreamError } from '../errors.js';
import { isForeignPage } from '../unclear-ends.js';
import { monotonicNow } from '../values/clock.js';
import type { Json } from '../values/json.js';
import { sleep } from '../values/sleep.js';
import { type Claim, claimAbandoned, claimNew, claimUnkeyed } from './claim.js';
import { EarlierSending } from './earlier-sending.js';
import { identify, type WriteIdentity } from './identity.js';
import { effectSeenSince, toldMore } from './reopening.js';
import { factsToKeep, proofOf, type KeptOutcome, type SentRecord } from './record.js';
import { inProgress, keyReused, shuttingDown } from './write-errors.js';
import {
  errorFields,
  faultOf,
  namesOf,
  putOnOpenList,
  type RunContext,
  takeOffOpenList,
  takingsOf,
  unknownEnd,
} from './run-facts.js';
import type { Attempt, Write } from './writes.js';

/** How long a call waits for another one with the same key. */
export const PATIENCE_MS = 2_000;
/** How often it looks meanwhile. */
export const POLL_MS = 100;

/** One call of `once`, from the look at the record to the end that is written into it. */
export class WriteRun<R extends Json> {
  readonly #context: RunContext;
  readonly #write: Write<R>;
  /** In the generation of the key that the record tells of. */
  id: WriteIdentity;
  /** Whether the record is known to hold this run's payload. */
  owns = false;
  /** Where the result comes from. */
  source: 'sent' | 'replayed' | 'found' = 'sent';
  #claim: Claim | undefined;
  #sent = false;
  /** An earlier sending of this key that is still unclear. */
  #open: SentRecord | undefined;
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
    const fault = faultOf(this.#write, this.#open);
    await (this.#sent ? this.#claim?.leaveOpen(fault) : this.#claim?.release());
    this.#stop(unclear ? unknownEnd(this.id, fault) : shuttingDown());
  }

  async #drive(): Promise<R> {
    const { store, claimMs } = this.#context;
    if (!this.id.keyed) return this.#send(claimUnkeyed(this.#context, this.id));
    const patience = monotonicNow() + PATIENCE_MS;
    for (;;) {
      const found = await store.read(this.id);
      const readAt = monotonicNow();
      if (found && found.record.payload !== this.id.payload) throw keyReused();
      this.owns = found !== undefined;
      this.id = identify(this.#write, this.#context.secret, found?.generation);
      if (!found) {
        const claim = await claimNew(this.#context, this.id);
        if (claim) return this.#send(claim);
        continue;
      }
      const { record, version } = found;
      if (record.state === 'RESULT') {
        const kept = { record, version };
        const effect =
          (await effectSeenSince(this.#context, this.#write, this.id, kept)) ??
          (await toldMore(this.#context, this.#write, this.id, kept));
        if (effect !== undefined) {
          this.source = 'found';
          return effect;
        }
        this.source = 'replayed';
        return replay<R>(record.outcome);
      }
      const freed = record.state === 'INTENT' && record.freed === true;
      if (record.state !== 'UNKNOWN' && !freed && found.ageMs < claimMs && !found.orphaned) {
        if (monotonicNow() >= patience) throw inProgress();
        await sleep(Math.min(POLL_MS, patience - monotonicNow()));
      } else if (record.state === 'INTENT') {
        const claim = await claimAbandoned(this.#context, this.id, found);
        if (claim) return this.#send(claim);
      } else {
        this.#open = record;
        const rested: SentRecord = { ...record, restedMs: (record.restedMs ?? 0) + found.ageMs };
        const earlier = new EarlierSending(this.#context, this.#write, this.id, { record: rested, version, readAt });
        const effect = await earlier.look();
        if (effect !== undefined) {
          this.source = 'found';
          return effect;
        }
        const claim = await earlier.claimAgain();
        if (claim) return this.#send(claim);
      }
    }
  }

  async #send(claim: Claim): Promise<R> {
    this.owns = true;
    this.#claim = claim;
    let value: R;
    try {
      if (this.#stopped) throw shuttingDown();
      // What must never be sent twice stands in the list of what is open before it is sent, whatever happens then.
      if (this.id.lasting) await putOnOpenList(this.#context, this.#write, this.id);
      value = await this.#write.send(await this.#attempt(claim));
    } catch (error) {
      throw await this.#failed(claim, error);
    }
    await claim.conclude({ value });
    takeOffOpenList(this.#context, this.id);
    return value;
  }

  /** Rejects when nobody can tell what was seen of this key's sendings: then nothing is sent. */
  async #attempt(claim: Claim): Promise<Attempt> {
    const { notes } = this.#context;
    const { marker, keyed, lasting, former } = this.id;
    const formerOf = async (one: string) => ({
      marker: one,
      objectId: lasting ? await notes.readFormer(one) : undefined,
    });
    return {
      marker,
      keyed,
      former: await Promise.all(former.map(formerOf)),
      startedAt: claim.startedAt,
      // The key may have been sent before, and clearly refused: what any answer showed of it since then is looked at first.
      objectId: (lasting ? await notes.read(marker) : undefined) ?? claim.previous?.objectId,
      shows: (objectId) => claim.shows(objectId),
      ...takingsOf(this.#context, this.#write, this.id),
      sent: () => this.#begin(claim),
    };
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
      this.#context.log.warn('write_unclear', { ...namesOf(this.#write), ...errorFields(error) });
      const fault = error instanceof UpstreamError ? factsToKeep(error) : faultOf(this.#write, this.#open);
      await claim.leaveOpen(fault);
      if (!this.id.lasting) await putOnOpenList(this.#context, this.#write, this.id);
      return error instanceof UpstreamError && error.endOpen === true
        ? new UpstreamError(error.kind, { ...detailsOf(error), idempotencyKey: this.id.key })
        : unknownEnd(this.id, fault);
    }
    if (verdict === 'refused' && error instanceof UpstreamError) {
      await claim.conclude({ refusal: { kind: error.kind, details: factsToKeep(error) } });
      takeOffOpenList(this.#context, this.id);
      return this.id.keyed ? new UpstreamError(error.kind, { ...detailsOf(error), kept: true }) : error;
    }
    if (await claim.release()) takeOffOpenList(this.#context, this.id);
    // This sending surely did nothing, but the one before may have done something after all.
    return claim.previous && error instanceof UpstreamError
      ? unknownEnd(this.id, faultOf(this.#write, this.#open))
      : error;
  }

  #verdict(error: unknown): ReturnType<typeof proofOf> {
    if (error instanceof UpstreamError && (this.#sent || error.kind === 'outcome_unknown')) {
      // A page in place of a refusal frees the key of a write that may go out again; of this one it proves nothing.
      const unproved = this.#write.resend === 'never' && isForeignPage(error);
      return unproved ? 'unclear' : proofOf(error);
    }
    return this.#sent && !(error instanceof GatewayError) ? 'unclear' : 'not_done';
  }
}

function replay<R extends Json>(outcome: KeptOutcome): R {
  if ('refusal' in outcome) {
    throw new UpstreamError(outcome.refusal.kind, { ...outcome.refusal.details, replayed: true });
  }
  // The record holds what an earlier run of the same operation with the same payload resolved with.
  return outcome.value as R;
}
