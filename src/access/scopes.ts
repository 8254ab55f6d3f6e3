import type { ProviderScope } from '../providers/registry.js';

/** What operator keys can be allowed to do with the gateway itself. */
const gatewayScopes = ['ops:read', 'ops:write', 'schema:read'] as const;

/** What an operator key can be allowed to do. */
export type OperatorScope = ProviderScope | (typeof gatewayScopes)[number];

/** The only names that `GATEWAY_KEYS` accepts: those of the providers, then the gateway's own. */
export function operatorScopes(ofProviders: readonly ProviderScope[]): readonly OperatorScope[] {
  return [...ofProviders, ...gatewayScopes];
}

export type OpsRight = Extract<OperatorScope, `ops:${string}`>;
export type PinningRight = Extract<OperatorScope, `pin:${string}`>;
export type MyPitRight = Extract<OperatorScope, `mypit:${string}`>;
export type PiRight = Extract<OperatorScope, `pi:${string}`>;
/** What a Pi user may do to their own payments. */
export type PaymentRight = Exclude<PiRight, 'pi:payout'>;
