import { createHash } from 'node:crypto';
import { Keypair } from '@stellar/stellar-base';

/** The network whose passphrase is part of every signature. */
export const PASSPHRASE = 'Pi Testnet';

/** A wallet of the sandbox: real keys, made from a label, the same at every start and worth nothing elsewhere. */
export interface Wallet {
  readonly address: string;
  /** What its owner signs with. */
  readonly seed: string;
}

export function walletOf(label: string): Wallet {
  const keys = Keypair.fromRawEd25519Seed(createHash('sha256').update(`hollow-creek/wallet/${label}`).digest());
  return { address: keys.publicKey(), seed: keys.secret() };
}

/** The wallet of the co-op's app: users pay into it, payouts leave it. */
export const appWallet = walletOf('app');
