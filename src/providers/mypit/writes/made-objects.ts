import { badResponse } from '../../reading.js';
import type { UpstreamError } from '../../../errors.js';
import type { BadgeTemplate, Holder } from '../model.js';
import { factsOf, type WriteContext } from './write-context.js';

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

/** The answer to a making names an object that is not the one asked for: what became of that nobody knows. */
export function anotherObject(context: WriteContext, operation: string): UpstreamError {
  return badResponse({ facts: factsOf(context, operation), delivery: 'unclear' }, 'identity_mismatch');
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
