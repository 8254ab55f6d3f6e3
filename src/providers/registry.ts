import type { CallerCredential, Provider, ProviderDefinition, ProviderDeps, SettingsReader } from './provider.js';
import { bitminter } from './bitminter/index.js';
import { ledger } from './ledger/index.js';
import { mypit } from './mypit/index.js';
import { pi } from './pi/index.js';
import { pinning } from './pinning/index.js';

/** Every upstream that Headgate can stand in front of: a new provider is one more line here. */
export const registry = {
  pi,
  mypit,
  pinning,
  bitminter,
  ledger,
} as const;

export type Registry = typeof registry;
export type ProviderKey = keyof Registry;
/** The checked settings of all providers. */
export type ProviderConfigs = { readonly [K in ProviderKey]: ReturnType<Registry[K]['readConfig']> };
/** All providers, running. */
export type Providers = { readonly [K in ProviderKey]: ReturnType<Registry[K]['create']> };
/** What a caller brought for each provider. */
export type BroughtCredentials = { readonly [K in ProviderKey]: ReturnType<Registry[K]['credential']['read']> };
/** What callers may open, for providers that define it. */
export type Opened = {
  readonly [K in ProviderKey]: Registry[K] extends { access?(...args: never[]): infer Part } ? Part : never;
};
/** What operator keys can be allowed to do with the upstreams. */
export type ProviderScope = Registry[ProviderKey]['scopes'][number];
/** The headers that carry callers' credentials for upstreams. */
export type CallerHeader = Registry[ProviderKey]['credential']['headers'][number];

/** A registry with our providers, and possibly others. */
export type Definitions = Registry & Readonly<Record<string, AnyDefinition>>;
/** A definition as those see it who treat all alike. */
export type AnyDefinition = ProviderDefinition<unknown, Provider, CallerCredential<string, object>>;

function each<Value>(make: (key: string, definition: AnyDefinition) => Value, all: Definitions) {
  return Object.fromEntries(
    Object.entries<AnyDefinition>(all).map(([key, definition]) => [key, make(key, definition)]),
  );
}

export function readProviderConfigs(settings: SettingsReader, all: Definitions = registry): ProviderConfigs {
  return each((_key, definition) => definition.readConfig(settings), all) as ProviderConfigs;
}

export function createProviders(configs: ProviderConfigs, deps: ProviderDeps, all: Definitions = registry): Providers {
  const byKey: Readonly<Record<string, unknown>> = configs;
  return each((key, definition) => definition.create(byKey[key], deps), all) as Providers;
}

/** Whether any provider is configured. */
export function isConfigured(settings: SettingsReader, all: Definitions = registry): boolean {
  return Object.values<AnyDefinition>(all).some(({ configuredBy }) =>
    configuredBy.some((name) => (typeof name === 'string' ? settings.has(name) : settings.names(name).length > 0)),
  );
}

/** The credentials that callers can bring, by provider. */
export function callerCredentials(
  all: Definitions = registry,
): readonly (readonly [key: string, credential: CallerCredential<string, object>])[] {
  return Object.entries<AnyDefinition>(all).map(([key, { credential }]) => [key, credential]);
}

/** What operator keys can be allowed to do with the upstreams. */
export function providerScopes(all: Definitions = registry): readonly ProviderScope[] {
  return Object.values<AnyDefinition>(all).flatMap(({ scopes }) => scopes) as readonly ProviderScope[];
}
