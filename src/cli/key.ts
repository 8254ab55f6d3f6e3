import { createHash, randomBytes } from 'node:crypto';
import { operatorScopes } from '../access/scopes.js';
import { providerScopes } from '../providers/registry.js';
import { parseOperatorKeys } from '../access/operators.js';
import { complain, say, WRONG_USE } from './terminal.js';

/** `headgate key NAME SCOPE…`: on stdout a new operator key, shown this once, and its entry for `GATEWAY_KEYS`; all else on stderr. */
export function makeKey(name: string, words: readonly string[]): void {
  const scopes = words.flatMap((word) => word.split(/[\s,+]+/)).filter(Boolean);
  const key = randomBytes(32).toString('base64url');
  const entry = `${name}:${createHash('sha256').update(key).digest('hex')}:${scopes.join('+')}`;
  const parsed = parseOperatorKeys(entry, operatorScopes(providerScopes()));
  if (typeof parsed === 'string') {
    complain([parsed.replace(/^entry 1: /, '').replace(/ \((first|third) part\)/, '')]);
    process.exitCode = WRONG_USE;
    return;
  }
  complain(['the key, for whoever calls, in the header x-gateway-key; it is shown this once:']);
  say([key]);
  complain(['its entry, for the gateway; join several with commas:']);
  say([`GATEWAY_KEYS=${entry}`]);
  complain([
    'idempotency keys belong to this name. Keep the name when you change the key: under another name old ones would pay again',
  ]);
}
