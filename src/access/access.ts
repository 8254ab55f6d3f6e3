import { GatewayError, invalidInput } from '../errors.js';
import type { OperationScope } from '../providers/provider.js';
import type { PinningCredential, PinningSession } from '../providers/pinning/session.js';
import type { Providers } from '../providers/registry.js';
import type { Fingerprint } from './fingerprint.js';
import type { OperatorScope, PinningRight } from './rights.js';
import type { Viewer } from './viewer.js';

/** What one operation's caller may reach. Every method either opens what was asked for or throws a coded refusal. */
export interface Access {
  /** Names this caller for limits, idempotency and stream caps: equal for equal credentials, tells nothing of them. */
  readonly principal: string;
  /** A name of this caller that survives restarts and holds no secret: for markers in written objects. */
  readonly callerName: string;
  readonly isOperator: boolean;
  /** One pinning service; the first configured when none is named. Reads share one session per operation. */
  pinning(right: PinningRight, service?: string | null): PinningSession;
  /** The configured services, and whether `pinning('pin:read', name)` would open each (nothing is claimed or asked). */
  pinningServices(): { readonly name: string; readonly usable: boolean }[];
}

export interface AccessOptions {
  readonly viewer: Viewer;
  readonly providers: Providers;
  readonly fingerprint: Fingerprint;
  /** Scope of reads: ends with the operation. */
  readonly reads: OperationScope;
  /** Scope of one write: made when the write begins, so that each has its own time. */
  writes(): OperationScope;
}

export function createAccess(options: AccessOptions): Access {
  const { viewer, fingerprint } = options;
  const identity = createIdentity(viewer, fingerprint);
  const pinning = createPinningAccess(options);
  return { ...identity, ...pinning };
}

function createIdentity(viewer: Viewer, fingerprint: Fingerprint): Pick<Access, 'principal' | 'callerName' | 'isOperator'> {
  const { operator, piToken } = viewer;
  const fields = [
    piToken ?? '',
    viewer.pinning.state === 'usable' ? viewer.pinning.fields.token : '',
    viewer.mypit.state === 'usable' ? viewer.mypit.fields.clientId : '',
    viewer.mypit.state === 'usable' ? viewer.mypit.fields.secretKey : '',
    viewer.bitminter.state === 'usable' ? viewer.bitminter.fields.key : '',
  ];
  const anonymous = operator === null && fields.every((field) => field === '');
  return {
    principal: anonymous ? 'public' : fingerprint('caller', '', operator?.name ?? '', ...fields),
    callerName: operator === null ? 'caller' : `operator:${operator.name}`,
    isOperator: operator !== null,
  };
}

/** Throws unless the caller is an operator with this scope. */
function requireScope(viewer: Viewer, scope: OperatorScope): void {
  if (viewer.operator?.scopes.has(scope)) return;
  if (viewer.operator !== null || viewer.piToken !== null) throw new GatewayError('FORBIDDEN', `This needs the scope ${scope}.`);
  throw new GatewayError('UNAUTHENTICATED', `Send an operator key with the scope ${scope} in x-gateway-key, or a credential of the provider itself.`);
}

function createPinningAccess({ viewer, providers, fingerprint, reads, writes }: AccessOptions): Pick<Access, 'pinning' | 'pinningServices'> {
  const { pinning } = providers;
  const sessions = new Map<string, PinningSession>();
  // A caller's token goes to one service per operation: sent to another it would be given away.
  let tokenService: string | undefined;

  const serviceNamed = (name: string | null | undefined) => {
    const service = name === null || name === undefined ? pinning.services[0] : pinning.services.find((candidate) => candidate.name === name);
    if (!service) throw invalidInput('service', 'no pinning service of this name is configured; the query pinningServices lists them');
    return service;
  };

  const credentialFor = (right: PinningRight, service: Pinning, claim: boolean): PinningCredential => {
    if (viewer.pinning.state === 'unusable') throw new GatewayError('UNAUTHENTICATED', 'The header x-pinning-token is empty or malformed.');
    if (viewer.pinning.state === 'usable') {
      if (tokenService !== undefined && tokenService !== service.name) {
        throw new GatewayError('UNAUTHENTICATED', `In this operation x-pinning-token is for the service ${tokenService}; ask other services in an operation of their own.`);
      }
      if (claim) tokenService = service.name;
      const { token } = viewer.pinning.fields;
      return { source: 'caller', fields: { token }, fingerprint: fingerprint(`pinning:${service.name}`, service.baseUrl, token) };
    }
    requireScope(viewer, right);
    if (service.token === undefined) {
      throw new GatewayError('PROVIDER_DISABLED', `The service ${service.name} has no token of its own here; send yours in x-pinning-token.`, { provider: `pinning:${service.name}` });
    }
    return { source: 'server', fields: { token: service.token }, fingerprint: fingerprint(`pinning:${service.name}`, service.baseUrl, service.token) };
  };

  return {
    pinning(right, name) {
      const service = serviceNamed(name);
      const credential = credentialFor(right, service, true);
      if (right === 'pin:write') return pinning.open(service.name, credential, writes());
      let session = sessions.get(service.name);
      if (!session) sessions.set(service.name, (session = pinning.open(service.name, credential, reads)));
      return session;
    },
    pinningServices() {
      return pinning.services.map((service) => ({ name: service.name, usable: opens(() => credentialFor('pin:read', service, false)) }));
    },
  };
}

type Pinning = Providers['pinning']['services'][number];

function opens(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
