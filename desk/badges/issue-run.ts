import type { Client } from '@urql/core';
import { faultOf } from '../graph.js';
import { operations } from '../operations.js';
import { refusalOf } from '../payments/changes.js';
import type { Refused } from '../words.js';
import { sentenceOf } from '../words.js';
import type { CheckedRow } from './recipients.js';

/** What became of a row. */
export type RowAnswer =
  | { readonly state: 'asking' }
  | { readonly state: 'issued'; readonly badgeId: string | null }
  /** `final`: this key will never issue it. Else sending it again asks for the same badge. */
  | { readonly state: 'failed'; readonly why: string; readonly final: boolean }
  | { readonly state: 'unknown'; readonly why: string };

export interface Batch {
  readonly name: string;
  readonly templateId: string;
}

/**
 * The key of a row: the same for the same person, template and batch, however often it is pressed and whatever happens in
 * between, so that nobody is issued, or paid for, twice.
 */
export function keyOf({ name, templateId }: Batch, { holderId }: CheckedRow): string {
  // None of them holds a space, so that no two rows can come to one key.
  return ['desk', name, templateId, holderId].join(' ');
}

/** At most so many rows at a time: others use the gateway too. */
const AT_ONCE = 4;
const MOST_TRIES = 5;
const PATIENCE_MS = 2_000;
/** Nothing was done, and the same may be asked again soon. */
const SOON: ReadonlySet<Refused['code']> = new Set([
  'RATE_LIMITED',
  'TOO_MANY_REQUESTS',
  'OVERLOADED',
  'CIRCUIT_OPEN',
  'IDEMPOTENCY_IN_PROGRESS',
]);

interface Run {
  readonly graph: Client;
  readonly batch: Batch;
  readonly rows: readonly CheckedRow[];
  readonly signal: AbortSignal;
  readonly tell: (row: CheckedRow, answer: RowAnswer | undefined) => void;
}

/** Issues row by row; ends when all have an answer, or when it is stopped, which lets rows under way finish. */
export async function issueAll({ graph, batch, rows, signal, tell }: Run): Promise<void> {
  const waiting = rows.values();
  async function work(): Promise<void> {
    for (const row of waiting) {
      if (signal.aborted) return;
      tell(row, { state: 'asking' });
      tell(row, await issueRow(graph, batch, row, signal));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function issueRow(
  graph: Client,
  batch: Batch,
  row: CheckedRow,
  signal: AbortSignal,
): Promise<RowAnswer | undefined> {
  const input = {
    templateId: batch.templateId,
    recipientIds: [row.holderId],
    data: row.data,
    idempotencyKey: keyOf(batch, row),
  };
  for (let tries = 1; ; tries += 1) {
    const { data, error } = await graph.mutation(operations.issueRow, { input }).toPromise();
    const result = data?.issueBadge;
    if (result?.__typename === 'IssueBadgePayload') return answerOf(result.results[0]);
    const refused = result ? refusalOf(result) : (faultOf(error) ?? { code: 'NO_ANSWER' as const });
    const waitMs = 'retryAfterMs' in refused ? refused.retryAfterMs : undefined;
    if (SOON.has(refused.code) && tries < MOST_TRIES && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, waitMs ?? PATIENCE_MS));
      continue;
    }
    const why = sentenceOf(refused);
    if (refused.code === 'OUTCOME_UNKNOWN' || refused.code === 'NO_ANSWER') return { state: 'unknown', why };
    return { state: 'failed', why: own(refused) ?? why, final: false };
  }
}

/** What was said about the input names the fault better than any general advice. */
function own({ code, message }: Refused & { readonly message?: string | undefined }): string | undefined {
  return code === 'BAD_USER_INPUT' ? message : undefined;
}

interface Result {
  readonly outcome: 'ISSUED' | 'FAILED' | 'UNKNOWN';
  readonly badgeId?: string | null;
  readonly message?: string | null;
}

function answerOf(result: Result | undefined): RowAnswer {
  const why = result?.message ?? '';
  if (result?.outcome === 'ISSUED') return { state: 'issued', badgeId: result.badgeId ?? null };
  if (result?.outcome === 'FAILED') return { state: 'failed', why: why || 'It was not issued.', final: true };
  return { state: 'unknown', why: why || 'It may or may not have been issued. Send the list again: it is looked for.' };
}
