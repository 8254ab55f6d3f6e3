import type { GatewayNowQuery } from '../generated/graphql.js';
import type { Tone } from '../parts/small.js';

export type State = NonNullable<GatewayNowQuery['gateway']>['state'];

export const kinds: Record<State['kind'], string> = {
  MEMORY: 'in memory',
  EMBEDDED: 'in a folder of this instance',
  REDIS: 'in Redis',
};

export const doubts: Record<NonNullable<State['doubt']>, string> = {
  EVICTS: 'It throws entries out when it is full: payouts and badges wait. Set `noeviction`.',
  EMPTIED: 'It came back empty: payouts and badges wait until `headgate state accept`.',
  CLOCK:
    "This machine's clock is behind its last work, or more than 40 days ahead: payouts and badges wait until it is right, or `headgate state accept`.",
  FORGETS: 'It ends with this process: payouts and badges wait. Set `STATE_DIR` to a folder, or `REDIS_URL`.',
  UNCHECKED:
    'It has not been looked at yet, or does not tell whether it throws entries out: payouts and badges wait. Allow `INFO`.',
};

const tones: Record<State['availability'], Tone> = { AVAILABLE: 'good', STARTING: 'wait', LOST: 'bad' };

/** A store that is there, and not relied on, is no good news. */
export function stateTone({ availability, doubt }: State): Tone {
  return availability === 'AVAILABLE' && doubt !== null ? 'wait' : tones[availability];
}

/** One word, which the tone fits. */
export function stateWord({ availability, doubt }: State): string {
  return availability === 'AVAILABLE' && doubt !== null ? 'in doubt' : availability.toLowerCase();
}

/** What the headline says of it; undefined when it is well. */
export function stateTrouble({ availability, doubt }: State): string | undefined {
  if (availability === 'LOST') return 'the state store cannot be reached';
  if (availability === 'STARTING') return 'the state store is starting';
  return doubt === null ? undefined : 'the state store is in doubt: payouts and badges wait';
}
