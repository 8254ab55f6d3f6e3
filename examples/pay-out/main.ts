import { GraphQLClient } from 'graphql-request';
import { endpoint, headers, stop } from '../connection.js';
import { told } from '../told.js';
import { keptPayouts } from './kept-payouts.js';
import { createLedger, isSeed } from './ledger.js';
import { payOut } from './pay-out.js';

const [userUid, amount, memo, idempotencyKey] = process.argv.slice(2);
const { PI_LEDGER_URL: ledgerUrl, PI_WALLET_SEED: seed, PAYOUT_DIR: folder = './payouts' } = process.env;
if (!userUid || !amount || !memo || !idempotencyKey)
  stop('usage: main.ts <user uid> <amount> <memo> <your name for this very payout>');
if (!ledgerUrl || !seed)
  stop('set PI_LEDGER_URL to the ledger of your network, and PI_WALLET_SEED to the seed of the app wallet');
if (!isSeed(seed)) stop('PI_WALLET_SEED is no seed of a wallet: 56 letters and digits that begin with S');

const ledger = createLedger(ledgerUrl.replace(/\/+$/, ''), seed);
await told(ledger.check());
const txid = await told(
  payOut(
    { userUid, amount, memo, idempotencyKey },
    {
      gateway: new GraphQLClient(endpoint, { headers }),
      ledger,
      kept: keptPayouts(folder),
      say: console.log,
    },
  ),
);
console.log(`paid by ${txid}`);
