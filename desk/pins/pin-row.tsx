import type { PinEntryFragment, PinStatus } from '../generated/graphql.js';
import { dateOf, sizeOf } from '../format.js';
import { Refusal, type ShownRefusal } from '../parts/refusal.js';
import { Chip, Id, type Tone } from '../parts/small.js';

export type Pin = PinEntryFragment;
/** What came of the last press on a pin's button. */
export type RetryAnswer = 'asking' | 'retried' | ShownRefusal;

const tones: Record<PinStatus, Tone> = {
  QUEUED: 'plain',
  PINNING: 'wait',
  PINNED: 'good',
  FAILED: 'bad',
  REMOVED: 'plain',
  UNKNOWN: 'plain',
};

interface PinRowProps {
  readonly pin: Pin;
  readonly answer: RetryAnswer | undefined;
  /** Left out where the key may not. */
  readonly retry: (() => void) | undefined;
}

export function PinRow({ pin, answer, retry }: PinRowProps) {
  const { name, cid, status, statusDetails, createdAt, dagSize } = pin;
  const percent = status === 'PINNING' ? percentIn(statusDetails) : undefined;
  const label = name ?? 'Without a name';
  return (
    <li className="row-plain">
      <span className="grow">
        <strong className={name === null ? 'light' : undefined}>{label}</strong> <Id id={cid} name="CID" />
        <span className="fine">
          {dateOf(createdAt)}
          {dagSize !== null && <> · {sizeOf(dagSize)}</>}
          {statusDetails !== null && <> · {statusDetails}</>}
        </span>
        {answer !== undefined && typeof answer !== 'string' && <Refusal refusal={answer} />}
      </span>
      {percent !== undefined && <progress max={100} value={percent} aria-label={`Progress of ${label}`} />}
      <Chip tone={tones[status]}>{status.toLowerCase()}</Chip>
      {status === 'FAILED' && retry !== undefined && (
        <button type="button" onClick={retry} disabled={answer === 'asking'} aria-label={`Retry ${label}`}>
          {answer === 'asking' ? 'Asking…' : 'Retry'}
        </button>
      )}
    </li>
  );
}

/** Services tell their progress, if at all, in words. */
function percentIn(details: string | null | undefined): number | undefined {
  const found = /(\d{1,3})\s*%/.exec(details ?? '')?.[1];
  return found === undefined ? undefined : Math.min(100, Number(found));
}
