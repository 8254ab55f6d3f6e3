import { connect } from 'node:net';
import { createMessageReader, request } from './raw-http.js';

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
}

export interface LoadReport {
  readonly answers: number;
  readonly failures: number;
  readonly ms: number;
  readonly p50: number;
  readonly p99: number;
}

/** Latencies in hundredths of a millisecond; more than that ends up in the last. */
const BUCKETS = 200_000;

async function run(order: LoadOrder): Promise<LoadReport> {
  const requests = order.bodies.map((body) => request(order.method, order.path, order.headers, body));
  const latencies = new Uint32Array(BUCKETS);
  let answers = 0;
  let failures = 0;
  const started = performance.now();
  const until = started + order.forMs;
  await Promise.all(Array.from({ length: order.connections }, (_none, connection) => new Promise<void>((resolve, reject) => {
    let sentAt = performance.now();
    let turn = connection;
    const next = () => requests[(turn += order.connections) % requests.length] ?? '';
    const socket = connect(order.port, '127.0.0.1', () => socket.write(next()));
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', createMessageReader(({ head, body }) => {
      const now = performance.now();
      const bucket = Math.min(BUCKETS - 1, Math.round((now - sentAt) * 100));
      latencies[bucket] = (latencies[bucket] ?? 0) + 1;
      answers += 1;
      if (!head.startsWith('HTTP/1.1 200') || body.includes('"errors"')) failures += 1;
      if (now >= until) return void socket.destroy();
      sentAt = now;
      socket.write(next());
    }, answersAreChecked(order)));
  })));
  return { answers, failures, ms: performance.now() - started, p50: percentile(latencies, answers, 0.5), p99: percentile(latencies, answers, 0.99) };
}

/** A short body is cheap to look into. */
function answersAreChecked({ connections }: LoadOrder): boolean {
  return connections === 1;
}

function percentile(latencies: Uint32Array, total: number, share: number): number {
  let seen = 0;
  for (let bucket = 0; bucket < latencies.length; bucket += 1) {
    seen += latencies[bucket] ?? 0;
    if (seen >= total * share) return bucket / 100;
  }
  return Infinity;
}

process.on('message', (order: LoadOrder) => {
  run(order).then((report) => process.send?.(report), (error: unknown) => {
    process.stderr.write(`load: ${String(error)}\n`);
    process.exit(1);
  });
});
