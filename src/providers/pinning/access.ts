import { GatewayError, invalidInput } from '../../errors.js';
import type { Caller } from '../provider.js';
import type { pinningScopes } from './callers.js';
import type { Pinning, PinningCredential, PinningSession } from './session.js';

type PinningRight = (typeof pinningScopes)[number];

/** What callers may open of the pinning services. */
export interface PinningAccess {
  /** One pinning service; the first configured when none is named. Reads share one session per operation. */
  open(right: PinningRight, service?: string | null): PinningSession;
  /** Throws the refusal that `open` would throw, but leaves a service that is not configured for it to complain about. */
  check(right: PinningRight, service?: string | null): void;
  /** The configured services, and whether `open('pin:read', name)` would open each (nothing is claimed or asked). */
  services(): { readonly name: string; readonly usable: boolean }[];
}

type Service = Pinning['services'][number];

/** Fingerprints of the server's own credentials, which nearly every operation asks for. */
const ofServer = new WeakMap<Service, string>();

export function createPinningAccess(
  pinning: Pinning,
  { brought, requireScope, fingerprint, reads, writes }: Caller<{ readonly token: string }>,
): PinningAccess {
  const sessions = new Map<string, PinningSession>();
  /** What opens the service that was asked for last: each field asks at least twice. */
  let opened: { readonly service: Service; readonly credential: PinningCredential } | undefined;
  // A caller's token goes to one service per operation: sent to another it would be given away.
  let tokenService: string | undefined;

  const find = (name: string | null | undefined): Service | undefined =>
    name === null || name === undefined
      ? pinning.services[0]
      : pinning.services.find((candidate) => candidate.name === name);

  const checkRight = (right: PinningRight): void => {
    if (brought.state === 'unusable')
      throw new GatewayError('UNAUTHENTICATED', 'The header x-pinning-token is empty or malformed.');
    if (brought.state === 'absent') requireScope(right, ', or a token of the service in x-pinning-token');
  };

  const credentialFor = (right: PinningRight, service: Service): PinningCredential => {
    checkRight(right);
    if (opened?.service === service) return opened.credential;
    const identify = (token: string) => fingerprint(service.baseUrl, service.name, token);
    if (brought.state === 'usable') {
      if (tokenService !== undefined && tokenService !== service.name) {
        throw new GatewayError(
          'UNAUTHENTICATED',
          `In this operation x-pinning-token is for the service ${tokenService}; ask other services in an operation of their own.`,
        );
      }
      const { token } = brought.fields;
      return { source: 'caller', fields: { token }, fingerprint: identify(token) };
    }
    if (service.token === undefined) {
      throw new GatewayError(
        'PROVIDER_DISABLED',
        `The service ${service.name} has no token of its own here; send yours in x-pinning-token.`,
        { provider: `pinning:${service.name}` },
      );
    }
    let name = ofServer.get(service);
    if (name === undefined) ofServer.set(service, (name = identify(service.token)));
    return { source: 'server', fields: { token: service.token }, fingerprint: name };
  };

  const claim = (right: PinningRight, service: Service): PinningCredential => {
    const credential = credentialFor(right, service);
    if (credential.source === 'caller') tokenService = service.name;
    opened = { service, credential };
    return credential;
  };

  return {
    check(right, name) {
      checkRight(right);
      const service = find(name);
      if (service) claim(right, service);
    },
    open(right, name) {
      checkRight(right);
      const service = find(name);
      // Only mutations write, and all they take stands in `input`.
      if (!service)
        throw invalidInput(
          right === 'pin:write' ? 'input.service' : 'service',
          'no pinning service of this name is configured; the query pinningServices lists them',
        );
      const credential = claim(right, service);
      if (right === 'pin:write') return pinning.open(service.name, credential, writes());
      let session = sessions.get(service.name);
      if (!session) sessions.set(service.name, (session = pinning.open(service.name, credential, reads)));
      return session;
    },
    services: () =>
      pinning.services.map((service) => ({
        name: service.name,
        usable: opens(() => credentialFor('pin:read', service)),
      })),
  };
}

function opens(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
