import Papa from 'papaparse';

/** A row of the list, as it was typed. */
export interface ListRow {
  /** Its line in the list, from 1. */
  readonly line: number;
  readonly recipient: string;
  /** The other columns, by their names; kept with the badge. */
  readonly data: Readonly<Record<string, string>>;
  /** Why it cannot be used; nothing is sent for it. */
  readonly fault?: string;
}

/** Names of the column that says who; the first column when none is named so. */
const WHO = new Set(['recipient', 'recipientid', 'holder', 'holderid', 'externalid', 'uid', 'id']);
const RESERVED = 'gw_idem';
const RECIPIENT = /^[\x21-\x7e]{1,128}$/;
const MOST_ROWS = 10_000;

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');

/** Reads a list: CSV with or without names of columns, or one id a line. A bad row is told; the others are none the worse. */
export function readList(text: string): readonly ListRow[] {
  const { data: lines } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  const [first = [], ...rest] = lines;
  const who = first.findIndex((name) => WHO.has(plain(name)));
  const names = who < 0 ? [] : first;
  const rows = who < 0 ? lines : rest;
  const begin = who < 0 ? 1 : 2;
  return rows.slice(0, MOST_ROWS).map((cells, at) => ({ line: at + begin, ...rowOf(cells, names, Math.max(0, who)) }));
}

function rowOf(cells: readonly string[], names: readonly string[], who: number): Omit<ListRow, 'line'> {
  const recipient = (cells[who] ?? '').trim();
  const data = Object.fromEntries(
    names
      .map((name, at) => [name.trim(), (cells[at] ?? '').trim()] as const)
      .filter(([name, value], at) => at !== who && name !== '' && name !== RESERVED && value !== ''),
  );
  if (recipient === '') return { recipient, data, fault: 'Nobody is named.' };
  if (!RECIPIENT.test(recipient)) return { recipient, data, fault: 'An id has no spaces, and at most 128 characters.' };
  if (names.length > 0 && cells.length > names.length)
    return { recipient, data, fault: `It has ${cells.length} columns, the first line names ${names.length}.` };
  return { recipient, data };
}
