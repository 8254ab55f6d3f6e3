import { GatewayError } from '../errors.js';
import type { Viewer } from './viewer.js';

/** Throws unless the caller is an operator with this scope: FORBIDDEN when some credential came, UNAUTHENTICATED when none. */
export function requireScope(viewer: Viewer, scope: string, otherwise: string): void {
  const scopes: ReadonlySet<string> | undefined = viewer.operator?.scopes;
  if (scopes?.has(scope)) return;
  const unknown = viewer.unknownKey ? 'The key in x-gateway-key is not known here. ' : '';
  if (viewer.operator !== null || viewer.pi.state === 'usable')
    throw new GatewayError(
      'FORBIDDEN',
      `${unknown}This needs an operator key with the scope ${scope} in x-gateway-key.`,
    );
  throw new GatewayError(
    'UNAUTHENTICATED',
    `${unknown}Send an operator key with the scope ${scope} in x-gateway-key${otherwise}.`,
  );
}
