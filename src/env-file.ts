import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

const FILE = '.env';
/** What Node's reader takes for a name may be anything up to the next `=`, lines of prose before it included. */
const SETTING = /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(?<value>.*)$/;

/** Takes the file `.env` of the working directory into the environment, where what is set already wins. */
export function loadEnvFile(): void {
  if (existsSync(FILE)) process.loadEnvFile(FILE);
}

/** What is wrong with that file, by line and never with what stands there. */
export function envFileFaults(): readonly string[] {
  if (!existsSync(FILE)) return [];
  return linesThatSetNothing(readFileSync(FILE, 'utf8')).map(
    (line) => `line ${line} is no setting (NAME=value), nor a comment; the line below it may be lost with it`,
  );
}

/** The numbers of lines that are neither settings nor comments, nor part of a text in quotes. */
export function linesThatSetNothing(text: string): readonly number[] {
  const lines = text.split(/\r?\n/);
  const wrong: number[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const value = SETTING.exec(line)?.groups?.['value'];
    if (value !== undefined) at = lastLineOf(value, lines, at);
    else if (line.trim() !== '' && !isComment(line, at === 0)) wrong.push(at + 1);
  }
  return wrong;
}

/** Where a value ends: a text in quotes goes on over lines to the next such quote, if there is one. */
function lastLineOf(value: string, lines: readonly string[], at: number): number {
  const quote = /^["'`]/.exec(value)?.[0];
  if (quote === undefined || value.includes(quote, 1)) return at;
  const end = lines.findIndex((line, index) => index > at && line.includes(quote));
  return end === -1 ? at : end;
}

/** Node's reader takes an indented comment for the begin of a name, which can cost the line below it. */
function isComment(line: string, isFirst: boolean): boolean {
  if (!line.trimStart().startsWith('#')) return false;
  return isFirst || parseEnv(`A=1\n${line}\nB=1`)['B'] !== undefined;
}
