import { RecentIds } from '../../values/recent-ids.js';

/** Attempts whose pre-read is kept; older ones are forgotten first. */
const MAX_ATTEMPTS = 1000;

/**
 * What was learned about one service, for all callers: no credential and no pin is in it, and forgetting it costs a call or two.
 */
export interface ServiceMemory {
  /** Whether the service has shown to keep our marker; false until it did. */
  readonly keepsMarkers: boolean;
  learnMarkers(kept: boolean): void;
  /** The request ids that were there before the first sending of this marker; undefined when nobody looked, or it is forgotten. */
  existingBefore(marker: string): ReadonlySet<string> | undefined;
  rememberExisting(marker: string, ids: ReadonlySet<string>): void;
  /** Pins that one credential (by its fingerprint) added through this gateway lately, or removed. */
  noteAdded(fingerprint: string, requestId: string): void;
  noteRemoved(fingerprint: string, requestId: string): void;
  wasAdded(fingerprint: string, requestId: string): boolean;
  wasRemoved(fingerprint: string, requestId: string): boolean;
  /** Whether the service was seen to confirm the removal of a pin that was gone: then whether a pin is there has to be looked up. */
  readonly confirmsAnything: boolean;
  learnConfirmsAnything(): void;
}

/** For how long a pin that was added here may not be found yet. */
const ADDED_MS = 60_000;
/** For how long it is remembered what was removed here. */
const REMOVED_MS = 3_600_000;

/** Starts with nothing known. */
export function createServiceMemory(): ServiceMemory {
  let keepsMarkers = false;
  let confirmsAnything = false;
  const existing = new Map<string, ReadonlySet<string>>();
  const [added, removed] = [new RecentIds(ADDED_MS), new RecentIds(REMOVED_MS)];
  return {
    get keepsMarkers() {
      return keepsMarkers;
    },
    learnMarkers(kept) {
      keepsMarkers = kept;
    },
    existingBefore: (marker) => existing.get(marker),
    rememberExisting(marker, ids) {
      existing.set(marker, ids);
      const oldest = existing.size > MAX_ATTEMPTS ? existing.keys().next().value : undefined;
      if (oldest !== undefined) existing.delete(oldest);
    },
    noteAdded(fingerprint, requestId) {
      added.add(fingerprint, requestId);
      removed.delete(fingerprint, requestId);
    },
    noteRemoved(fingerprint, requestId) {
      added.delete(fingerprint, requestId);
      removed.add(fingerprint, requestId);
    },
    wasAdded: (fingerprint, requestId) => added.has(fingerprint, requestId),
    wasRemoved: (fingerprint, requestId) => removed.has(fingerprint, requestId),
    get confirmsAnything() {
      return confirmsAnything;
    },
    learnConfirmsAnything() {
      confirmsAnything = true;
    },
  };
}
