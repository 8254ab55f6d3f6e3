import { invalidInput } from '../../../errors.js';
import type { ParsedCid } from '../../../values/cid.js';
import type { ListRequest } from './listing.js';
import { statusWords } from '../wire.js';

/** The most spellings that one listing may ask for. */
export const MAX_SPELLINGS = 10;
/** The most rows that one listing may bring. */
export const MAX_LIMIT = 1000;
/** The protocol warns of longer URLs. */
const MAX_URL_LENGTH = 2000;

/** The path and query of a listing, encoded. */
export function listPath(request: ListRequest): string {
  const parts: string[] = [];
  const put = (name: string, value: string): void => void parts.push(`${name}=${encodeURIComponent(value)}`);
  if (request.cids.length > 0) put('cid', request.cids.join(','));
  if (request.name !== null) {
    put('name', request.name);
    put('match', request.match.toLowerCase());
  }
  // Without a status some services show pinned ones only; without a limit some show everything.
  put('status', statusWords(request.status).join(','));
  if (request.before !== null) put('before', request.before);
  if (request.after !== null) put('after', request.after);
  if (request.meta !== null && Object.keys(request.meta).length > 0) put('meta', JSON.stringify(request.meta));
  put('limit', String(request.limit));
  return `/pins?${parts.join('&')}`;
}

/** Whether the complete URL of this listing is short enough to be sent. */
export function fitsUrl(baseUrl: string, request: ListRequest): boolean {
  return baseUrl.length + listPath(request).length <= MAX_URL_LENGTH;
}

/**
 * Splits CIDs into as few listings as fit: ten spellings and one URL each, the two spellings of one CID never apart. `rest`
 * is what else will be asked, at its longest. Throws InvalidInput at `path` when one CID alone does not fit.
 */
export function batchCids(baseUrl: string, cids: readonly ParsedCid[], rest: ListRequest, path: string): ParsedCid[][] {
  const fits = (batch: readonly ParsedCid[]): boolean => {
    const spellings = spellingsOf(batch);
    return spellings.length <= MAX_SPELLINGS && fitsUrl(baseUrl, { ...rest, cids: spellings });
  };
  const batches: ParsedCid[][] = [];
  for (const cid of cids) {
    const current = batches.at(-1);
    if (current && fits([...current, cid])) current.push(cid);
    else if (fits([cid])) batches.push([cid]);
    else throw invalidInput(path, 'is too long for a listing');
  }
  return batches;
}

/** Every spelling under which these CIDs may be known. */
export function spellingsOf(cids: readonly ParsedCid[]): string[] {
  return cids.flatMap((cid) => cid.spellings);
}
