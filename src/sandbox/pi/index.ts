import { createHorizon } from '../ledger/service.js';
import { appWallet, type Wallet } from '../ledger/wallets.js';
import { randomSecret } from '../names.js';
import type { SandboxClock, SandboxPart } from '../part.js';
import { serve } from '../server.js';
import { paymentSeed } from './seed.js';
import { createPiService, type SignedInUser } from './service.js';
import { createPaymentStore } from './store.js';
import { piUsers } from './users.js';

/** The Pi Platform API and Pi's ledger, running, with the people whose tokens they accept. */
export interface PiPart extends SandboxPart {
  readonly users: readonly SignedInUser[];
  /** The app's own wallet, whose seed the app has: the gateway is not told of it. */
  readonly wallet: Wallet;
}

/** Starts the Pi Platform API for the co-op's shop, and the ledger. Its key and tokens differ at every start; the tokens last a day. */
export async function startPi(clock: SandboxClock): Promise<PiPart> {
  const apiKey = randomSecret();
  const users = Object.values(piUsers).map((user): SignedInUser => ({ ...user, token: randomSecret() }));
  const payments = createPaymentStore({
    seed: paymentSeed(clock.now()),
    clock,
    userUids: users.map(({ uid }) => uid),
  });
  const [platform, ledger] = await Promise.all([
    serve(createPiService({ apiKey, users, payments }, clock), clock.speed),
    serve(createHorizon(payments.chain, payments.isAnswerLost), clock.speed),
  ]);
  return {
    settings: {
      PI_BASE_URL: `${platform.url}/v2`,
      PI_API_KEY: apiKey,
      PI_NETWORK: 'testnet',
      PI_LEDGER_URL: ledger.url,
      PI_USER_ACTIONS: 'approve,complete,cancel',
      PAYOUT_MAX_PER_CALL: '10',
      PAYOUT_MAX_PER_DAY: '100',
    },
    headers: { authorization: `Bearer ${users[0]?.token ?? ''}` },
    examples: {
      PI_LEDGER_URL: ledger.url,
      PI_WALLET: appWallet.address,
      PI_WALLET_SEED: appWallet.seed,
      PI_BROWSER_URL: `${platform.url}/sandbox/payments`,
      PI_TOKEN: users[0]?.token ?? '',
    },
    users,
    wallet: appWallet,
    async close() {
      await Promise.all([platform.close(), ledger.close()]);
    },
  };
}
