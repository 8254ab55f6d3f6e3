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
const MOST_ROWS = 5_000;
/** What spreadsheets part columns by. */
const DELIMITERS = [',', ';', '\t'];

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');

/** Reads a list: CSV with or without names of columns, or one id a line. A bad row is told; the others are none the worse. */
export function readList(text: string): readonly ListRow[] {
  const whole = text.replace(/^\uFEFF/, '');
  const { data } = Papa.parse<string[]>(whole, { delimiter: delimiterOf(whole) });
  const lines = data
    .map((cells, at) => ({ cells, line: at + 1 }))
    .filter(({ cells }) => cells.some((cell) => cell.trim()));
  const first = lines[0]?.cells ?? [];
  const who = first.findIndex((name) => WHO.has(plain(name)));
  const names = who < 0 ? [] : first;
  const rows = who < 0 ? lines : lines.slice(1);
  const read = rows
    .slice(0, MOST_ROWS)
    .map(({ cells, line }): ListRow => ({ line, ...rowOf(cells, names, Math.max(0, who)) }));
  const beyond = rows[MOST_ROWS];
  if (beyond === undefined) return read;
  const fault = `The list has ${rows.length} rows, and one batch takes ${MOST_ROWS}: from here on nothing is sent.`;
  return [...read, { line: beyond.line, recipient: '', data: {}, fault }];
}

/** The delimiter that the first line has most of outside of quotes; a comma where it has none. */
function delimiterOf(text: string): string {
  const [first = ''] = text
    .replaceAll(/"(?:[^"]|"")*"/g, '')
    .trimStart()
    .split('\n', 1);
  const times = (one: string) => first.split(one).length;
  return DELIMITERS.toSorted((a, b) => times(b) - times(a))[0] ?? ',';
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
