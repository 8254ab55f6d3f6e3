import { z } from 'zod';
import { UpstreamError, type CallFacts, type Delivery, type UpstreamErrorKind } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { explanation } from '../../values/answer-bounds.js';
import { parseLossless } from '../../values/lossless.js';
import { kindOfStatus, speaksOfRoute } from '../provider.js';

const MACHINE_CODE = /^[A-Za-z0-9_.-]{1,64}$/;
/** What the host of the backend says when the address is wrong: nothing about any object. */
const WRONG_ADDRESS = /no matching routes|http actions/i;
const CREDENTIAL_MISSING = /client[ _-]?id|secret[ _-]?key/i;
const CURSOR_EXPIRED = /invalid\s?cursor/i;
const ARGUMENT_ERROR = /ArgumentValidationError/;

/**
 * What refusals of the upstream's own name: its objects, their fields, its credentials, its validator's word. A proxy knows none
 * of them.
 */
const OWN_WORDS = [
  'client[ _-]?id|secret[ _-]?key',
  '(?:badge|template|holder|recipient|issuer|owner)(?:s|ids?|data|did)?|userids?',
  'email|phone|price|criteria|memo|validity ?period|image ?url|type ?of ?badge',
  'argumentvalidation(?:error)?|already (?:exists|in use|taken)|insufficient',
];
const OWN_WORD = new RegExp(`(?<![a-z])(?:${OWN_WORDS.join('|')})(?![a-z])`, 'i');

const code = z.string().regex(MACHINE_CODE).optional().catch(undefined);
const people = z.string().optional().catch(undefined);
const errorDto = z.object({
  code,
  error: z
    .union([z.string().transform((message) => ({ message, code: undefined })), z.object({ code, message: people })])
    .optional()
    .catch(undefined),
  message: people,
  errorMessage: people,
});

/**
 * What a call does, as far as it decides what a refusal proves: reads, writes, the making of what a look finds again, and the
 * issuing of what is paid for.
 */
export type Effect = 'read' | 'write' | 'making' | 'issuing';

/**
 * The error that a non-2xx answer stands for. Its text decides where the status alone does not, and goes no further. An
 * internal error does not prove that a write was not done; nor does a refusal that names nothing of the upstream's own, which
 * anybody on the way may have sent: nothing but a look can tell.
 */
export function refusal(answer: Answer, facts: CallFacts, effect: Effect): UpstreamError {
  const { status } = answer;
  const text = explanation(answer);
  if (status === 404 && WRONG_ADDRESS.test(text)) {
    return new UpstreamError('bad_response', {
      ...facts,
      status,
      delivery: effect === 'making' || effect === 'issuing' ? 'unclear' : 'answered',
      reason: 'shape',
      detail: 'no such route',
    });
  }
  const body = errorDto.safeParse(parseLossless(text)).data;
  const elsewhere = effect === 'read' && speaksOfRoute(answer);
  const kind = elsewhere ? 'bad_response' : kindOf(status, text, effect);
  const anybodys = effect !== 'read' && !namesItsOwn(body);
  const delivery: Delivery = status >= 500 || status === 408 || anybodys ? 'unclear' : 'answered';
  const details = {
    ...facts,
    status,
    delivery,
    reason: elsewhere ? ('shape' as const) : undefined,
    upstreamCode: body?.code ?? body?.error?.code,
    upstreamDetails: body?.error?.message,
  };
  return new UpstreamError(kind, details);
}

function namesItsOwn(body: z.infer<typeof errorDto> | undefined): boolean {
  const texts = [body?.code, body?.message, body?.errorMessage, body?.error?.code, body?.error?.message];
  return texts.some((text) => text !== undefined && OWN_WORD.test(text));
}

function kindOf(status: number, text: string, effect: Effect): UpstreamErrorKind {
  if (status === 400 && CREDENTIAL_MISSING.test(text)) return 'unauthorized';
  if (effect !== 'read') return kindOfStatus(status);
  if ((status === 400 || status === 500) && saysCursorExpired(text)) return 'cursor_expired';
  if (status === 500 && ARGUMENT_ERROR.test(text)) return 'rejected';
  return kindOfStatus(status);
}

/** Whether an error's text says that a cursor is of another query, or of an older deployment. */
export function saysCursorExpired(text: string): boolean {
  return CURSOR_EXPIRED.test(text);
}

/** Whether a write may have been carried out although it failed: lost, half or senseless answers, 5xx, redirects. */
export function isUnclear(error: UpstreamError): boolean {
  return error.delivery === 'unclear' || (error.kind === 'bad_response' && error.status !== 404);
}

export function notFound(facts: CallFacts): UpstreamError {
  return new UpstreamError('not_found', { ...facts, delivery: 'answered' });
}

/** Whether the upstream said that there is no such object. */
export function isNotFound(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'not_found';
}
