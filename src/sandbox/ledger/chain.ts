import type { SandboxClock } from '../part.js';
import { BASE_FEE, readSigned, toUnits, type SignedTransfer, type Transfer } from './transactions.js';

/** A transaction in the ledger. */
export interface LedgerEntry extends Transfer {
  readonly hash: string;
  readonly createdMs: number;
}

/** Why the ledger did not take a transaction, in its own words; `undefined` when it is no transaction at all. */
export type SubmitFault =
  | 'tx_bad_auth'
  | 'tx_bad_seq'
  | 'tx_too_early'
  | 'tx_too_late'
  | 'tx_insufficient_fee'
  | 'tx_no_source_account'
  | 'op_no_destination'
  | 'op_underfunded';

/** Pi's ledger: accounts and what they paid each other. */
export interface Chain {
  /** Takes a signed transaction. One that is there already is simply answered again. */
  submit(envelope: string): LedgerEntry | SubmitFault | undefined;
  find(hash: string): LedgerEntry | undefined;
  /** Everything from or to an account, newest first; undefined when there is no such account. */
  history(address: string): readonly LedgerEntry[] | undefined;
  /** The ledger that was closed last. */
  latest(): { readonly sequence: number; readonly closedMs: number };
  account(address: string): { readonly sequence: bigint; readonly balance: bigint } | undefined;
  /** Transactions that came through `submit`, oldest first. */
  submitted(): readonly LedgerEntry[];
}

/** One ledger closes after the other. */
const LEDGER_MS = 5_000;
/** What an account has at the start. */
const FUNDS = toUnits('10000');
/** Where the numbers of accounts' transactions begin. */
export const FIRST_SEQUENCE = 78_187_349_840_478_208n;

export interface ChainParts {
  readonly clock: SandboxClock;
  readonly accounts: readonly string[];
  /** What the people of the sandbox paid by themselves, up to now. */
  others(): readonly LedgerEntry[];
  /** Whether this transaction is to be refused once as too late, as its payment's name asks for. */
  isLate(transfer: SignedTransfer): boolean;
}

export function createChain({ clock, accounts, others, isLate }: ChainParts): Chain {
  const submitted: LedgerEntry[] = [];
  const all = () => [...others(), ...submitted];

  function account(address: string) {
    if (!accounts.includes(address)) return undefined;
    const sent = submitted.filter(({ from }) => from === address);
    const moved = all().reduce((sum, { from, to, amount }) => {
      const out = from === address ? amount + BASE_FEE : 0n;
      return sum - out + (to === address ? amount : 0n);
    }, FUNDS);
    return { sequence: FIRST_SEQUENCE + BigInt(sent.length), balance: moved };
  }

  /** In the order in which the ledger looks. */
  function faultOf(signed: SignedTransfer): SubmitFault | undefined {
    const seconds = clock.now() / 1000;
    const source = account(signed.from);
    if (signed.minTime > seconds) return 'tx_too_early';
    if ((signed.maxTime !== 0 && signed.maxTime < seconds) || isLate(signed)) return 'tx_too_late';
    if (signed.fee < BASE_FEE) return 'tx_insufficient_fee';
    if (!source) return 'tx_no_source_account';
    if (signed.sequence !== source.sequence + 1n) return 'tx_bad_seq';
    if (!signed.signed) return 'tx_bad_auth';
    if (!accounts.includes(signed.to)) return 'op_no_destination';
    return source.balance < signed.amount + BASE_FEE ? 'op_underfunded' : undefined;
  }

  const find = (hash: string) => all().find((one) => one.hash === hash);
  return {
    find,
    account,
    submitted: () => submitted,
    latest() {
      const sequence = Math.floor(clock.now() / LEDGER_MS);
      return { sequence, closedMs: sequence * LEDGER_MS };
    },
    history: (address) =>
      accounts.includes(address)
        ? all()
            .filter(({ from, to }) => from === address || to === address)
            .toSorted((a, b) => b.createdMs - a.createdMs || (a.hash < b.hash ? -1 : 1))
        : undefined,
    submit(envelope) {
      const signed = readSigned(envelope);
      if (!signed) return undefined;
      const known = find(signed.hash);
      if (known) return known;
      const fault = faultOf(signed);
      if (fault) return fault;
      const { hash, from, to, amount, memo, sequence } = signed;
      const entry = { hash, from, to, amount, memo, sequence, createdMs: clock.now() };
      submitted.push(entry);
      return entry;
    },
  };
}
