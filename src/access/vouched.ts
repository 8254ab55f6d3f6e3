import { boundedCache } from '../values/bounded-cache.js';
import { monotonicNow } from '../values/clock.js';

/** Credentials that their providers accepted of late, and whom each stands for. What is made up is never among them. */
export interface Vouched {
  /** `name` is whom it stands for, where the provider said so. */
  accepted(fingerprint: string, name?: string): void;
  refused(fingerprint: string): void;
  /** Undefined when its provider has not accepted it within the last ten minutes. */
  nameOf(fingerprint: string): string | undefined;
}

const TEN_MINUTES_MS = 600_000;
/** Only what a provider accepts gets in, so that nobody can push others out with what they make up. */
const MOST = 10_000;

export function createVouched(): Vouched {
  const known = boundedCache<{ readonly name: string; readonly until: number }>(MOST);
  return {
    accepted(fingerprint, name) {
      const before = known.get(fingerprint)?.name;
      known.set(fingerprint, { name: name ?? before ?? fingerprint, until: monotonicNow() + TEN_MINUTES_MS });
    },
    refused: (fingerprint) => void known.delete(fingerprint),
    nameOf(fingerprint) {
      const found = known.get(fingerprint);
      return found !== undefined && monotonicNow() < found.until ? found.name : undefined;
    },
  };
}
