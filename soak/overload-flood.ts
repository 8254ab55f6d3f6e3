import { connect, type Socket } from 'node:net';
import { answerWith } from '../bench/dialogue.js';
import { createLatencies } from '../bench/latencies.js';
import { request } from '../bench/raw-http.js';
import { createPace } from './overload-pace.js';

/**
 * The flood: an open crowd. Requests are due at fixed instants, whether or not earlier ones are answered; one that finds no
 * connection free opens another, as a new caller would. Load generators with a fixed set of connections (autocannon, wrk) cannot
 * do that: they wait for answers, so that a slow server gets fewer requests. Runs in a process of its own.
 */

export interface FloodOrder {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in turn. */
  readonly bodies: readonly string[];
  readonly perSecond: number;
  /** The crowd arrives: the pace rises evenly to the full one. What is due in this time is sent, and not counted. */
  readonly riseMs: number;
  /** Then the pace is held for so long, and counted. */
  readonly forMs: number;
}

/** Milliseconds from the instant at which a request was due, as the client sees them. */
export interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export interface FloodReport {
  /** Really sent in the counted time; what was due and found neither a free connection nor room for another is not among them. */
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
  /** Connections opened: before the counted time, and in it. */
  readonly opened: readonly [rising: number, counted: number];
  /** By how much the sender itself was late, p99, in milliseconds. */
  readonly lateness: number;
  /** How long the held pace took. */
  readonly countedMs: number;
  readonly stoodStillMs: number;
}

const TICK_MS = 1;
/** An answer that takes longer is worth nothing to its caller. */
const PATIENCE_MS = 2_000;
const MOST_CONNECTIONS = 15_000;

/** One connection; a request is under way on it, or it is free. */
interface Line {
  readonly socket: Socket;
  dueAt: number;
  counts: boolean;
  busy: boolean;
  /** Bytes of the answer that are still to come, once its head is known. */
  missing: number;
  ending: boolean;
}

const LENGTH = /\r\ncontent-length: (\d+)/i;

function createTimes() {
  const latencies = createLatencies();
  let count = 0;
  return {
    add(ms: number): void {
      count += 1;
      latencies.add(ms);
    },
    report: (): Times =>
      count === 0
        ? { count, p50: 0, p99: 0 }
        : { count, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99) },
  };
}

async function flood({ port, headers, bodies, perSecond, riseMs, forMs }: FloodOrder): Promise<FloodReport> {
  const requests = bodies.map((body) => request('POST', '/graphql', headers, body));
  let free: Line[] = [];
  let firstFree = 0;
  const lines = new Set<Line>();
  const [good, refused, lateness] = [createTimes(), createTimes(), createTimes()];
  const others: Record<string, number> = {};
  const opened: [number, number] = [0, 0];
  const counts = { sent: 0, unsent: 0, broken: 0, late: 0 };
  let running = true;
  let turn = 0;

  function send(line: Line): void {
    line.busy = true;
    line.socket.write(requests[(turn += 1) % requests.length] ?? '');
  }

  function open(dueAt: number, counted: boolean): void {
    const socket = connect(port, '127.0.0.1');
    const line: Line = { socket, dueAt, counts: counted, busy: false, missing: 0, ending: false };
    lines.add(line);
    opened[counted ? 1 : 0] += 1;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      lines.delete(line);
      if (running && !line.ending) counts.broken += 1;
    });
    socket.on('data', (chunk) => heard(line, chunk));
    send(line);
  }

  /** The connection that has been free for the longest: in a crowd everybody comes in turn. */
  function take(): Line | undefined {
    while (firstFree < free.length) {
      const line = free[(firstFree += 1) - 1];
      if (firstFree > 10_000) [free, firstFree] = [free.slice(firstFree), 0];
      if (line !== undefined && !line.socket.destroyed) return line;
    }
    return undefined;
  }

  /** Answers come one at a time; nearly always one is one chunk. */
  function heard(line: Line, chunk: Buffer): void {
    if (line.missing > 0) line.missing -= chunk.length;
    else {
      const headEnd = chunk.indexOf('\r\n\r\n');
      const head = chunk.toString('latin1', 0, headEnd);
      line.missing = headEnd + 4 + Number(LENGTH.exec(head)?.[1] ?? 0) - chunk.length;
      if (line.counts) note(performance.now() - line.dueAt, head.slice(9, 12));
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

  function due(dueAt: number, counted: boolean): void {
    const line = take();
    if (line === undefined && lines.size >= MOST_CONNECTIONS) {
      if (counted) counts.unsent += 1;
      return;
    }
    if (counted) {
      counts.sent += 1;
      lateness.add(performance.now() - dueAt);
    }
    if (line === undefined) return open(dueAt, counted);
    line.dueAt = dueAt;
    line.counts = counted;
    send(line);
  }

  const pace = createPace(performance.now(), perSecond, riseMs, forMs);
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (pace.tick(performance.now(), due)) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const countedMs = pace.countedMs(performance.now());
  running = false;
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until && [...lines].some(({ busy }) => busy))
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  for (const { socket, busy, counts: counted } of lines) {
    if (busy && counted) counts.late += 1;
    socket.destroy();
  }
  return {
    ...counts,
    good: good.report(),
    refused: refused.report(),
    others,
    opened,
    lateness: lateness.report().p99,
    countedMs,
    stoodStillMs: pace.stoodStill(),
  };
}

answerWith<FloodOrder>(flood);
