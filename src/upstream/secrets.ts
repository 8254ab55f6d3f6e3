import type { UpstreamError, UpstreamErrorKind } from '../errors.js';
import { printable } from '../values/printable.js';

/** What an upstream says for people is shown up to so many characters. */
const LONGEST = 300;
/** A longer text is not for people, whatever it is. */
const LONGEST_READ = 10_000;
/** Anything shorter is a word that texts may hold by chance. */
const SHORTEST_SECRET = 6;
/** Such as `Bearer` or `Key` before the secret itself. */
const SCHEME = /^\S+\s+/;

/** From here on a program speaks of itself: of its files and lines. */
const STACK = /\n[ \t]+at .*|Traceback \(most recent call last\).*/s;

/** Refusals of the request itself. Of a credential, a pause or a breakdown clients get our own words alone. */
const TOLD: ReadonlySet<UpstreamErrorKind> = new Set(['rejected', 'not_found', 'conflict', 'insufficient_funds']);

/**
 * Takes what this call's headers hold out of what the upstream said: an upstream may echo them, plain or encoded. Changes
 * the error itself, which nobody has seen yet, so that it stays what it is.
 */
export function withoutSecrets(
  error: UpstreamError,
  headers: Readonly<Record<string, string>> | undefined,
): UpstreamError {
  const { kind, upstreamCode, upstreamDetails } = error;
  if (upstreamCode === undefined && upstreamDetails === undefined) return error;
  const secrets = Object.values(headers ?? {}).flatMap((value) => spellings(value.replace(SCHEME, '')));
  const readable = TOLD.has(kind) && upstreamDetails !== undefined && upstreamDetails.length <= LONGEST_READ;
  const clean = readable ? printable(without(secrets, upstreamDetails).replace(STACK, ''), LONGEST) : undefined;
  const codeTells = upstreamCode !== undefined && without(secrets, upstreamCode) !== upstreamCode;
  return Object.assign(error, {
    upstreamDetails: clean,
    upstreamCode: codeTells ? undefined : upstreamCode,
  });
}

function spellings(secret: string): string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  const bytes = Buffer.from(secret, 'utf8');
  const encoded = (['base64', 'base64url', 'hex'] as const).map((encoding) => bytes.toString(encoding));
  return [secret, encodeURIComponent(secret), ...encoded];
}

/** Whether they are written large or small makes no difference: some upstreams change that. */
function without(secrets: readonly string[], text: string): string {
  if (secrets.length === 0) return text;
  return text.replace(new RegExp(secrets.map(literally).join('|'), 'gi'), '…');
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
