import { ClientError } from 'graphql-request';

/** What to do about a code that says it less plainly than whoever runs a program needs. */
const advice: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'set HEADGATE_KEY to an operator key of this gateway; the sandbox prints one at its start',
  IDEMPOTENCY_KEY_REUSED:
    'this name stands for something else already: say the same again, or give this one a name of its own',
  IDEMPOTENCY_IN_PROGRESS: 'start again in a moment, with the same words',
  OUTCOME_UNKNOWN: 'start again with the same words, and no others',
};

/** A failure in one line: the gateway's own words by their code, or what the error says. */
export function lineOf(error: unknown): string {
  if (error instanceof ClientError) return ofGateway(error);
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  // Node's fetch tells only in the cause what failed.
  const cause = line === 'fetch failed' && isCaused(error) ? error.cause.message : '';
  return adviceFor(cause === '' ? line : `${line}: ${cause}`);
}

function ofGateway({ response }: ClientError): string {
  const [first] = response.errors ?? [];
  if (first === undefined) return `the gateway answered with status ${response.status}: is HEADGATE_URL its address?`;
  const code = first.extensions?.['code'];
  return adviceFor(`${typeof code === 'string' ? `${code}: ` : ''}${first.message.replaceAll('\n', ' ')}`);
}

function isCaused(error: unknown): error is Error & { readonly cause: Error } {
  return error instanceof Error && error.cause instanceof Error;
}

/** A line, and behind it what to do about the code that it begins with. */
export function adviceFor(line: string): string {
  const hint = advice[/^[A-Z_]+(?=:)/.exec(line)?.[0] ?? ''];
  return hint === undefined || line.includes(hint) ? line : `${line} (${hint})`;
}
