import { z } from 'zod';
import { UpstreamError, type CallFacts, type UpstreamErrorKind } from '../../errors.js';
import type { Answer } from '../../upstream/http.js';
import { explanation } from '../../values/answer-bounds.js';
import { parseLossless } from '../../values/lossless.js';
import { kindOfStatus } from '../provider.js';
import { badResponse } from '../reading.js';

/** Horizon's problem bodies: a `type` whose last part is the code, such as `.../horizon-errors/not_found`. */
const problem = z.object({ type: z.string() });
const CODE = /\/([a-z0-9_]{1,64})\/?$/;

/** The error that any other answer than a 2xx stands for. Absence and a refusal are believed only when JSON says so. */
export function refusal(answer: Answer, facts: CallFacts): UpstreamError {
  const { status } = answer;
  const text = explanation(answer).trim();
  const body = parseLossless(text);
  const kind = kindOf(status);
  if ((kind === 'not_found' || kind === 'rejected') && (typeof body !== 'object' || body === null))
    return badResponse({ facts, delivery: 'answered' }, text.startsWith('<') ? 'html' : 'not_json', `status ${status}`);
  const upstreamCode = CODE.exec(problem.safeParse(body).data?.type ?? '')?.[1];
  return new UpstreamError(kind, { ...facts, delivery: 'answered', status, upstreamCode });
}

function kindOf(status: number): UpstreamErrorKind {
  // A ledger that no longer keeps so old a history says 410.
  if (status === 410) return 'not_found';
  const kind = kindOfStatus(status);
  // No credential is sent, so none was refused: somebody in front of the ledger does not let us through just now.
  return kind === 'unauthorized' || kind === 'forbidden' ? 'unavailable' : kind;
}
