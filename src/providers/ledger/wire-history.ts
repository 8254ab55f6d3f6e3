import { z } from 'zod';
import type { Answer } from '../../upstream/http.js';
import { badResponse, type Reading } from '../reading.js';
import { hash, instant, madeAtOf, read, recordsOf } from './fields.js';
import type { HistoryPage, LedgerRow } from './model.js';

/** Where a page goes on. */
const CURSOR = /^[A-Za-z0-9_-]{1,64}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const named = z.object({ hash }).nullish();
const transactionDto = z.object({
  hash,
  paging_token: z.string().regex(CURSOR),
  created_at: instant,
  successful: z.boolean().nullish(),
  memo_type: z.string(),
  memo: z.string().nullish(),
  // The same text before anything was done to make it UTF-8; some servers give only this.
  memo_bytes: z.string().regex(BASE64).nullish(),
  // One whose fee somebody else paid has two hashes: its own, and that of the transaction around it.
  fee_bump_transaction: named,
  inner_transaction: named,
});

/** One transaction. Throws bad_response naming the path of the first fault. */
export function parseTransaction(source: unknown, reading: Reading, at = ''): LedgerRow {
  const dto = read(transactionDto, source, reading, at);
  const { hash: txid, paging_token, created_at, successful, fee_bump_transaction, inner_transaction } = dto;
  const names = [txid, fee_bump_transaction?.hash, inner_transaction?.hash].filter((name) => name !== undefined);
  return {
    txid,
    names: [...new Set(names)],
    cursor: paging_token,
    createdAt: created_at,
    successful: successful ?? null,
    textMemo: dto.memo_type === 'text' ? textMemoOf(dto, reading, at) : null,
  };
}

/** A text memo that is said in no way may be any text. */
function textMemoOf({ memo, memo_bytes }: z.infer<typeof transactionDto>, reading: Reading, at: string): string {
  if (memo_bytes !== null && memo_bytes !== undefined) return Buffer.from(memo_bytes, 'base64').toString('utf8');
  if (memo === null || memo === undefined) throw badResponse(reading, 'shape', at === '' ? 'memo' : `${at}.memo`);
  return memo;
}

const linkDto = z
  .object({ href: z.string().max(2_000) })
  .nullish()
  .catch(null);
const linksDto = z.object({ _links: z.object({ self: linkDto, next: linkDto }).nullish().catch(null) });

/** A page of an account's history. A row that cannot be read spoils the page: nobody could say what it was. */
export function parsePage(source: unknown, { headers }: Pick<Answer, 'headers'>, reading: Reading): HistoryPage {
  const { self, next } = read(linksDto, source, reading)._links ?? {};
  const cursor = parameterOf(next?.href, 'cursor');
  return {
    rows: recordsOf(source, reading).map((row, index) => parseTransaction(row, reading, `records.${index}`)),
    next: cursor !== undefined && CURSOR.test(cursor) ? cursor : null,
    oldestFirst: [self, next].some((link) => parameterOf(link?.href, 'order') === 'asc'),
    latestLedger: latestOf(headers['latest-ledger']),
    ageMs: ageOf(headers.age),
    madeAt: madeAtOf(headers),
  };
}

/** A parameter of a link's query; links are read and never followed. */
function parameterOf(href: string | undefined, name: string): string | undefined {
  const query = href?.split('?', 2)[1];
  return query === undefined ? undefined : (new URLSearchParams(query).get(name) ?? undefined);
}

function latestOf(header: string | undefined): number | null {
  if (header === undefined) return null;
  return /^\d{1,15}$/.test(header.trim()) ? Number(header) : Number.NaN;
}

/** How long ago the answer was made, as caches tell. What cannot be read is of any age. */
function ageOf(age = '0'): number {
  return Math.max(...age.split(',').map((one) => (/^\d{1,15}$/.test(one.trim()) ? Number(one) * 1_000 : Infinity)));
}
