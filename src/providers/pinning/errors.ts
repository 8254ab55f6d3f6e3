import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { UpstreamError, type CallFacts, type UpstreamErrorKind } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { explanation } from '../../values/answer-bounds.js';
import { kindOfStatus, speaksOfRoute } from '../provider.js';

/** Reasons with which a service refuses to keep the same content twice, such as `DUPLICATE_OBJECT`. */
const DUPLICATE = /duplicate|already[_. -]?(?:pinned|exists?)/i;
/** What Pinata answers, with 400, to a request whose token it cannot see; meta values are known to be strings by then. */
const NO_TOKEN = 'KEYS_MUST_BE_STRINGS';

const MACHINE_CODE = /^[A-Za-z0-9_.-]{1,64}$/;
const SILENT_429_MS = 60_000;

const reasonIn = z.union([
  z.object({ error: z.object({ reason: z.string() }) }).transform((body) => body.error.reason),
  z.object({ error: z.string() }).transform((body) => body.error),
  z.object({ reason: z.string() }).transform((body) => body.reason),
  z.object({ code: z.string() }).transform((body) => body.code),
  z.object({ message: z.string() }).transform((body) => body.message),
]);

const peopleIn = z.object({ error: z.object({ details: z.string() }) });

/** A longer body says nothing that a code could be found in. */
const LONGEST_REASON = 65_536;

/** The service's own machine-readable code; prose, HTML and anything long are left behind. */
export function reasonOf(text: string): string | undefined {
  const reason = reasonIn.safeParse(bodyOf(text));
  return reason.success && MACHINE_CODE.test(reason.data) ? reason.data : undefined;
}

const errorIn = z.object({ error: z.unknown() }).transform((body) => Boolean(body.error));

/** Whether a body is JSON with an error in it, whatever the status beside it says. */
export function tellsError(text: string): boolean {
  const told = errorIn.safeParse(bodyOf(text));
  return told.success && told.data;
}

function bodyOf(text: string): unknown {
  if (text.length > LONGEST_REASON) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the service says for people. */
function detailsIn(text: string): string | undefined {
  const body = peopleIn.safeParse(bodyOf(text));
  return body.success ? body.data.error.details : undefined;
}

/** The name of a status, as frameworks write it into what they refuse: no word of a service's. */
const STATUS_NAMES: ReadonlySet<string> = new Set(
  Object.values(STATUS_CODES).map((name = '') => name.toUpperCase().replaceAll(/[^A-Z]+/g, '_')),
);

/**
 * The documented form of a refusal, whose reason may be empty, or the bare reason, as some have it. What stands between us and a
 * service has forms of its own.
 */
const ownWords = z.object({
  error: z.union([
    z.object({ reason: z.string() }),
    z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{2,63}$/)
      .refine((word) => !STATUS_NAMES.has(word)),
  ]),
});

/** What a call does, as far as it decides what a refusal proves: reads, removals, and what makes a pin. */
export type Effect = 'read' | 'write' | 'making';

/**
 * Whether a refusal need not be the service's own: what it refused may have been carried out. Some services say of a pin that there is
 * none by an empty 404.
 */
function isForeign(status: number, text: string, effect: Effect): boolean {
  if (effect !== 'making' && status === 404 && text.trim() === '') return false;
  return !ownWords.safeParse(bodyOf(text)).success;
}

/** The error that a non-2xx answer stands for: the status decides, the reason corrects it where a service is known to differ. */
export function refusal(answer: Answer, facts: CallFacts, effect: Effect): UpstreamError {
  const text = explanation(answer);
  const foreign = effect !== 'read' && isForeign(answer.status, text, effect);
  const reason = reasonOf(text);
  const kind = effect === 'read' && speaksOfRoute(answer) ? 'bad_response' : kindOf(answer.status, reason);
  return new UpstreamError(kind, {
    ...facts,
    delivery: foreign || provesNothing(answer.status) ? 'unclear' : 'answered',
    status: answer.status,
    upstreamCode: reason,
    upstreamDetails: detailsIn(text),
    reason: kind === 'bad_response' ? 'shape' : undefined,
    conflict: kind === 'conflict' ? 'DUPLICATE' : undefined,
    retryAfterMs: retryAfter(answer),
  });
}

/** A 403 of this reason is no word about the credential: it is good, and what it stands for is not paid. */
const UNPAID = /(^|_)(PAID|PAYMENT|BILLING)(_|$)/i;

function kindOf(status: number, reason: string | undefined): UpstreamErrorKind {
  if (status === 400 && reason === NO_TOKEN) return 'unauthorized';
  if (status === 403 && reason !== undefined && UNPAID.test(reason)) return 'insufficient_funds';
  if ((status === 400 || status === 409) && reason !== undefined && DUPLICATE.test(reason)) return 'conflict';
  // In this protocol 409 says that money is missing, unless its reason says that something is there already.
  if (status === 402 || status === 409) return 'insufficient_funds';
  // A service that closed down answers 410 to everything.
  return status === 410 ? 'unavailable' : kindOfStatus(status);
}

/** A 5xx (or a timeout that a proxy speaks of) does not prove that nothing happened. */
function provesNothing(status: number): boolean {
  return status >= 500 || status === 408;
}

/** The HTTP layer reads what the headers ask for; a 429 that says nothing means a minute. */
function retryAfter({ status, headers }: Answer): number | undefined {
  const silent = headers['retry-after'] === undefined && headers['x-ratelimit-reset'] === undefined;
  return status === 429 && silent ? SILENT_429_MS : undefined;
}

/** Whether a write may have been carried out although it failed: lost, half or senseless answers, 5xx, redirects, foreign words. */
export function isUnclear(error: unknown): error is UpstreamError {
  return error instanceof UpstreamError && (error.delivery === 'unclear' || error.kind === 'bad_response');
}
