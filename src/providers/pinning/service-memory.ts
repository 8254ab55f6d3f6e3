/** Attempts whose pre-read is kept; older ones are forgotten first. */
const MAX_ATTEMPTS = 1000;

/**
 * What was learned about one service, for all callers: no credential and no pin is in it, and forgetting it costs one call.
 */
export interface ServiceMemory {
  /** Whether the service has shown to keep our marker; false until it did. */
  readonly keepsMarkers: boolean;
  learnMarkers(kept: boolean): void;
  /** The request ids that were there before the first sending of this marker; undefined when nobody looked, or it is forgotten. */
  existingBefore(marker: string): ReadonlySet<string> | undefined;
  rememberExisting(marker: string, ids: ReadonlySet<string>): void;
}

/** Starts with nothing known. */
export function createServiceMemory(): ServiceMemory {
  let keepsMarkers = false;
  const existing = new Map<string, ReadonlySet<string>>();
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
  };
}
