import { builder } from './builder.js';
import './scalars.js';
import './nodes.js';
import './user-errors.js';
import './pins/pin.js';
import './pins/pin-queries.js';
import './pins/pin-mutations.js';
import './pins/pin-subscriptions.js';
import './user/user.js';
import './payments/payment.js';
import './payments/payment-queries.js';
import './payments/payment-mutations.js';
import './payments/payment-subscriptions.js';
import './pool/pool-stats.js';
import './pool/pool-block.js';
import './pool/pool-shift.js';
import './pool/top-miner.js';
import './pool/miner.js';
import './pool/pool-subscriptions.js';
import './service/provider-health.js';

/** The whole graph. Only imports above: no file that defines types imports this one. */
export const schema = builder.toSchema({ sortSchema: true });
