import { hash } from 'node:crypto';
import { stringify } from 'lossless-json';
import { z } from 'zod';
import { UpstreamError } from '../../errors.js';
import { isLosslessObject } from '../../values/lossless.js';
import { badResponse, type Reading } from '../reading.js';
import { unwrap } from './body.js';
import { checked, type Path } from './fields.js';
import type { Listed } from './model.js';

/** A page has a hundred; what is far above would only be work. */
const MOST_ROWS = 1_000;

/** One page of a listing. */
export interface ListPage<T> {
  readonly rows: readonly Row<T>[];
  /** Cursor of the next page; null unless `more`. */
  readonly next: string | null;
  /** Whether the upstream says that more is to come; pages that are short, or empty, may have more behind them. */
  readonly more: boolean;
  /** It said so without a cursor to go on with, so the end is not in sight and cannot be reached. */
  readonly stuck: boolean;
}

export interface Row<T> {
  /** Names the row for comparisons: made of its id, or of its content when it has none. */
  readonly tag: string;
  readonly id: string | null;
  readonly node: Listed<T>;
}

const listDto = z.object({
  page: z.array(z.unknown()),
  isDone: z.boolean().nullish(),
  hasMore: z.boolean().nullish(),
  continueCursor: z.string().nullish(),
  cursor: z.string().nullish(),
  nextCursor: z.string().nullish(),
});

/** Far above any that a service makes; one that is longer goes into every cursor of the page, and cannot be gone on with. */
const LONGEST_CURSOR = 16_384;

/** A page in either dialect: `hasMore` with `cursor`, or `isDone` with `continueCursor`, which is set on the last page too. */
export function parseList<T>(
  source: unknown,
  reading: Reading,
  asked: string | null,
  parse: (row: unknown, at: Path) => T,
): ListPage<T> {
  const dto = checked(listDto, unwrap(source, ['page']), reading, []);
  if (dto.page.length > MOST_ROWS) throw badResponse(reading, 'too_large', 'page');
  const next = dto.continueCursor ?? dto.cursor ?? dto.nextCursor ?? '';
  const done = dto.isDone ?? (typeof dto.hasMore === 'boolean' ? !dto.hasMore : undefined);
  const promised = done === undefined ? next !== '' && dto.page.length > 0 : !done;
  const more = promised && next !== '' && next.length <= LONGEST_CURSOR && next !== asked;
  return {
    rows: dto.page.map((row, index) => readRow(row, () => parse(row, ['page', index]))),
    next: more ? next : null,
    more,
    stuck: promised && !more,
  };
}

function readRow<T>(source: unknown, parse: () => T): Row<T> {
  const own =
    isLosslessObject(source) && typeof source['_id'] === 'string' && source['_id'] !== '' ? source['_id'] : null;
  const tag = shortHash(own ?? stringify(source) ?? '');
  try {
    return { tag, id: own, node: parse() };
  } catch (error) {
    if (error instanceof UpstreamError) return { tag, id: own, node: error };
    throw error;
  }
}

/** 36 bits: enough to tell the rows of one page apart, short enough for many in one cursor. */
function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 6);
}
