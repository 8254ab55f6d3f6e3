import { ConfigError } from '../settings.js';

/** The process was asked for something that it does not know. */
export const WRONG_USE = 2;

/** Every line on stderr is one plain fact: no stack, no value of a setting. */
export function complain(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `headgate: ${line.replaceAll('\n', ' ')}\n`).join(''));
}

/** Says why something could not be done: every problem of the settings, or the error's message. */
export function complainOf(error: unknown, otherwise: string): void {
  if (error instanceof ConfigError) return complain(error.problems);
  complain([error instanceof Error ? error.message : otherwise]);
}

/** Lines for whoever asked. */
export function say(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
