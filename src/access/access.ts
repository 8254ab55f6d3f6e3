import type { Caller, CallerCredential } from '../providers/provider.js';
import type { AnyDefinition, Opened, ProviderKey } from '../providers/registry.js';
import type { Fingerprint } from './fingerprint.js';
import type { Operator } from './operators.js';
import { createPiAccess, userFingerprint, type PiAccess } from './pi-access.js';
import type { OpsRight, PaymentRight } from './scopes.js';
import { requireScope } from './require-scope.js';
import type { AccessOptions } from './access-options.js';
import type { Viewer } from './viewer.js';
import type { Vouched } from './vouched.js';

/**
 * What one operation's caller may reach. `of`, `pi`, `payments`, `settling`, `operate` and `me` open it or throw a coded refusal;
 * the others say who asks.
 */
export interface Access extends PiAccess {
  /** Names what this caller came with: equal for equal credentials, tells nothing of them. */
  readonly principal: string;
  /**
   * Names who holds the right to write at a provider: whoever brings a credential of their own for it, else the operator.
   * Nothing else that comes along changes the name: idempotency keys are kept under it.
   */
  writer(provider: ProviderKey): string;
  /**
   * Whom limits count this caller as, tells nothing of credentials: an operator, a user or account that its provider has vouched
   * for within ten minutes (`fingerprint` names the credential in use), else the address. A made-up header is nobody new.
   */
  limitedAs(fingerprint?: string): string;
  readonly isOperator: boolean;
  /** Whose operator key came with the request; null when none did that is known here. */
  readonly operator: Operator | null;
  /** What a provider that defines its own access opens for this caller. */
  of<K extends ProviderKey>(provider: K): Opened[K];
  /** The name of the operator who may look after this deployment; refuses everybody else. */
  operate(right: OpsRight): string;
  /** Lets go of all that was opened, when the operation is over; nothing can be opened after that. */
  release(): void;
}

/** How a credential tells its callers apart, whatever its fields are. */
type Naming = Pick<CallerCredential<string, never>, 'personal' | 'identity'>;

/** Opens nothing by itself: no call is made before a method is used. */
export function createAccess(options: AccessOptions): Access {
  return new CallerAccess(options);
}

/** An operation seldom uses more than one provider, so the part for each is made when it is first asked for. */
class CallerAccess implements Access {
  #pi: PiAccess | undefined;
  #parts: Map<ProviderKey, unknown> | undefined;
  #principal: string | undefined;
  #over = false;
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  get principal() {
    return (this.#principal ??= namePrincipal(this.#options.viewer, this.#options.fingerprint));
  }

  writer(provider: ProviderKey) {
    const { viewer, fingerprint, definitions } = this.#options;
    const { personal, identity }: Naming = definitions[provider].credential;
    const brought = viewer[provider];
    // A person's token names its owner, who may write only what the operator's key or the shop's settings allow.
    if (!personal && brought.state === 'usable')
      return fingerprint('writer', provider, ...identity(brought.fields as never));
    return viewer.operator === null ? 'nobody' : `operator:${viewer.operator.name}`;
  }

  limitedAs(used?: string) {
    const { viewer, fingerprint, vouched, address } = this.#options;
    if (viewer.operator !== null) return fingerprint('limits', 'operator', viewer.operator.name);
    const name = this.#vouchedName(vouched, used);
    return name === undefined ? fingerprint('limits', 'address', address) : fingerprint('limits', 'vouched', name);
  }

  /** A user who is signed in is the same one whatever else comes along. */
  #vouchedName(vouched: Vouched, used: string | undefined): string | undefined {
    const { viewer, fingerprint, providers } = this.#options;
    const user =
      viewer.pi.state === 'usable'
        ? vouched.nameOf(userFingerprint(fingerprint, providers, viewer.pi.fields))
        : undefined;
    return user ?? (used === undefined ? undefined : vouched.nameOf(used));
  }

  get isOperator() {
    return this.#options.viewer.operator !== null;
  }

  get operator() {
    return this.#options.viewer.operator;
  }

  operate(right: OpsRight) {
    const { viewer } = this.#options;
    requireScope(viewer, right, '');
    return viewer.operator?.name ?? '';
  }

  get #ofPi() {
    return (this.#pi ??= createPiAccess(this.#open()));
  }

  of<K extends ProviderKey>(provider: K): Opened[K] {
    const options = this.#open();
    const parts = (this.#parts ??= new Map());
    if (!parts.has(provider))
      parts.set(
        provider,
        openPart(provider, options, async () => (await this.me()).uid),
      );
    return parts.get(provider) as Opened[K];
  }

  #open(): AccessOptions {
    if (this.#over) throw new Error('the operation is over');
    return this.#options;
  }

  /** Whoever still knows the operation, such as a cache that is cleared late, then holds nothing that it read. */
  release() {
    this.#over = true;
    this.#pi = this.#parts = undefined;
  }

  get hasPiToken() {
    return this.#options.viewer.pi.state === 'usable';
  }

  me() {
    return this.#ofPi.me();
  }

  pi(right: Parameters<PiAccess['pi']>[0]) {
    return this.#ofPi.pi(right);
  }

  settling() {
    return this.#ofPi.settling();
  }

  payments(right: PaymentRight) {
    return this.#ofPi.payments(right);
  }
}

/** Makes what a provider's definition opens. */
function openPart(key: ProviderKey, options: AccessOptions, userUid: () => Promise<string>): unknown {
  const { viewer, providers, fingerprint, reads, writes } = options;
  const caller: Caller<never> = {
    brought: viewer[key] as Caller<never>['brought'],
    userUid,
    requireScope: (scope, otherwise) => requireScope(viewer, scope, otherwise),
    fingerprint: (baseUrl, ...fields) => fingerprint(key, baseUrl, ...fields),
    reads,
    writes: () => writes(),
  };
  const definition: AnyDefinition = options.definitions[key];
  return definition.access?.(providers[key], caller);
}

function namePrincipal(viewer: Viewer, fingerprint: Fingerprint): string {
  const parts = viewer.identity();
  return parts.length === 0 ? 'public' : fingerprint('caller', '', ...parts);
}
