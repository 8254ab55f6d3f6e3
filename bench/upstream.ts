import { createServer, type AddressInfo } from 'node:net';
import { badges, holders, payment, pinned, poolStats, templates, underWay } from './data.js';
import { answer, createMessageReader, type Message } from './raw-http.js';

/** The upstream double: all four providers, answering at once from memory and counting what they were asked. In a process of its own. */

const fixed = new Map<string, Buffer>([
  ...pinned.map((pin) => [`GET /pins/${pin.requestid}`, answer(200, JSON.stringify(pin))] as const),
  ['GET /pool/stats', answer(200, JSON.stringify(poolStats))],
  [`GET /payments/${payment.identifier}`, answer(200, JSON.stringify(payment))],
  ['POST /getIssuedBadges', page(badges)],
  ['POST /getAllBadgeTemplatesByOwnerId', page(templates)],
  ['POST /getHolders', page(holders)],
]);
const byId = new Map([...templates, ...holders].map((one) => [one._id, answer(200, JSON.stringify(one))]));
const unknown = answer(404, '{"error":"not found"}');
const ID = /"(?:templateId|holderId)":"([^"]+)"/;

function page(rows: readonly object[]): Buffer {
  return answer(200, JSON.stringify({ page: rows, isDone: true, continueCursor: 'end' }));
}

/** Answers to listings by their path: bounds and limit as a real service honours them. */
const listings = new Map<string, Buffer>();
let looks = 0;

function listing(path: string): Buffer {
  const query = new URLSearchParams(path.slice(path.indexOf('?') + 1));
  if (query.get('status')?.includes('pinned') !== true) {
    const rows = underWay((looks += 1));
    return answer(200, JSON.stringify({ count: rows.length, results: rows }));
  }
  const [before, after] = [query.get('before'), query.get('after')];
  const found = pinned.filter(
    ({ created }) => (before === null || created < before) && (after === null || created > after),
  );
  const known = answer(
    200,
    JSON.stringify({ count: found.length, results: found.slice(0, Number(query.get('limit') ?? 10)) }),
  );
  if (listings.size < 1_000) listings.set(path, known);
  return known;
}

function route({ head, body }: Message): Buffer {
  const line = head.slice(0, head.indexOf(' HTTP/'));
  const path = line.slice(line.indexOf(' ') + 1);
  const found = fixed.get(line) ?? listings.get(path) ?? byId.get(ID.exec(body)?.[1] ?? '');
  if (found) return found;
  if (path.startsWith('/pins?')) return listing(path);
  const watched = underWay((looks += 1)).find(({ requestid }) => path === `/pins/${requestid}`);
  return watched ? answer(200, JSON.stringify(watched)) : unknown;
}

let asked = 0;
let delayMs = 0;

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on(
    'data',
    createMessageReader((message) => {
      asked += 1;
      const found = route(message);
      if (delayMs === 0) socket.write(found);
      else setTimeout(() => socket.write(found), delayMs);
    }, true),
  );
});

process.on('message', (order: { readonly delayMs?: number }) => {
  delayMs = order.delayMs ?? delayMs;
  process.send?.({ asked });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address() as AddressInfo;
  process.stdout.write(`ready http://127.0.0.1:${address.port}\n`);
});
