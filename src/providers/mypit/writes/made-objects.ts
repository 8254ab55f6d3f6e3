import type { BadgeTemplate, Holder } from '../model.js';

/**
 * What the writes of one operation have read back of what they made, so that it is not read again to be told; undefined when it could
 * not be read.
 */
export interface MadeObjects {
  readonly holders: Map<string, Holder | undefined>;
  readonly templates: Map<string, BadgeTemplate | undefined>;
}

export function createMadeObjects(): MadeObjects {
  return { holders: new Map(), templates: new Map() };
}

/** An address or a DID as far as services agree on it. */
function lowered(text: string): string {
  return text.trim().toLowerCase();
}

/** Of a name or a text, the letters and figures: services trim, fold and escape the rest. */
function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/&#?\w{1,8};|[^\p{L}\p{N}]+/gu, '');
}

/** Whether an address or a DID that may not be shown is the one asked for. */
export function isSame(shown: string | null, wanted: string): boolean {
  return shown === null || lowered(shown) === lowered(wanted);
}

/** Whether a name that may not be shown is the one asked for. */
export function isSameName(shown: string | null, wanted: string): boolean {
  return shown === null || lowered(shown) === lowered(wanted) || letters(shown) === letters(wanted);
}

/** The same of a text, which may be shown cut. */
export function begins(shown: string | null, wanted: string): boolean {
  return shown === null || letters(wanted).startsWith(letters(shown));
}
