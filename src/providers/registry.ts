import type { ProviderDeps, SettingsReader } from './provider.js';
import { bitminter } from './bitminter/index.js';
import { mypit } from './mypit/index.js';
import { pi } from './pi/index.js';
import { pinning } from './pinning/index.js';

/** Every upstream that Headgate can stand in front of: a new provider is one more line here. */
export const registry = {
  pi,
  mypit,
  pinning,
  bitminter,
} as const;

export type ProviderKey = keyof typeof registry;
/** The checked settings of all providers. */
export type ProviderConfigs = { readonly [K in ProviderKey]: ReturnType<(typeof registry)[K]['readConfig']> };
/** All providers, running. */
export type Providers = { readonly [K in ProviderKey]: ReturnType<(typeof registry)[K]['create']> };

export function readProviderConfigs(settings: SettingsReader): ProviderConfigs {
  return {
    pi: registry.pi.readConfig(settings),
    mypit: registry.mypit.readConfig(settings),
    pinning: registry.pinning.readConfig(settings),
    bitminter: registry.bitminter.readConfig(settings),
  };
}

export function createProviders(configs: ProviderConfigs, deps: ProviderDeps): Providers {
  return {
    pi: registry.pi.create(configs.pi, deps),
    mypit: registry.mypit.create(configs.mypit, deps),
    pinning: registry.pinning.create(configs.pinning, deps),
    bitminter: registry.bitminter.create(configs.bitminter, deps),
  };
}
