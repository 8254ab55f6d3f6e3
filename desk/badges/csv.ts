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
  /** The first line of several columns, of which none has a name that is known: a row, or names of other columns. */
  readonly perhapsNames?: true;
}

/** Names of the column that says who; the first column when none is named so. */
const WHO = new Set(['recipient', 'recipientid', 'holder', 'holderid', 'externalid', 'uid', 'id']);
/** Said of a first line that names nobody, and no column that is known. */
export const NO_COLUMN =
  'No column that names the person was found; known are recipient, holderId, externalId and uid. Nobody has this id either.';
const OPEN_QUOTE = 'A quote is not closed: what follows it counts as part of this row.';
const RESERVED = 'gw_idem';
const RECIPIENT = /^[\x21-\x7e]{1,128}$/;
const MOST_ROWS = 5_000;
/** What spreadsheets part columns by. */
const DELIMITERS = [',', ';', '\t'];

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, '');

/** Reads a list: CSV with or without names of columns, or one id a line. A bad row is told; the others are none the worse. */
export function readList(text: string): readonly ListRow[] {
  const whole = text.replace(/^\uFEFF/, '');
  const { data, errors } = Papa.parse<string[]>(whole, { delimiter: delimiterOf(whole) });
  const open = new Set(errors.filter(({ type }) => type === 'Quotes').map(({ row }) => row));
  const lines = data
    .map((cells, at) => ({ cells, line: at + 1, open: open.has(at) }))
    .filter(({ cells }) => cells.some((cell) => cell.trim()));
  const first = lines[0]?.cells ?? [];
  const who = first.findIndex((name) => WHO.has(plain(name)));
  const names = who < 0 ? [] : first;
  // Names whose quote is open have swallowed rows, which is told as a row.
  const rows = who < 0 || lines[0]?.open === true ? lines : lines.slice(1);
  const read = rows.slice(0, MOST_ROWS).map(({ cells, line, open: unclosed }): ListRow => {
    if (unclosed) return { line, recipient: '', data: {}, fault: OPEN_QUOTE };
    const row = { line, ...rowOf(cells, names, Math.max(0, who)) };
    const perhapsNames = who < 0 && line === lines[0]?.line && cells.length > 1;
    if (!perhapsNames || row.recipient === '') return row;
    return row.fault === undefined ? { ...row, perhapsNames } : { ...row, fault: NO_COLUMN };
  });
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
