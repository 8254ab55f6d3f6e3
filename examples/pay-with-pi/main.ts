import { once } from 'node:events';
import { GraphQLClient } from 'graphql-request';
import { endpoint, headers, stop } from '../connection.js';
import { WhoseKeyDocument } from '../generated/graphql.js';
import { adviceFor } from '../line-of.js';
import { told } from '../told.js';
import { bundlePage } from './bundle.js';
import { openOrders } from './orders.js';
import { serveShop } from './server.js';
import { createShop, NEEDS } from './shop.js';

const { SHOP_PORT = '8080', SHOP_ORDERS = './orders.json', PI_BROWSER_URL: url, PI_TOKEN: token } = process.env;
const gateway = new GraphQLClient(endpoint, { headers });
// A shop that opened with a key that cannot do its work would refuse every buyer.
const { operator } = await told(gateway.request(WhoseKeyDocument));
if (!operator) stop(adviceFor('UNAUTHENTICATED: the gateway does not know this key'));
const lacking = NEEDS.filter((scope) => !operator.scopes.includes(scope));
if (lacking.length > 0) stop(`the key of HEADGATE_KEY lacks ${lacking.join(' ')}: the shop needs ${NEEDS.join(' ')}`);
const shop = createShop({
  gateway,
  orders: openOrders(SHOP_ORDERS),
  prices: { apples: '100' },
  deliver: ({ id, item }) => console.log(`deliver ${item} for order ${id}`),
});
const browser = url !== undefined && token !== undefined ? { url, token } : undefined;
const server = serveShop(shop, await bundlePage(), browser);
server.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  stop(`port ${SHOP_PORT} is taken: set SHOP_PORT to a free one`);
});
server.listen(Number(SHOP_PORT), '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : SHOP_PORT;
  console.log(`the shop is at http://127.0.0.1:${port}/`);
});

/** Until it is stopped. */
export const serving = once(process, 'SIGINT').then(() => {
  server.close();
  server.closeAllConnections();
});
