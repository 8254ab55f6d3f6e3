/** So many issuings are remembered; an older one is read back by its marker alone. */
const MAX_ENTRIES = 200;

/** Remembers which badges were there before an issuing began: where the upstream hides our marker, these are not its own. */
export interface IssueMemory {
  /** Undefined when this process did not look before. */
  existingBefore(marker: string): ReadonlySet<string> | undefined;
  remember(marker: string, badgeIds: ReadonlySet<string>): void;
}

export function createIssueMemory(): IssueMemory {
  const entries = new Map<string, ReadonlySet<string>>();
  return {
    existingBefore: (marker) => entries.get(marker),
    remember(marker, badgeIds) {
      entries.delete(marker);
      entries.set(marker, badgeIds);
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    },
  };
}
