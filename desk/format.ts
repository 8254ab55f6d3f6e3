/** Numbers and times in the language of whoever looks, except amounts: their digits stay as they are. */

export function amountOf(amount: string, network?: string | null): string {
  return `${amount} ${network === 'TESTNET' ? 'Test-Pi' : 'Pi'}`;
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const count = new Intl.NumberFormat();

export const dateOf = (moment: string): string => full.format(new Date(moment));
export const timeOf = (moment: string): string => clock.format(new Date(moment));
export const numberOf = (value: number): string => count.format(value);

/** A number of things, by the name for one or for more of them. */
export function countOf(value: number, one: string, more = `${one}s`): string {
  return `${numberOf(value)} ${value === 1 ? one : more}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** How long ago something was; `never` when it was not. */
export function agoOf(moment: string | null | undefined, now: number): string {
  if (moment === null || moment === undefined) return 'never';
  const ms = now - Date.parse(moment);
  const [name, size] = UNITS.find(([, unit]) => ms >= unit) ?? [];
  return name === undefined ? 'just now' : `${Math.floor(ms / size)} ${name} ago`;
}

/** How long until something. */
export function inOf(moment: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(moment) - now) / 1_000));
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

export function sizeOf(bytes: number | string | null | undefined): string {
  if (bytes === null || bytes === undefined) return '';
  const size = Number(bytes);
  if (size < 1_000) return `${size} B`;
  const power = Math.min(4, Math.floor(Math.log10(size) / 3));
  return `${(size / 1_000 ** power).toPrecision(3)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/** The beginning and the end of an id that is too long to read. */
export function shortOf(id: string, most = 20): string {
  const characters = Array.from(id);
  return characters.length <= most ? id : [...characters.slice(0, 8), '…', ...characters.slice(-6)].join('');
}
