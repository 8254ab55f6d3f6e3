import { connect, type Socket } from 'node:net';
import { createLatencies } from './latencies.js';
import { createMessageReader, isGood, request } from './raw-http.js';

/** The load: keeps a number of requests in flight over as many connections for a while, and reports. Runs in a process of its own. */

export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: 'GET' | 'POST';
  /** Sent in turn; each connection begins at another one, so that equal requests seldom meet. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly forMs: number;
  /** Bytes that a good answer has, more or less: any other size counts as a failure. */
  readonly size?: number;
}

export interface LoadReport {
  readonly answers: number;
  readonly failures: number;
  readonly ms: number;
  readonly p50: number;
  readonly p99: number;
}

/** What is still under way that long after the end is given up. */
const PATIENCE_MS = 20_000;

async function run(order: LoadOrder): Promise<LoadReport> {
  const requests = order.bodies.map((body) => request(order.method, order.path, order.headers, body));
  const latencies = createLatencies();
  let answers = 0;
  let failures = 0;
  const started = performance.now();
  const until = started + order.forMs;
  const sockets: Socket[] = [];
  const lost = setTimeout(
    () => sockets.forEach((socket) => socket.destroy(new Error('no answer in time'))),
    order.forMs + PATIENCE_MS,
  );
  await Promise.all(
    Array.from(
      { length: order.connections },
      (_none, connection) =>
        new Promise<void>((resolve, reject) => {
          let sentAt = performance.now();
          let turn = connection;
          const next = () => requests[(turn += order.connections) % requests.length] ?? '';
          const socket = connect(order.port, '127.0.0.1', () => socket.write(next()));
          sockets.push(socket);
          socket.setNoDelay(true);
          socket.on('error', reject);
          // One that closes by itself is not waited for: its request is lost.
          socket.on('close', () =>
            performance.now() >= until ? resolve() : reject(new Error('a connection was closed')),
          );
          socket.on(
            'data',
            createMessageReader((message) => {
              const now = performance.now();
              latencies.add(now - sentAt);
              answers += 1;
              if (!isGood(message, order.size)) failures += 1;
              if (now >= until) return void socket.destroy();
              sentAt = now;
              socket.write(next());
            }, answersAreRead(order)),
          );
        }),
    ),
  ).finally(() => {
    clearTimeout(lost);
    for (const socket of sockets) socket.destroy();
  });
  return {
    answers,
    failures,
    ms: performance.now() - started,
    p50: latencies.percentile(0.5),
    p99: latencies.percentile(0.99),
  };
}

/** A lone connection leaves the time to read bodies. */
function answersAreRead({ connections }: LoadOrder): boolean {
  return connections === 1;
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ failed: `load: ${String(error)}` }),
  );
});
