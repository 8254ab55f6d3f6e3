import type { BadResponseReason } from '../errors.js';
import type { Answer } from './http.js';

/** These say all they have to say by themselves, whoever sends them and whatever the body is. */
const SPEAKS_BY_STATUS: ReadonlySet<number> = new Set([401, 403, 408, 409, 429]);

/** Whether an answer of this status means the same whatever its body is, even one that cannot be read. */
export function speaksByStatus(status: number): boolean {
  return SPEAKS_BY_STATUS.has(status);
}

/**
 * Why a refusal (4xx) cannot be the provider's own, undefined when it can. Load balancers, gateways and parked domains
 * answer with pages of their own, and 404 is what they like best: only JSON (and for 404 an empty body) is the provider
 * speaking. Otherwise a page would make an object look missing, or a write look refused. `refusesInText`: the provider's own
 * refusals have no documented form, so that only pages can be told from them.
 */
export function disbelief(
  { status, text, tooLong }: Pick<Answer, 'status' | 'text' | 'tooLong'>,
  refusesInText = false,
): BadResponseReason | undefined {
  if (status < 400 || status >= 500 || SPEAKS_BY_STATUS.has(status)) return undefined;
  if (tooLong === true) return 'too_large';
  const body = text.trim();
  if (body.startsWith('<')) return 'html';
  if (refusesInText) return undefined;
  if (body === '') return status === 404 ? undefined : 'empty';
  return isJson(body) ? undefined : 'not_json';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
