import { GraphQLClient } from 'graphql-request';
import { endpoint, headers } from '../connection.js';
import { told } from '../told.js';
import { recover } from './recover.js';

/** Run it every few minutes; the arguments are payments of users that your orders hold as unfinished. */
const gateway = new GraphQLClient(endpoint, { headers });
for (const { paymentId, outcome, why } of await told(recover(gateway, process.argv.slice(2))))
  console.log(outcome.padEnd(10), paymentId, why);
