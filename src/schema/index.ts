import { builder } from './builder.js';
import './scalars.js';
import './nodes.js';
import './user-errors.js';
import './pins/pin.js';
import './pins/pin-queries.js';
import './pins/pin-mutations.js';
import './pins/pin-subscriptions.js';
import './service/provider-health.js';

/** The whole graph. Only imports above: no file that defines types imports this one. */
export const schema = builder.toSchema({ sortSchema: true });
