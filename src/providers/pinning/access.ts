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

/** Makes what one operation's caller may open; what it does not open is not made. */
export function createPinningAccess(pinning: Pinning, caller: Caller<{ readonly token: string }>): PinningAccess {
  return new ServicesOfCaller(pinning, caller);
}

class ServicesOfCaller implements PinningAccess {
  /** Of reads, by service. */
  #sessions: Map<string, PinningSession> | undefined;
  /** What opens the service that was asked for last: each field asks at least twice. */
  #opened: { readonly service: Service; readonly credential: PinningCredential } | undefined;
  /** A caller's token goes to one service per operation: sent to another it would be given away. */
  #tokenService: string | undefined;

  constructor(
    private readonly pinning: Pinning,
    private readonly caller: Caller<{ readonly token: string }>,
  ) {}

  check(right: PinningRight, name: string | null | undefined): void {
    this.#checkRight(right);
    const service = this.#find(name);
    if (service) this.#claim(right, service);
  }

  open(right: PinningRight, name: string | null | undefined): PinningSession {
    this.#checkRight(right);
    const service = this.#find(name);
    // Only mutations write, and all they take stands in `input`.
    if (!service)
      throw invalidInput(
        right === 'pin:write' ? 'input.service' : 'service',
        'no pinning service of this name is configured; the query pinningServices lists them',
      );
    const credential = this.#claim(right, service);
    if (right === 'pin:write') return this.pinning.open(service.name, credential, this.caller.writes());
    const sessions = (this.#sessions ??= new Map());
    let session = sessions.get(service.name);
    if (!session)
      sessions.set(service.name, (session = this.pinning.open(service.name, credential, this.caller.reads)));
    return session;
  }

  services() {
    return this.pinning.services.map((service) => ({
      name: service.name,
      usable: opens(() => this.#credentialFor('pin:read', service)),
    }));
  }

  #find(name: string | null | undefined): Service | undefined {
    const { services } = this.pinning;
    return name === null || name === undefined ? services[0] : services.find((candidate) => candidate.name === name);
  }

  #checkRight(right: PinningRight): void {
    const { state } = this.caller.brought;
    if (state === 'unusable')
      throw new GatewayError('UNAUTHENTICATED', 'The header x-pinning-token is empty or malformed.');
    if (state === 'absent') this.caller.requireScope(right, ', or a token of the service in x-pinning-token');
  }

  #claim(right: PinningRight, service: Service): PinningCredential {
    const credential = this.#credentialFor(right, service);
    if (credential.source === 'caller') this.#tokenService = service.name;
    this.#opened = { service, credential };
    return credential;
  }

  #credentialFor(right: PinningRight, service: Service): PinningCredential {
    this.#checkRight(right);
    if (this.#opened?.service === service) return this.#opened.credential;
    const { brought } = this.caller;
    if (brought.state === 'usable') return this.#callers(brought.fields.token, service);
    if (service.token === undefined) {
      throw new GatewayError(
        'PROVIDER_DISABLED',
        `The service ${service.name} has no token of its own here; send yours in x-pinning-token.`,
        { provider: `pinning:${service.name}` },
      );
    }
    let fingerprint = ofServer.get(service);
    if (fingerprint === undefined) ofServer.set(service, (fingerprint = this.#identify(service, service.token)));
    return { source: 'server', fields: { token: service.token }, fingerprint };
  }

  #callers(token: string, service: Service): PinningCredential {
    if (this.#tokenService !== undefined && this.#tokenService !== service.name) {
      throw new GatewayError(
        'UNAUTHENTICATED',
        `In this operation x-pinning-token is for the service ${this.#tokenService}; ask other services in an operation of their own.`,
      );
    }
    return { source: 'caller', fields: { token }, fingerprint: this.#identify(service, token) };
  }

  #identify({ baseUrl, name }: Service, token: string): string {
    return this.caller.fingerprint(baseUrl, name, token);
  }
}

function opens(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
