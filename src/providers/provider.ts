import type { z } from 'zod';
import type { Answer, Http, CallScope, CircuitState } from '../upstream/http.js';
import type { CredentialSource, UpstreamErrorKind } from '../errors.js';
import type { Logger } from '../log.js';

/** Reads settings by name, checks them, and collects every problem instead of stopping at the first. */
export interface SettingsReader {
  /** The checked value; the fallback when it is unset (or empty), undefined when it is unset without a fallback or wrong. */
  read<T>(name: string, schema: z.ZodType<T, string>, fallback?: NoInfer<T>): T | undefined;
  /** A base URL: http(s), no userinfo, query or fragment; `http:` only on loopback; trailing slashes dropped. */
  url(name: string, fallback?: string): string | undefined;
  has(name: string): boolean;
  /** The names of all settings that are set and match. */
  names(pattern: RegExp): readonly string[];
  /** Reports something wrong with a setting; the message never holds its value. */
  problem(name: string, message: string): void;
}

/** A secret that opens a provider, with what may be known about it. The fields themselves go into headers and nowhere else. */
export interface Credential<Fields> {
  readonly source: Exclude<CredentialSource, 'none'>;
  /** Keyed fingerprint: what caches, pollers, limits and cursors are bound to. */
  readonly fingerprint: string;
  readonly fields: Fields;
}

/** A credential that a caller brings for one provider. Present but unusable still forbids the server's own (no fallback). */
export type Brought<Fields> =
  { readonly state: 'absent' } | { readonly state: 'unusable' } | { readonly state: 'usable'; readonly fields: Fields };

/**
 * The request headers in which callers bring a credential for one provider. All that depends on who asks derives from it:
 * who a caller is, what may be shared, `Vary`, CORS, connection parameters.
 */
export interface CallerCredential<Header extends string, Fields> {
  readonly headers: readonly Header[];
  /** Whether it is a person's token, whose owner must be looked up for each request by itself. */
  readonly personal: boolean;
  /** Can read none but its own headers; each is null when it was not sent. */
  read(header: (name: Header) => string | null): Brought<Fields>;
  /** The fields by which one caller differs from another. */
  identity(fields: Fields): readonly string[];
}

/** Checks the declaration of a credential: a header that is read without being declared does not compile. */
export function callerCredential<const Header extends string, Fields>(
  declared: CallerCredential<Header, Fields>,
): CallerCredential<Header, Fields> {
  return declared;
}

/** For providers to which callers bring nothing. */
export const noCredential: CallerCredential<never, never> = {
  headers: [],
  personal: false,
  read: () => ({ state: 'absent' }),
  identity: () => [],
};

// Printable ASCII without spaces: safe in a header, and every token in use has this form.
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

/** Whether a header's value can be sent on as a token. */
export function isToken(value: string | null): value is string {
  return value !== null && TOKEN.test(value);
}

/** What an operation lends to the calls made for it. */
export interface OperationScope extends Pick<CallScope, 'signal' | 'deadline' | 'watcher' | 'byStranger'> {
  /** Told of every attempt before it leaves, and with whose credential; may refuse by throwing. */
  onAttempt?(provider: string, operation: string, fingerprint?: string): void | Promise<void>;
  /** Whose calls these are, once it is known which credential they use. */
  callerOf?(fingerprint: string | undefined): string;
}

/** Binds an operation's scope to the credential that its calls use. */
export function callScope(operation: OperationScope, credential: Credential<unknown> | null): CallScope {
  const { signal, deadline, watcher, byStranger } = operation;
  return {
    fingerprint: credential?.fingerprint ?? 'public',
    credential: credential?.source ?? 'none',
    signal,
    deadline,
    watcher,
    byStranger,
    caller: () => operation.callerOf?.(credential?.fingerprint) ?? '',
    onAttempt: (provider, called) => operation.onAttempt?.(provider, called, credential?.fingerprint),
  };
}

export interface ProviderDeps {
  readonly http: Http;
  readonly log: Logger;
  /** Gap between two read-backs after an unclear write, and how long a poll may take. */
  readonly readbackDelayMs: number;
  readonly upstreamTimeoutMs: number;
  readonly writeTimeoutMs: number;
  /** Told whether a shared read was answered from what is remembered; for metrics. */
  onCacheLookup?(provider: string, hit: boolean): void;
  /** True once the gateway is shutting down: a write of many parts begins no further one. */
  stopping?(): boolean;
}

/** Health of one upstream, without asking it. Pinning has one per service. */
export interface UpstreamHealth extends CircuitState {
  readonly name: string;
  readonly enabled: boolean;
  /** Whether this deployment has a credential of its own for it; true too where none is needed. */
  readonly credential: boolean;
}

/** A running provider: what the registry needs of each. What it offers beyond is its own type. */
export interface Provider {
  health(): readonly UpstreamHealth[];
  /** One cheap authenticated read with the server's credential: resolves when the upstream answers sensibly. */
  ping(name: string, scope: OperationScope): Promise<void>;
}

/** The fields of a credential that callers bring. */
type CredentialFields<C> = C extends CallerCredential<string, infer Fields> ? Fields : never;

/** Who asks in one operation: what a provider's own access is made from. Opens nothing by itself. */
export interface Caller<Fields> {
  /** What the caller brought for this provider; present but unusable still forbids the server's own. */
  readonly brought: Brought<Fields>;
  /** Throws a coded refusal unless the caller is an operator with this scope; `otherwise` names other ways in. */
  requireScope(scope: string, otherwise: string): void;
  /** The uid of the Pi user who signed in, as Pi vouches for it; throws a coded refusal when nobody did. */
  userUid(): Promise<string>;
  /** A name for a credential at this provider that tells nothing of it. */
  fingerprint(baseUrl: string, ...fields: readonly string[]): string;
  /** Scope of reads: ends with the operation. */
  readonly reads: OperationScope;
  /** Scope of one write: made when the write begins, so that each has its own time. */
  writes(): OperationScope;
}

/** A provider as an entry of the registry: all that the rest of the gateway derives from it. */
export interface ProviderDefinition<
  Config,
  P extends Provider,
  Brings extends CallerCredential<string, object> = CallerCredential<never, never>,
  Scope extends string = string,
  Opened = unknown,
> {
  readonly name: string;
  /** What operator keys can be allowed to do here: names for `GATEWAY_KEYS`. */
  readonly scopes: readonly Scope[];
  /** What callers can bring for it. */
  readonly credential: Brings;
  /** Settings that say that somebody configured it; while none of any provider is set, the sandbox starts. */
  readonly configuredBy: readonly (string | RegExp)[];
  readConfig(settings: SettingsReader): Config;
  create(config: Config, deps: ProviderDeps): P;
  /** What one operation's caller may open: each of its methods opens what was asked for or throws a coded refusal. */
  access?(provider: P, caller: Caller<CredentialFields<Brings>>): Opened;
}

/** The kind of failure that a status stands for by itself, with every provider that says nothing else about it. */
export function kindOfStatus(status: number): UpstreamErrorKind {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 408:
      return 'timeout';
    case 409:
      return 'conflict';
    case 429:
      return 'rate_limited';
    default:
      return status >= 500 ? 'unavailable' : 'rejected';
  }
}

/** What gateways and frameworks say where no service stands behind an address: nothing about what was asked for. */
const NO_ROUTE =
  /\bno (?:matching )?routes?\b|\broute\b.{0,200}\bnot found\b|\bcannot (?:get|post|put|patch|delete) \//i;
const LONGEST_WORDS = 4_096;

/** Whether a 404 is about the address, and not about an object. */
export function speaksOfRoute({ status, text }: Pick<Answer, 'status' | 'text'>): boolean {
  return status === 404 && text.length <= LONGEST_WORDS && NO_ROUTE.test(text);
}
