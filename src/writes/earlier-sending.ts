import type { UpstreamError } from '../errors.js';
import { monotonicNow } from '../values/clock.js';
import type { Json } from '../values/json.js';
import { sleep } from '../values/sleep.js';
import { type Claim, claimAgain } from './claim.js';
import type { WriteIdentity } from './identity.js';
import type { SentRecord, WriteRecord } from './record.js';
import { inProgress } from './write-errors.js';
import {
  errorFields,
  faultOf,
  lookOf,
  namesOf,
  putOnOpenList,
  type RunContext,
  takeOffOpenList,
  unknownEnd,
} from './run-facts.js';
import type { Attempt, Write } from './writes.js';

/** The record of a sending whose end is open, as it was found in the store. */
export interface FoundOpen {
  readonly record: SentRecord;
  readonly version: number;
  /** When it was read, on the monotonic clock. */
  readonly readAt: number;
}

/** A sending of the same key whose end nobody knows yet: it is looked for, and only then, perhaps, sent again. */
export class EarlierSending<R extends Json> {
  constructor(
    private readonly context: RunContext,
    private readonly write: Write<R>,
    private readonly id: WriteIdentity,
    private readonly found: FoundOpen,
  ) {}

  /** Its effect; undefined after two clean looks that found none. */
  async look(): Promise<R | undefined> {
    const { notes, readbackDelayMs } = this.context;
    const { record } = this.found;
    // What bears the marker is it; what an answer named may be it. A note that cannot be read costs a look, and allows no sending:
    // what has notes is never sent again.
    const noted = await notes.read(this.id.marker).catch(() => undefined);
    const objectId = noted ?? record.objectId;
    const attempt: Attempt = { ...lookOf(this.context, this.write, this.id, record.startedAt), objectId };
    for (const wait of [0, readbackDelayMs]) {
      if (wait > 0) await sleep(wait);
      const effect = await this.#lookOnce(attempt);
      if (effect === undefined) continue;
      await this.#keep(effect);
      return effect;
    }
    return undefined;
  }

  async #lookOnce(attempt: Attempt): Promise<R | undefined> {
    try {
      return await this.write.find(attempt);
    } catch (error) {
      this.context.log.warn('write_look_failed', { ...namesOf(this.write), ...errorFields(error) });
      throw await this.#stillOpen();
    }
  }

  async #keep(effect: R): Promise<void> {
    const { record, version } = this.found;
    const { payload, startedAt } = record;
    const end: WriteRecord = { state: 'RESULT', payload, startedAt, outcome: { value: effect } };
    // People have freed the key meanwhile: what it stands for now is another sending.
    if (!(await this.context.store.conclude(this.id, version, end))) throw inProgress();
    takeOffOpenList(this.context, this.id);
    this.context.log.info('write_found', namesOf(this.write));
  }

  /** The right to send what two looks did not find, when that is allowed by now; undefined when another run got it. */
  async claimAgain(): Promise<Claim | undefined> {
    const { resendQuarantineMs, log } = this.context;
    const { record, version, readAt } = this.found;
    // By the store's own clock: those of instances differ, and may be set.
    const quarantined = (record.restedMs ?? 0) + monotonicNow() - readAt < resendQuarantineMs;
    if (this.write.resend === 'never' || quarantined) throw await this.#stillOpen();
    const claim = await claimAgain(this.context, this.id, record, version);
    if (claim) log.warn('write_sent_again', namesOf(this.write));
    return claim;
  }

  async #stillOpen(): Promise<UpstreamError> {
    const { record, version } = this.found;
    if (record.state === 'SENT') {
      const { payload, startedAt, sentAt, restedMs = 0, objectId } = record;
      const kept = objectId === undefined ? {} : { objectId };
      const open: WriteRecord = { state: 'UNKNOWN', payload, startedAt, sentAt, restedMs, ...kept };
      await this.context.store.conclude(this.id, version, open);
    }
    // It may not stand there any more, or never have: what is listed is listed without a promise.
    await putOnOpenList(this.context, this.write, this.id);
    return unknownEnd(this.id, faultOf(this.write, record));
  }
}
