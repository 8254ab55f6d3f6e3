import autocannon from 'autocannon';
import { createLatencies } from './latencies.js';

/**
 * The load: keeps a number of requests in flight over as many connections for a while, and reports. autocannon does it; this hands
 * it an order and judges the answers. Runs in a process of its own.
 */

export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: 'GET' | 'POST';
  /**
   * Each connection sends its share of them in turn, so that no equal requests are under way; all, where there are
   * fewer than connections.
   */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly forMs: number;
  /** Characters that a good answer has, more or less: any other size counts as a failure. */
  readonly size?: number;
}

export interface LoadReport {
  readonly answers: number;
  readonly failures: number;
  readonly ms: number;
  readonly p50: number;
  readonly p99: number;
}

/** What is not answered in so many seconds is given up. */
const PATIENCE_S = 20;
const LOOK_MS = 100;

async function run({ port, path, headers, method, bodies, connections, forMs, size }: LoadOrder): Promise<LoadReport> {
  const latencies = createLatencies();
  let [answers, begun, firstAt, lastAt] = [0, 0, 0, 0];
  const requests = bodies.map((body) => ({ body }));
  const load = autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method,
    headers,
    connections,
    duration: forMs / 1_000,
    timeout: PATIENCE_S,
    sampleInt: LOOK_MS,
    requests: requests.slice(0, 1),
    setupClient(client) {
      const own = requests.filter((_request, index) => index % connections === begun % connections);
      client.setRequests((own.length > 0 ? own : requests).map(({ body }) => ({ body })));
      begun += 1;
    },
    verifyBody: (body) =>
      (size === undefined || Math.abs(body.length - size) <= size * 0.2) && !body.includes('"errors"'),
  }).on('response', (_client, _status, _bytes, ms) => {
    answers += 1;
    latencies.add(ms);
    lastAt = performance.now();
    if (answers === 1) firstAt = lastAt;
  });
  const { errors, mismatches, non2xx } = await load;
  return {
    answers,
    failures: Math.max(mismatches, non2xx) + errors,
    // autocannon's own time counts how it makes its connections ready.
    ms: lastAt - firstAt,
    p50: latencies.percentile(0.5),
    p99: latencies.percentile(0.99),
  };
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ failed: `load: ${String(error)}` }),
  );
});
