import { connect, type Socket } from 'node:net';
import { createLatencies } from './latencies.js';
import { createMessageReader, isGood, request } from './raw-http.js';

/**
 * The pace: sends requests at fixed instants, whether or not earlier ones are answered, as callers do who do not know of each
 * other. Latency counts from the instant a request was due, so a server that stalls pays for every request it kept waiting.
 */

export interface PaceOrder {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Posted in turn. */
  readonly bodies: readonly string[];
  readonly perSecond: number;
  readonly forMs: number;
  /** Bytes that a good answer has, more or less. */
  readonly size?: number;
}

export interface PaceReport {
  readonly answers: number;
  readonly failures: number;
  /** Of answers, from the instant their requests were due, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** By how many milliseconds this process was late in sending: its own share of the latencies. */
  readonly late99: number;
}

const CONNECTIONS = 16;
/** Beyond that, requests wait here for an answer to an earlier one; their latency counts all the same. */
const MOST_CONNECTIONS = 256;
const PATIENCE_MS = 20_000;

interface Line {
  readonly socket: Socket;
  dueAt: number;
}

async function run(order: PaceOrder): Promise<PaceReport> {
  const requests = order.bodies.map((body) => request('POST', '/graphql', order.headers, body));
  const [latencies, lateness] = [createLatencies(), createLatencies()];
  const total = Math.floor((order.perSecond * order.forMs) / 1_000);
  const lines: Line[] = [];
  const free: Line[] = [];
  let [answers, failures, sent] = [0, 0, 0];
  let timer: NodeJS.Timeout | undefined;

  await new Promise<void>((resolve, reject) => {
    const open = (onOpen: (line: Line) => void): void => {
      const line: Line = { dueAt: 0, socket: connect(order.port, '127.0.0.1', () => onOpen(line)) };
      lines.push(line);
      line.socket.setNoDelay(true);
      line.socket.on('error', reject);
      line.socket.on('close', () => reject(new Error('a connection was closed')));
      line.socket.on(
        'data',
        createMessageReader((message) => {
          latencies.add(performance.now() - line.dueAt);
          if (!isGood(message, order.size)) failures += 1;
          free.push(line);
          if ((answers += 1) === total) resolve();
        }, false),
      );
    };
    const send = (line: Line, turn: number, dueAt: number): void => {
      line.dueAt = dueAt;
      lateness.add(performance.now() - dueAt);
      line.socket.write(requests[turn % requests.length] ?? '');
    };
    const begin = (): void => {
      const started = performance.now();
      setTimeout(() => reject(new Error('no answer in time')), order.forMs + PATIENCE_MS).unref();
      const tick = (): void => {
        for (; sent < total; sent += 1) {
          const [turn, dueAt] = [sent, started + (sent * 1_000) / order.perSecond];
          if (dueAt > performance.now()) break;
          // In turn: a server closes connections that lie idle.
          const line = free.shift();
          if (line) send(line, turn, dueAt);
          else if (lines.length < MOST_CONNECTIONS) open((opened) => send(opened, turn, dueAt));
          else break;
        }
        if (sent < total) timer = setTimeout(tick, 1);
      };
      tick();
    };
    for (let count = 0; count < CONNECTIONS; count += 1)
      open((line) => {
        if (free.push(line) === CONNECTIONS) begin();
      });
  }).finally(() => {
    clearTimeout(timer);
    for (const { socket } of lines) socket.destroy();
  });
  return {
    answers,
    failures,
    p50: latencies.percentile(0.5),
    p99: latencies.percentile(0.99),
    late99: lateness.percentile(0.99),
  };
}

process.on('message', (order: PaceOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ failed: `pace: ${String(error)}` }),
  );
});
