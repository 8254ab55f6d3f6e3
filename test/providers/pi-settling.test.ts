import { describe, expect, it } from 'vitest';
import { parsePayment } from '../../src/providers/pi/wire.js';
import { readJson } from '../../src/providers/reading.js';
import type { Payment } from '../../src/providers/pi/model.js';
import { barToCancel, settlementOf, type Evidence, type LedgerFinding } from '../../src/providers/pi/settling.js';
import { flags, wirePayment } from './pi-support.js';

const NOW = Date.UTC(2026, 10, 30, 12);
const MINUTE = 60_000;
const TXID = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const reading = { facts: { provider: 'pi', operation: 'test', credential: 'server' }, delivery: 'answered' } as const;

function payment(changes: Record<string, unknown>): Payment {
  const text = JSON.stringify(wirePayment({ created_at: new Date(NOW - 11 * MINUTE).toISOString(), ...changes }));
  return parsePayment(readJson({ status: 200, headers: {}, text }, reading), reading);
}
const linked = (txid: string, verified: boolean) => ({ txid, verified, _link: 'https://api.testnet.minepi.com/x' });
const down = new Error('the ledger is away');
const strange = new Error('the ledger is that of another network');
const cut = new Error('the search was cut off');
const findings = {
  one: { found: 'one', txid: TXID, others: [] },
  none: { found: 'none' },
  several: { found: 'several', others: ['cd'.repeat(32)] },
  cut_off: { found: 'cut_off', error: cut },
  unavailable: { found: 'unavailable', error: down },
  not_for_it: { found: 'not_for_it', error: strange },
  off: { found: 'off' },
} as const satisfies Record<string, LedgerFinding>;
type Column = keyof typeof findings;
const columns = Object.keys(findings) as Column[];

const evidence = (found: LedgerFinding, here: number | 'never' | 'unknown' = 'never'): Evidence => ({
  ledger: async () => found,
  approval: async () => here,
});

const approved = { status: flags('developer_approved') };
const young = { created_at: new Date(NOW - 9 * MINUTE).toISOString() };
const all = (action: string) => Object.fromEntries(columns.map((column) => [column, action])) as Record<Column, string>;

/** It cannot have been signed. */
const neverApproved = { ...all('CANCEL'), one: `COMPLETE ${TXID}`, several: 'NONE' };

/** The table of what each state of Pi and of the ledger leads to. */
const table: readonly (readonly [string, Record<string, unknown>, Record<Column, string>])[] = [
  ['completed', { status: flags('developer_approved', 'developer_completed') }, all('NONE')],
  ['cancelled by the app', { status: flags('cancelled') }, all('NONE')],
  ['cancelled by the user', { status: flags('developer_approved', 'user_cancelled') }, all('NONE')],
  ['a transaction, verified', { ...approved, transaction: linked(OTHER, true) }, all(`COMPLETE ${OTHER}`)],
  [
    'a transaction, verified by its flag',
    { status: flags('developer_approved', 'transaction_verified'), transaction: linked(OTHER, false) },
    all(`COMPLETE ${OTHER}`),
  ],
  [
    'a transaction, not verified',
    { ...approved, transaction: linked(TXID.toUpperCase(), false) },
    { ...all('NONE'), one: `COMPLETE ${TXID}` },
  ],
  ['another transaction, not verified', { ...approved, transaction: linked(OTHER, false) }, all('NONE')],
  [
    'verified, and no transaction to see',
    { status: flags('developer_approved', 'transaction_verified') },
    { ...all('NONE'), one: `COMPLETE ${TXID}` },
  ],
  ['none, never approved', {}, neverApproved],
  ['none, never approved, young', young, neverApproved],
  ['none, approved, older than 10 minutes', approved, { ...all('NONE'), one: `COMPLETE ${TXID}`, none: 'CANCEL' }],
  ['none, approved, younger', { ...approved, ...young }, { ...all('NONE'), one: `COMPLETE ${TXID}` }],
  [
    'none, approved, 10 minutes to the millisecond',
    { ...approved, created_at: new Date(NOW - 10 * MINUTE).toISOString() },
    { ...all('NONE'), one: `COMPLETE ${TXID}` },
  ],
  ['none, app to user', { ...approved, direction: 'app_to_user' }, { ...all('NONE'), one: `COMPLETE ${TXID}` }],
  ['none, app to user, not approved', { direction: 'app_to_user' }, { ...all('NONE'), one: `COMPLETE ${TXID}` }],
  ['none, no direction', { direction: null }, { ...all('NONE'), one: `COMPLETE ${TXID}` }],
];

describe('settling', () => {
  it.each(table.flatMap(([row, wire, cells]) => columns.map((column) => [row, column, wire, cells[column]] as const)))(
    '%s, ledger: %s',
    async (_row, column, wire, expected) => {
      const end = await settlementOf(payment(wire), evidence(findings[column]), NOW);
      expect('txid' in end ? `${end.action} ${end.txid}` : end.action).toBe(expected);
      expect(end.why).toMatch(/^[A-Z].+\.$/);
    },
  );

  /** What this deployment knows of its own approval, whatever Pi shows. */
  const unsigned = { ...all('NONE'), one: `COMPLETE ${TXID}` };
  const afterPatience = { ...unsigned, none: 'CANCEL' };
  it.each<[string, Record<string, unknown>, number | 'never' | 'unknown', Record<Column, string>]>([
    ['a moment ago, and Pi is behind', {}, 1_000, unsigned],
    ['10 minutes ago to the millisecond, and Pi is behind', {}, 10 * MINUTE, unsigned],
    ['more than 10 minutes ago, and Pi is behind', {}, 10 * MINUTE + 1, afterPatience],
    ['more than 10 minutes ago, of a young payment', young, 10 * MINUTE + 1, unsigned],
    ['a moment ago, of an old payment', approved, 1_000, unsigned],
    ['long ago, of an old payment', approved, 11 * MINUTE, afterPatience],
    ['at a time that nobody can tell', {}, 'unknown', unsigned],
    ['at a time that nobody can tell, by Pi', approved, 'unknown', unsigned],
  ])('approved here %s', async (_row, wire, here, cells) => {
    for (const column of columns) {
      const end = await settlementOf(payment(wire), evidence(findings[column], here), NOW);
      expect('txid' in end ? `${end.action} ${end.txid}` : end.action, column).toBe(cells[column]);
      expect(end.why).toMatch(/^[A-Z].+\.$/);
    }
  });

  it('says that there is a transaction of one that is cancelled', async () => {
    const wire = { status: flags('cancelled'), transaction: linked(OTHER, true) };
    const end = await settlementOf(payment(wire), evidence(findings.none), NOW);
    expect(end).toMatchObject({ action: 'NONE', why: expect.stringMatching(`${OTHER}.*[Pp]eople`) });
  });

  it('says why the answer of the ledger proves nothing, where that can be said', async () => {
    const found = { ...findings.unavailable, why: 'it lists transactions twice' };
    const { why } = await settlementOf(payment(approved), evidence(found), NOW);
    expect(why).toMatch(/does not answer whole: it lists transactions twice\.$/);
  });

  it.each([
    ['completed', { status: flags('developer_approved', 'developer_completed') }],
    ['cancelled', { status: flags('cancelled') }],
    ['verified', { ...approved, transaction: linked(OTHER, true) }],
  ])('does not ask the ledger about one that is %s', async (_name, wire) => {
    const asked: Payment[] = [];
    await settlementOf(
      payment(wire),
      {
        ledger: async (about) => {
          asked.push(about);
          return findings.none;
        },
        approval: async () => 'never',
      },
      NOW,
    );
    expect(asked).toEqual([]);
  });
});

describe('cancelling', () => {
  const never = payment({});
  const signed = payment(approved);
  const asked = {
    one: 'HAS_TRANSACTION',
    several: 'HAS_TRANSACTION',
    none: 'cancel',
    off: 'cancel',
    cut_off: cut,
    unavailable: down,
    not_for_it: strange,
  };
  it.each([
    ['never approved', never, 'never', all('cancel')],
    ['approved', signed, 'never', asked],
    ['approved here, and Pi is behind', never, 3_600_000, asked],
    ['of whose approval nobody can tell', never, 'unknown', asked],
  ] as const)('of one %s', async (_name, about, here, cells) => {
    for (const column of columns) {
      const end = await barToCancel(about, evidence(findings[column], here)).then(
        (bar) => bar ?? 'cancel',
        (error: unknown) => error,
      );
      expect(end, column).toBe(cells[column]);
    }
  });
});
