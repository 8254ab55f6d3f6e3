import { cut } from './cut.js';

/** What stands between printable characters: controls, formats, unpaired surrogates, line ends. */
const UNPRINTABLE = /[\p{C}\p{Z}]+/gu;

/** The text in one line of printable characters, cut after so many; undefined when nothing is left. */
export function printable(text: string, longest: number): string | undefined {
  const line = text.replace(UNPRINTABLE, ' ').trim();
  return cut(line, longest).trim() || undefined;
}
