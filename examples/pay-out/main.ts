import { GraphQLClient } from 'graphql-request';
import { endpoint, headers } from '../connection.js';
import { keptPayouts } from './kept-payouts.js';
import { createLedger } from './ledger.js';
import { payOut } from './pay-out.js';

const [userUid, amount, memo, idempotencyKey] = process.argv.slice(2);
const { PI_LEDGER_URL: ledgerUrl, PI_WALLET_SEED: seed, PAYOUT_DIR: folder = './payouts' } = process.env;
if (!userUid || !amount || !memo || !idempotencyKey)
  throw new Error('usage: main.ts <user uid> <amount> <memo> <your name for this very payout>');
if (!ledgerUrl || !seed) throw new Error('PI_LEDGER_URL and PI_WALLET_SEED are needed');

const txid = await payOut(
  { userUid, amount, memo, idempotencyKey },
  {
    gateway: new GraphQLClient(endpoint, { headers }),
    ledger: createLedger(ledgerUrl, seed),
    kept: keptPayouts(folder),
    say: console.log,
  },
);
console.log(`paid by ${txid}`);
