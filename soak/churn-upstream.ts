import { createServer, type AddressInfo } from 'node:net';
import { payment } from '../bench/data.js';
import { answerWith } from '../bench/dialogue.js';
import { answer, createMessageReader } from '../bench/raw-http.js';

/** Pi as the churn needs it: vouches for any token for a short time, refuses those that begin with "bad". In a process of its own. */

/** What the gateway takes off the end of a token's life. */
const MARGIN_MS = 30_000;
const LEAST_LEFT_MS = 60_000;
const MOST_LEFT_MS = 90_000;
const FIRST_AT_A_FAULT = 150;

const refused = answer(401, '{"error":"unauthorized"}');
const fault = answer(500, '{"error":"internal"}');
const unknown = answer(404, '{"error":"payment_not_found"}');
const known = answer(200, JSON.stringify(payment));
let asked = 0;

/** Every so often the upstream stumbles, and the gateway tries again. */
function vouch(token: string): Buffer {
  asked += 1;
  if (asked % FIRST_AT_A_FAULT === 0) return fault;
  if (token.startsWith('bad')) return refused;
  const until = new Date(Date.now() + MARGIN_MS + LEAST_LEFT_MS + Math.random() * (MOST_LEFT_MS - LEAST_LEFT_MS));
  return answer(
    200,
    JSON.stringify({
      uid: token,
      username: `name-${token}`,
      credentials: {
        scopes: ['username', 'payments'],
        valid_until: { timestamp: Math.floor(until.getTime() / 1_000), iso8601: until.toISOString() },
      },
    }),
  );
}

function route(head: string): Buffer {
  const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'));
  if (path === '/me') return vouch(/authorization: Bearer (\S+)/i.exec(head)?.[1] ?? 'bad');
  return path === `/payments/${payment.identifier}` ? known : unknown;
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on(
    'data',
    createMessageReader(({ head }) => {
      const bytes = route(head);
      // Questions about a token come on sockets of their own, which the gateway closes.
      if (/\r\nconnection: close/i.test(head)) socket.end(bytes);
      else socket.write(bytes);
    }, false),
  );
});
answerWith(() => ({ asked }));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
