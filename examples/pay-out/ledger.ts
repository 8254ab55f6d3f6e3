import { Account, Asset, Keypair, Memo, Operation, StrKey, TransactionBuilder } from '@stellar/stellar-base';
import type { SignedPayout } from './kept-payouts.js';

/** A transaction as the ledger knows it. */
type Signed = Omit<SignedPayout, 'place'>;

/** What is paid to whom. */
export interface Transfer {
  readonly paymentId: string;
  readonly to: string;
  readonly amount: string;
  readonly passphrase: string;
}

/** What the ledger answered to a signed transaction. */
export type Submitted =
  { readonly taken: true } | { readonly taken: false; readonly code: string; readonly final: boolean };

/** Within this time the ledger takes a transaction in, or never. */
const VALID_S = 60;
/** Codes after which the same transaction may still be, or get, into the ledger. */
const MAY_STILL_BE = /^(tx_bad_seq|tx_too_late|tx_too_early|timeout)$/;

/** Whether a text is the seed of a wallet; which wallet's, only the ledger knows. */
export const isSeed = (text: string): boolean => StrKey.isValidEd25519SecretSeed(text);

/** What stood in the way of a call, as `connect ECONNREFUSED 127.0.0.1:1`. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

/** Horizon, as far as a payout needs it. The seed stays in here. */
export function createLedger(url: string, seed: string, fetch = globalThis.fetch) {
  const keys = Keypair.fromSecret(seed);
  const wallet = keys.publicKey();
  /** The network that the ledger says it is of, once it was asked. */
  let network: string | undefined;
  const get = (path: string) =>
    fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
      throw new Error(`the ledger (PI_LEDGER_URL) does not answer: ${causeOf(error)}`);
    });
  async function read<T>(path: string): Promise<T> {
    const response = await get(path);
    if (response.ok) return (await response.json()) as T;
    throw new Error(`the ledger (PI_LEDGER_URL) answered ${response.status} at ${path}`);
  }
  async function sequenceOf(account: string): Promise<string> {
    const response = await get(`/accounts/${account}`);
    if (response.status === 404)
      throw new Error(`the ledger knows no wallet of PI_WALLET_SEED (${account}): is it of this network, and funded?`);
    if (!response.ok) throw new Error(`the ledger (PI_LEDGER_URL) answered ${response.status} for the wallet`);
    const { sequence } = (await response.json()) as { readonly sequence: string };
    return sequence;
  }

  return {
    /** Whether it is a ledger at all, and knows the wallet: asked before a payment is opened that could not be paid. */
    async check(): Promise<void> {
      const about = await get('/');
      const { network_passphrase: said } = (await about.json().catch(() => ({}))) as { network_passphrase?: unknown };
      if (!about.ok || typeof said !== 'string')
        throw new Error('what answers at PI_LEDGER_URL is no ledger (Horizon): set it to the ledger of your network');
      await sequenceOf(wallet);
      network = said;
    },

    /** Signs a payment whose memo is the payment's id: by that Pi knows it. */
    async sign({ paymentId, to, amount, passphrase }: Transfer): Promise<Signed> {
      if (network !== undefined && network !== passphrase)
        throw new Error(`the ledger at PI_LEDGER_URL is of "${network}", and the payment of "${passphrase}"`);
      const sequence = await sequenceOf(wallet);
      const { last_ledger_base_fee: fee } = await read<{ last_ledger_base_fee: string }>('/fee_stats');
      const validUntil = Math.floor(Date.now() / 1000) + VALID_S;
      const transaction = new TransactionBuilder(new Account(wallet, sequence), {
        fee,
        networkPassphrase: passphrase,
        timebounds: { minTime: 0, maxTime: validUntil },
      })
        .addOperation(Operation.payment({ destination: to, asset: Asset.native(), amount }))
        .addMemo(Memo.text(paymentId))
        .build();
      transaction.sign(keys);
      return { paymentId, txid: transaction.hash().toString('hex'), envelope: transaction.toXDR(), validUntil };
    },

    /** Sends it. The same transaction may be sent as often as wanted: the ledger takes it once. */
    async submit({ envelope }: Signed): Promise<Submitted> {
      const body = new URLSearchParams({ tx: envelope });
      const response = await fetch(`${url}/transactions`, {
        method: 'POST',
        body,
        signal: AbortSignal.timeout(30_000),
      });
      if (response.ok) return { taken: true };
      const problem = (await response.json().catch(() => ({}))) as {
        readonly extras?: { readonly result_codes?: { readonly transaction?: string; readonly operations?: string[] } };
      };
      const { transaction, operations } = problem.extras?.result_codes ?? {};
      const code =
        operations?.join(' ') ?? transaction ?? (response.status < 500 ? `status ${response.status}` : 'timeout');
      return { taken: false, code, final: !MAY_STILL_BE.test(code) };
    },

    async has({ txid }: Signed): Promise<boolean> {
      const response = await get(`/transactions/${txid}`);
      if (response.ok) return true;
      if (response.status === 404) return false;
      throw new Error(`the ledger (PI_LEDGER_URL) answered ${response.status} for the transaction`);
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;
