import { GatewayError } from '../../errors.js';
import type { Caller } from '../provider.js';
import type { BitMinter, BitMinterCredential, MinerSession, PoolSession } from './session.js';

/** What callers may open of the mining pool. */
export interface BitMinterAccess {
  /** The pool's public data, for anyone. */
  pool(): PoolSession;
  /** Miner accounts, with the caller's key or, for operators, the server's. */
  miners(): MinerSession;
}

export function createBitMinterAccess(
  bitminter: BitMinter,
  { brought, requireScope, fingerprint, reads }: Caller<{ readonly key: string }>,
): BitMinterAccess {
  let poolSession: PoolSession | undefined;
  let minerSession: MinerSession | undefined;

  const credential = (): BitMinterCredential => {
    const identify = (apiKey: string) => fingerprint(bitminter.baseUrl ?? '', apiKey);
    if (brought.state === 'unusable')
      throw new GatewayError('UNAUTHENTICATED', 'The header x-bitminter-key is empty or malformed.', {
        provider: 'bitminter',
      });
    if (brought.state === 'usable') {
      const { key: apiKey } = brought.fields;
      return { source: 'caller', fields: { apiKey }, fingerprint: identify(apiKey) };
    }
    requireScope('bm:read', ', or an API key of the account in x-bitminter-key');
    const { apiKey } = bitminter;
    if (apiKey === undefined) {
      throw new GatewayError(
        'PROVIDER_DISABLED',
        'This gateway has no key to miner accounts (BITMINTER_API_KEY); send one in x-bitminter-key.',
        { provider: 'bitminter' },
      );
    }
    return { source: 'server', fields: { apiKey }, fingerprint: identify(apiKey) };
  };

  return {
    pool: () => (poolSession ??= bitminter.openPool(reads)),
    miners: () => (minerSession ??= bitminter.openMiners(credential(), reads)),
  };
}
