import { describe, expect, it } from 'vitest';
import { stepsOf, type LedgerTransaction, type OnLedger, type Payment } from './model.js';
import { verdictOf } from './verdict.js';

const NOW = Date.parse('2026-05-02T12:00:00Z');
const MINE = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

const status = {
  developerApproved: true,
  transactionVerified: false,
  developerCompleted: false,
  cancelled: false,
  userCancelled: false,
};

const approved: Payment = {
  __typename: 'Payment',
  paymentId: 'pay',
  amount: '4',
  memo: 'Pears',
  metadata: {},
  state: 'APPROVED',
  direction: 'USER_TO_APP',
  network: 'TESTNET',
  createdAt: '2026-05-02T11:00:00Z',
  userUid: 'uid',
  fromAddress: 'GFROM',
  toAddress: 'GTO',
  status,
  transaction: null,
};
const young: Payment = { ...approved, createdAt: '2026-05-02T11:55:00Z' };
const created: Payment = { ...approved, state: 'CREATED', status: { ...status, developerApproved: false } };
const payout: Payment = { ...approved, direction: 'APP_TO_USER' };
const submitted: Payment = {
  ...approved,
  state: 'SUBMITTED',
  transaction: { txid: MINE, link: null, verified: false },
};
const verified: Payment = { ...submitted, state: 'VERIFIED', transaction: { txid: MINE, link: null, verified: true } };

const onLedger = (changes: Partial<LedgerTransaction>): LedgerTransaction => ({
  txid: MINE,
  from: 'GFROM',
  to: 'GTO',
  amount: '4',
  memo: 'pay',
  createdAt: '2026-05-02T11:01:00Z',
  matches: true,
  ...changes,
});
const match = onLedger({});
const little = onLedger({ amount: '0.01', matches: false });

/** What the gateway itself would do (settling.ts), in the order settle, complete by, cancel. */
const table: readonly (readonly [string, Payment, OnLedger, string, string | undefined, boolean])[] = [
  ['approved, the ledger has it', approved, match, 'COMPLETES', MINE, false],
  ['approved, another amount', approved, little, 'NOTHING', undefined, false],
  ['approved, none', approved, 'none', 'CANCELS', undefined, true],
  ['approved just now, none', young, 'none', 'NOTHING', undefined, true],
  ['approved, ledger off', approved, 'off', 'NOTHING', undefined, true],
  ['approved, ledger away', approved, 'away', 'PERHAPS', undefined, false],
  ['approved, not looked yet', approved, 'looking', 'NOTHING', undefined, false],
  ['created, none', created, 'none', 'CANCELS', undefined, true],
  ['created, ledger away', created, 'away', 'CANCELS', undefined, true],
  ['created, another amount', created, little, 'NOTHING', undefined, true],
  ['created, and paid', created, match, 'COMPLETES', MINE, false],
  ['payout, none', payout, 'none', 'NOTHING', undefined, true],
  ['payout, sent', payout, match, 'COMPLETES', MINE, false],
  ['payout, another amount', payout, little, 'NOTHING', undefined, false],
  ['linked, the same on the ledger', submitted, match, 'COMPLETES', MINE, false],
  ['linked, another memo', submitted, 'none', 'NOTHING', undefined, false],
  ['linked, another amount', submitted, little, 'NOTHING', undefined, false],
  ['linked, another one matches', submitted, onLedger({ txid: OTHER }), 'NOTHING', undefined, false],
  ['linked, ledger off', submitted, 'off', 'NOTHING', MINE, false],
  ['linked, ledger away', submitted, 'away', 'PERHAPS', MINE, false],
  ['linked, not looked yet', submitted, 'looking', 'NOTHING', undefined, false],
  ['verified, ledger away', verified, 'away', 'COMPLETES', MINE, false],
  ['verified, none', verified, 'none', 'COMPLETES', MINE, false],
];

describe('a payment offers what can work', () => {
  it.each(table)('%s', (_name, payment, ledger, settles, completesBy, cancels) => {
    const verdict = verdictOf(payment, ledger, NOW);
    expect([verdict.settles, verdict.completesBy, verdict.cancels]).toEqual([settles, completesBy, cancels]);
  });

  it('and where nothing can, it sends people on', () => {
    for (const [, payment, ledger, settles, completesBy, cancels] of table) {
      if (settles !== 'NOTHING' || completesBy !== undefined || cancels || ledger === 'looking') continue;
      const { means } = verdictOf(payment, ledger, NOW);
      expect(means).toContain('Pi’s support');
      expect(means).toMatch(/by hand|pay back|gree with the user/);
      expect(means).not.toMatch(/Settle it|Settling (completes|cancels)/);
    }
  });
});

describe('the picture', () => {
  const step = (payment: Payment, ledger: OnLedger) =>
    stepsOf(payment, ledger).find(({ label }) => label === 'On the ledger')?.state;

  it.each([
    ['Pi names one, the ledger has none of its', submitted, 'none', 'doubted'],
    ['Pi names one, the ledger has another amount', submitted, little, 'doubted'],
    ['Pi names one, the ledger agrees', submitted, match, 'done'],
    ['Pi names one, nobody asked the ledger', submitted, 'off', 'done'],
    ['Pi verified it', verified, 'none', 'done'],
    ['only the ledger has it', approved, match, 'ledger-only'],
    ['only the ledger has one, of another amount', approved, little, 'mismatched'],
    ['a payout, sent with another amount', payout, little, 'mismatched'],
    ['nobody has it', approved, 'none', 'open'],
  ] as const)('%s', (_name, payment, ledger, state) => expect(step(payment, ledger)).toBe(state));
});
