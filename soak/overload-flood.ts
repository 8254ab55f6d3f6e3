import { connect, type Socket } from 'node:net';
import { answerWith } from '../bench/dialogue.js';
import { request } from '../bench/raw-http.js';

/** The flood: sends so many requests a second over many connections, whether or not earlier ones are answered. Runs in a process of its own. */

export interface FloodOrder {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in turn. */
  readonly bodies: readonly string[];
  readonly perSecond: number;
  readonly forMs: number;
  /** More are not opened, and no connection has more than one request under way: what finds none free is not sent. */
  readonly connections: number;
}

/** Milliseconds, as the client sees them. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

export interface FloodReport {
  readonly sent: number;
  readonly unsent: number;
  readonly good: Times;
  readonly refused: Times;
  /** Answers with any other status, by status. */
  readonly others: Readonly<Record<string, number>>;
  /** Connections that broke or were closed without being told to. */
  readonly broken: number;
  /** Not answered within the patience. */
  readonly late: number;
  readonly opened: number;
}

const TICK_MS = 1;
/** An answer that takes longer is worth nothing to its caller. */
const PATIENCE_MS = 2_000;
const BUCKETS_PER_MS = 10;

function createTimes() {
  const buckets = new Uint32Array(PATIENCE_MS * BUCKETS_PER_MS + 1);
  let count = 0;
  let longest = 0;
  return {
    add(ms: number): void {
      count += 1;
      longest = Math.max(longest, ms);
      const bucket = Math.min(buckets.length - 1, Math.floor(ms * BUCKETS_PER_MS));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    },
    report(): Times {
      const at = (share: number): number => {
        let seen = 0;
        const bucket = buckets.findIndex((many) => (seen += many) >= count * share);
        return bucket / BUCKETS_PER_MS;
      };
      return { count, p50: count === 0 ? 0 : at(0.5), p99: count === 0 ? 0 : at(0.99), longest };
    },
  };
}

/** One connection; a request is under way on it, or it is free. */
interface Line {
  readonly socket: Socket;
  sentAt: number;
  busy: boolean;
  /** Bytes of the answer that are still to come, once its head is known. */
  missing: number;
  ending: boolean;
}

const LENGTH = /\r\ncontent-length: (\d+)/i;

async function flood({ port, headers, bodies, perSecond, forMs, connections }: FloodOrder): Promise<FloodReport> {
  const requests = bodies.map((body) => request('POST', '/graphql', headers, body));
  const free: Line[] = [];
  const lines = new Set<Line>();
  const good = createTimes();
  const refused = createTimes();
  const others: Record<string, number> = {};
  const counts = { sent: 0, unsent: 0, broken: 0, late: 0, opened: 0 };
  let running = true;

  function open(): void {
    const socket = connect(port, '127.0.0.1', () => free.push(line));
    const line: Line = { socket, sentAt: 0, busy: false, missing: 0, ending: false };
    counts.opened += 1;
    lines.add(line);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      lines.delete(line);
      const index = free.indexOf(line);
      if (index >= 0) free.splice(index, 1);
      if (running && !line.ending) counts.broken += 1;
    });
    socket.on('data', (chunk) => heard(line, chunk));
  }

  /** Answers come one at a time; nearly always one is one chunk. */
  function heard(line: Line, chunk: Buffer): void {
    if (line.missing > 0) line.missing -= chunk.length;
    else {
      const headEnd = chunk.indexOf('\r\n\r\n');
      const head = chunk.toString('latin1', 0, headEnd);
      line.missing = headEnd + 4 + Number(LENGTH.exec(head)?.[1] ?? 0) - chunk.length;
      note(performance.now() - line.sentAt, head.slice(9, 12));
      line.ending = /\r\nconnection: close/i.test(head);
    }
    if (line.missing > 0) return;
    line.missing = 0;
    line.busy = false;
    if (line.ending) line.socket.destroy();
    else free.push(line);
  }

  function note(ms: number, status: string): void {
    if (ms > PATIENCE_MS) counts.late += 1;
    else if (status === '200') good.add(ms);
    else if (status === '503') refused.add(ms);
    else others[status] = (others[status] ?? 0) + 1;
  }

  for (let count = 0; count < connections; count += 1) open();
  await untilOpen(() => free.length, connections);
  const began = performance.now();
  let due = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      if (now - began > forMs) {
        clearInterval(timer);
        return resolve();
      }
      for (const wanted = ((now - began) / 1_000) * perSecond; due < wanted; due += 1) {
        const line = free.shift();
        if (line === undefined) {
          counts.unsent += 1;
          if (lines.size < connections) open();
          continue;
        }
        counts.sent += 1;
        line.sentAt = now;
        line.busy = true;
        line.socket.write(requests[counts.sent % requests.length] ?? '');
      }
    }, TICK_MS);
  });
  running = false;
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until && [...lines].some(({ busy }) => busy))
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  for (const { socket, busy } of lines) {
    if (busy) counts.late += 1;
    socket.destroy();
  }
  return { ...counts, good: good.report(), refused: refused.report(), others };
}

async function untilOpen(opened: () => number, connections: number): Promise<void> {
  const until = performance.now() + 10_000;
  while (opened() < connections && performance.now() < until)
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
}

answerWith<FloodOrder>(flood);
