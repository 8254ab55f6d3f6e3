import { createHmac, randomBytes } from 'node:crypto';
import { monotonicNow } from '../../../values/clock.js';

/** How long a replica may lag behind. */
const TTL_MS = 60_000;
const MAX_ENTRIES = 1_000;

/** An object as an update sends it, and when it was changed, where the upstream shows that. */
export interface State {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly changedAt: string | null;
}

/** Remembers for a minute in which states this process has found what it changed, so that a read from then is known. Digests only. */
export interface FormerStates {
  /** Whether a state is one from before a change made here. */
  isFormer(object: string, state: State): boolean;
  changed(object: string, before: State, after: State['fields']): void;
}

interface Entry {
  readonly until: number;
  /** Digests: of the fields as they were sent last, and of the states that were there before. */
  readonly now: string;
  readonly before: ReadonlySet<string>;
}

export function createFormerStates(now: () => number = monotonicNow): FormerStates {
  const entries = new Map<string, Entry>();
  const key = randomBytes(32);
  const digest = (value: unknown): string =>
    createHmac('sha256', key).update(JSON.stringify(value)).digest('base64url');
  const live = (object: string): Entry | undefined => {
    const entry = entries.get(object);
    return entry && entry.until > now() ? entry : undefined;
  };
  return {
    isFormer(object, state) {
      const entry = live(object);
      return entry !== undefined && entry.before.has(digest(state)) && entry.now !== digest(state.fields);
    },
    changed(object, before, after) {
      const earlier = live(object)?.before ?? [];
      entries.delete(object);
      const known = new Set([...earlier, digest(before)]);
      entries.set(object, { until: now() + TTL_MS, now: digest(after), before: known });
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    },
  };
}
