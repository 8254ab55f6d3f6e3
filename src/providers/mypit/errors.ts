import { z } from 'zod';
import { UpstreamError, type CallFacts, type Delivery, type UpstreamErrorKind } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { parseLossless } from '../../values/lossless.js';
import { kindOfStatus } from '../provider.js';

const MACHINE_CODE = /^[A-Za-z0-9_.-]{1,64}$/;
/** What the host of the backend says when the address is wrong: nothing about any object. */
const WRONG_ADDRESS = /no matching routes|http actions/i;
const CREDENTIAL_MISSING = /client[ _-]?id|secret[ _-]?key/i;
const CURSOR_EXPIRED = /invalid\s?cursor/i;
const ARGUMENT_ERROR = /ArgumentValidationError/;

const code = z.string().regex(MACHINE_CODE).optional().catch(undefined);
const people = z.string().optional().catch(undefined);
const errorDto = z.object({
  code,
  error: z
    .union([z.string().transform((message) => ({ message, code: undefined })), z.object({ code, message: people })])
    .optional()
    .catch(undefined),
});

/**
 * The error that a non-2xx answer stands for. Its text decides where the status alone does not, and goes no further. `write`:
 * an internal error does not prove that nothing was done.
 */
export function refusal(answer: Answer, facts: CallFacts, write: boolean): UpstreamError {
  const { status, text } = answer;
  if (status === 404 && WRONG_ADDRESS.test(text)) {
    return new UpstreamError('bad_response', {
      ...facts,
      status,
      delivery: 'answered',
      reason: 'shape',
      detail: 'no such route',
    });
  }
  const body = errorDto.safeParse(parseLossless(text)).data;
  const delivery: Delivery = status >= 500 || status === 408 ? 'unclear' : 'answered';
  const details = {
    ...facts,
    status,
    delivery,
    upstreamCode: body?.code ?? body?.error?.code,
    upstreamDetails: body?.error?.message,
  };
  return new UpstreamError(kindOf(status, text, write), details);
}

function kindOf(status: number, text: string, write: boolean): UpstreamErrorKind {
  if (status === 400 && CREDENTIAL_MISSING.test(text)) return 'unauthorized';
  if ((status === 400 || (status === 500 && !write)) && saysCursorExpired(text)) return 'cursor_expired';
  if (status === 500 && !write && ARGUMENT_ERROR.test(text)) return 'rejected';
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
