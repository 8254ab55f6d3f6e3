import { Account, Asset, Keypair, Memo, Operation, TransactionBuilder } from '@stellar/stellar-base';

/** A payment that somebody signs; what is not named is as the ledger wants it. */
export interface Signing {
  readonly to: string;
  readonly amount: string;
  readonly memo: string;
  /** The sequence number that the wallet has used last. */
  readonly after: string;
  readonly fee?: string;
  readonly passphrase?: string;
  /** Epoch seconds. */
  readonly maxTime?: number;
  /** Signs in place of the wallet. */
  readonly seed?: string;
}

/** Signs a payment from a wallet, as an app does; `form` is the body that Horizon takes. */
export function signPayment(
  { wallet }: { readonly wallet: { readonly address: string; readonly seed: string } },
  { to, amount, memo, after, fee = '100000', passphrase = 'Pi Testnet', maxTime = 0, seed = wallet.seed }: Signing,
): { readonly txid: string; readonly form: string } {
  const transaction = new TransactionBuilder(new Account(wallet.address, after), {
    fee,
    networkPassphrase: passphrase,
    timebounds: { minTime: 0, maxTime },
  })
    .addOperation(Operation.payment({ destination: to, asset: Asset.native(), amount }))
    .addMemo(Memo.text(memo))
    .build();
  transaction.sign(Keypair.fromSecret(seed));
  return {
    txid: transaction.hash().toString('hex'),
    form: new URLSearchParams({ tx: transaction.toXDR() }).toString(),
  };
}
