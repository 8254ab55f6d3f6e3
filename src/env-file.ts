import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

const FILE = '.env';
/** What Node's reader takes for a name may be anything up to the next `=`, lines of prose before it included. */
const SETTING = /^\s*(?:export\s+)?(?<name>[A-Za-z_][\w.-]*)\s*=\s*(?<value>.*)$/;

/** Takes the file `.env` of the working directory into the environment, where what is set already wins. */
export function loadEnvFile(): void {
  if (existsSync(FILE)) process.loadEnvFile(FILE);
}

/** What is wrong with that file, by line and never with what stands there. */
export function envFileFaults(): readonly string[] {
  if (!existsSync(FILE)) return [];
  const text = readFileSync(FILE, 'utf8');
  return [
    ...linesThatSetNothing(text).map(
      (line) => `line ${line} is no setting (NAME=value), nor a comment; the line below it may be lost with it`,
    ),
    ...linesThatSetAgain(text).map(
      ({ name, line, first }) => `line ${line} sets ${name} again, which line ${first} has set: leave one of them out`,
    ),
  ];
}

/** The numbers of lines that are neither settings nor comments, nor part of a text in quotes. */
export function linesThatSetNothing(text: string): readonly number[] {
  const lines = text.split(/\r?\n/);
  return [...statements(lines)].flatMap(({ name, at }) =>
    name !== undefined || lines[at]?.trim() === '' || isComment(lines[at] ?? '', at === 0) ? [] : [at + 1],
  );
}

/** Lines that set what an earlier one has set: the last one would count, whichever was meant. */
export function linesThatSetAgain(text: string): readonly { name: string; line: number; first: number }[] {
  const first = new Map<string, number>();
  return [...statements(text.split(/\r?\n/))].flatMap(({ name, at }) => {
    const before = name === undefined ? undefined : first.get(name);
    if (name !== undefined && before === undefined) first.set(name, at + 1);
    return name === undefined || before === undefined ? [] : [{ name, line: at + 1, first: before }];
  });
}

/** Each line with the name that it sets, if any; the further lines of a text in quotes are left out. */
function* statements(lines: readonly string[]): Generator<{ readonly name: string | undefined; readonly at: number }> {
  for (let at = 0; at < lines.length; at += 1) {
    const { name, value } = SETTING.exec(lines[at] ?? '')?.groups ?? {};
    yield { name, at };
    if (value !== undefined) at = lastLineOf(value, lines, at);
  }
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
