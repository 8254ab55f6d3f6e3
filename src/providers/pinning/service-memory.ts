import { RecentIds } from '../../values/recent-ids.js';
import { ShownPins } from './shown-pins.js';

/** Attempts whose pre-read is kept; older ones are forgotten first. */
const MAX_ATTEMPTS = 1000;

/**
 * What was learned about one service, by each credential (its fingerprint) for itself: what one caller brings about there slows down and
 * blocks nobody else. No credential and no pin is in it, it is bounded, and forgetting it costs a call or two.
 */
export interface ServiceMemory {
  /** Whether the service has shown to keep the markers of this credential; false until it did. */
  keepsMarkers(fingerprint: string): boolean;
  learnMarkers(fingerprint: string, kept: boolean): void;
  /** The request ids that were there before the first sending of this marker; undefined when nobody looked, or it is forgotten. */
  existingBefore(marker: string): ReadonlySet<string> | undefined;
  rememberExisting(marker: string, ids: ReadonlySet<string>): void;
  /** Pins that one credential (by its fingerprint) added through this gateway lately, or removed. */
  noteAdded(fingerprint: string, requestId: string, cid: string): void;
  noteRemoved(fingerprint: string, requestId: string): void;
  wasAdded(fingerprint: string, requestId: string): boolean;
  /** The content of a pin that was added here so lately that reads may not show it yet; undefined of any other. */
  addedContent(fingerprint: string, requestId: string): string | undefined;
  wasRemoved(fingerprint: string, requestId: string): boolean;
  /** Pins that one credential was shown through this gateway lately, and that were not removed here since. */
  noteSeen(fingerprint: string, requestIds: readonly string[]): void;
  wasSeen(fingerprint: string, requestId: string): boolean;
  /** Whether the service lately said by itself, to this credential and operation, that there is no such pin: then nobody looks first. */
  refusesMissing(fingerprint: string, operation: string): boolean;
  learnRefusesMissing(fingerprint: string, operation: string): void;
  /**
   * Whether the service lately confirmed to this credential the removal of a pin that was gone: then whether a pin is there has to be
   * looked up.
   */
  confirmsAnything(fingerprint: string): boolean;
  learnConfirmsAnything(fingerprint: string): void;
}

/** For how long a pin that was added here may not be found yet. */
const ADDED_MS = 60_000;
/** For how long it is remembered what was removed here. */
const REMOVED_MS = 3_600_000;
const REFUSING_MS = 3_600_000;
const CONFIRMING_MS = 86_400_000;
const MARKERS_MS = 86_400_000;

/** Starts with nothing known. */
export function createServiceMemory(): ServiceMemory {
  const keeping = new RecentIds(MARKERS_MS);
  const existing = new Map<string, ReadonlySet<string>>();
  const [added, removed] = [new RecentIds(ADDED_MS), new RecentIds(REMOVED_MS)];
  /** Of operations, each for one credential: what a service answers to made-up tokens says nothing to the others. */
  const refusing = new RecentIds(REFUSING_MS);
  const confirming = new RecentIds(CONFIRMING_MS);
  const shown = new ShownPins();
  return {
    keepsMarkers: (fingerprint) => keeping.has(fingerprint, ''),
    learnMarkers: (fingerprint, kept) => (kept ? keeping.add(fingerprint, '') : keeping.delete(fingerprint, '')),
    existingBefore: (marker) => existing.get(marker),
    rememberExisting(marker, ids) {
      existing.set(marker, ids);
      const oldest = existing.size > MAX_ATTEMPTS ? existing.keys().next().value : undefined;
      if (oldest !== undefined) existing.delete(oldest);
    },
    noteAdded(fingerprint, requestId, cid) {
      added.add(fingerprint, requestId, cid);
      shown.add(fingerprint, [requestId]);
      removed.delete(fingerprint, requestId);
    },
    noteRemoved(fingerprint, requestId) {
      added.delete(fingerprint, requestId);
      removed.add(fingerprint, requestId);
    },
    wasAdded: (fingerprint, requestId) => added.has(fingerprint, requestId),
    addedContent: (fingerprint, requestId) => added.note(fingerprint, requestId),
    wasRemoved: (fingerprint, requestId) => removed.has(fingerprint, requestId),
    noteSeen: (fingerprint, requestIds) => shown.add(fingerprint, requestIds),
    wasSeen: (fingerprint, requestId) => shown.has(fingerprint, requestId) && !removed.has(fingerprint, requestId),
    refusesMissing: (fingerprint, operation) => refusing.has(fingerprint, operation),
    learnRefusesMissing: (fingerprint, operation) => refusing.add(fingerprint, operation),
    confirmsAnything: (fingerprint) => confirming.has(fingerprint, ''),
    learnConfirmsAnything: (fingerprint) => confirming.add(fingerprint, ''),
  };
}
