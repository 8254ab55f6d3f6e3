import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool, type Dispatcher } from 'undici';

/**
 * The floor: the least that `node:http` and undici allow for the same upstream calls and an answer with the same data. Nothing is
 * parsed: what is asked for is cut out of the upstream's bytes. Headers are arrays, and what is answered in one turn of the event
 * loop is written together. `plain-proxy.ts` is what anybody would write.
 */

const upstream = new Pool(process.argv[2] ?? '', { connections: 100, pipelining: 1 });
const PAYMENT = process.argv[3] ?? '';
const sentHeaders = ['accept', 'application/json', 'content-type', 'application/json', 'authorization', 'Bearer token'];

/**
 * Takes the bytes of one answer. An object with methods costs less than a promise, and in undici's older form of them headers
 * are not made an object.
 */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly chunks: Buffer[] = [];
  constructor(private readonly done: (body: Buffer) => void) {}
  onConnect(): void {}
  onHeaders(): boolean {
    return true;
  }
  onData(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    return true;
  }
  onComplete(): void {
    const [only] = this.chunks;
    this.done(this.chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.chunks));
  }
  onError(error: Error): void {
    throw error;
  }
}

function read(path: string, done: (body: Buffer) => void): void {
  upstream.dispatch({ method: 'GET', path, headers: sentHeaders }, new Exchange(done));
}

function post(operation: string, body: string, done: (body: Buffer) => void): void {
  upstream.dispatch({ method: 'POST', path: `/${operation}`, headers: sentHeaders, body }, new Exchange(done));
}

/** Collects several bodies; they arrive in any order. */
function all(count: number, done: (bodies: readonly string[]) => void): (index: number) => (body: Buffer) => void {
  const bodies: string[] = [];
  let missing = count;
  return (index) => (body) => {
    bodies[index] = body.toString('latin1');
    if ((missing -= 1) === 0) done(bodies);
  };
}

/** The JSON value of a key's first mention, as it stands there: a text without escapes, or a number. */
function cut(json: string, key: string): string {
  const from = json.indexOf(`"${key}":`) + key.length + 3;
  if (json[from] === '"') return json.slice(from, json.indexOf('"', from + 1) + 1);
  let to = from;
  while (json[to] !== ',' && json[to] !== '}') to += 1;
  return json.slice(from, to);
}

/** A text's value in a request, whose variables nobody escapes here. */
const argument = (request: string, key: string): string => cut(request, key).slice(1, -1);

const W2_START = Buffer.from('{"data":{"pins":{"nodes":');
const W2_END = Buffer.from('}}}');
const RESULTS = '"results":';

type Send = (body: string | Buffer) => void;
const work: Readonly<Record<string, (request: string, send: Send) => void>> = {
  w1(request, send) {
    read(`/pins/${argument(request, 'id')}`, (body) => {
      const pin = body.toString('latin1');
      const status = cut(pin, 'status').toUpperCase();
      send(
        `{"data":{"pin":{"requestId":${cut(pin, 'requestid')},"status":${status},"cid":${cut(pin, 'cid')},"name":${cut(pin, 'name')}}}}`,
      );
    });
  },
  w2(request, send) {
    const after = encodeURIComponent(argument(request, 'createdAfter'));
    read(`/pins?status=queued,pinning,pinned,failed&after=${after}&limit=50`, (body) => {
      const rows = body.subarray(body.indexOf(RESULTS) + RESULTS.length, body.length - 1);
      send(Buffer.concat([W2_START, rows, W2_END]));
    });
  },
  w3(_request, send) {
    post('getIssuedBadges', '{"userId":"user","paginationOpts":{"numItems":50,"cursor":null}}', (body) => {
      const badges = body
        .toString('latin1')
        .split('"_id":')
        .slice(1)
        .map((rest) => {
          const badge = `{"_id":${rest}`;
          return [cut(badge, '_id'), cut(badge, 'templateId'), cut(badge, 'recipientId')] as const;
        });
      const templates = [...new Set(badges.map(([, template]) => template))];
      const holders = [...new Set(badges.map(([, , holder]) => holder))];
      const names = new Map<string, string>();
      const take = all(templates.length + holders.length, (bodies) => {
        [...templates, ...holders].forEach((id, index) => names.set(id, cut(bodies[index] ?? '', 'name')));
        const nodes = badges.map(
          ([id, template, holder]) =>
            `{"badgeId":${id},"template":{"name":${names.get(template)}},"recipient":{"name":${names.get(holder)}}}`,
        );
        send(`{"data":{"issuedBadges":{"nodes":[${nodes.join(',')}]}}}`);
      });
      templates.forEach((id, index) =>
        post('getASingleBadgeTemplate', `{"userId":"user","templateId":${id}}`, take(index)),
      );
      holders.forEach((id, index) =>
        post('getHolderById', `{"userId":"user","holderId":${id}}`, take(templates.length + index)),
      );
    });
  },
  w4(_request, send) {
    const take = all(4, ([pin = '', template = '', stats = '', payment = '']) => {
      send(
        `{"data":{"pin":{"status":${cut(pin, 'status').toUpperCase()}},"badgeTemplate":{"name":${cut(template, 'name')}},"poolStats":{"activeWorkers":${cut(stats, 'active_workers')}},"payment":{"memo":${cut(payment, 'memo')}}}}`,
      );
    });
    read('/pins/pin-7', take(0));
    post('getASingleBadgeTemplate', '{"userId":"user","templateId":"template1"}', take(1));
    read('/pool/stats', take(2));
    read(`/payments/${PAYMENT}`, take(3));
  },
};

let answered: (readonly [response: ServerResponse, body: string | Buffer])[] = [];

function answerSoon(response: ServerResponse, body: string | Buffer): void {
  if (answered.push([response, body]) === 1) setImmediate(answerAll);
}

function answerAll(): void {
  const due = answered;
  answered = [];
  for (const [response, body] of due) {
    response.writeHead(200, ['content-type', 'application/json; charset=utf-8', 'content-length', String(body.length)]);
    response.end(body, 'latin1');
  }
}

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('latin1');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => work[argument(text, 'operationName')]?.(text, (body) => answerSoon(response, body)));
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
