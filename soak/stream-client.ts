import { connect, type Socket } from 'node:net';
import { answerWith } from '../bench/dialogue.js';
import { request } from '../bench/raw-http.js';

/** Thousands of event-stream readers in one process: sockets, a few bytes each, and counts. */

export interface ClientOrder {
  /** Opens so many streams and answers when each has its first event. */
  readonly open?: {
    readonly port: number;
    readonly path: string;
    readonly count: number;
    readonly pins: number;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Destroys the sockets of so many of the oldest streams. */
  readonly leave?: number;
}

/** What happened since this was last asked; delays in milliseconds from the reading of the pin to its arrival here. */
export interface ClientReport {
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly latest: number;
  /** States that a stream never saw because a newer one took their place. */
  readonly skipped: number;
  readonly live: number;
  /** Of the streams opened last: how many had their final state, had it more than once, and were told the end. */
  readonly finals: number;
  readonly repeated: number;
  readonly completes: number;
  /** Broken off, or answered with something else than events. */
  readonly broken: number;
}

class Reader {
  left = '';
  version = -1;
  finals = 0;
  completes = 0;
  leaving = false;
  constructor(readonly socket: Socket) {}
}

const AT_ONCE = 100;
const SLOWEST_MS = 60_000;
const QUERY = 'subscription watch($id: ID!) { pinStatus(requestId: $id) { requestId status info } }';

const delays = new Uint32Array(SLOWEST_MS + 1);
let readers: Reader[] = [];
let events = 0;
let skipped = 0;
let broken = 0;

function take(reader: Reader, frame: string, firstEvent: () => void): void {
  if (frame.includes('event: complete')) {
    reader.completes += 1;
    reader.socket.destroy();
    return;
  }
  const data = frame.indexOf('event: next');
  if (data < 0) return;
  if (frame.includes('"errors"')) {
    broken += 1;
    if (broken === 1) process.stderr.write(`stream: ${frame.slice(data, data + 300)}\n`);
    return;
  }
  events += 1;
  const at = Number(/"at":"(\d+)"/.exec(frame)?.[1]);
  const version = Number(/"version":"(\d+)"/.exec(frame)?.[1]);
  if (reader.version >= 0) {
    const delay = Math.min(SLOWEST_MS, Math.max(0, Date.now() - at));
    delays[delay] = (delays[delay] ?? 0) + 1;
    if (version > reader.version + 1) skipped += version - reader.version - 1;
  } else firstEvent();
  reader.version = version;
  if (frame.includes('"status":"PINNED"')) reader.finals += 1;
}

function openOne(bytes: Buffer, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const reader = new Reader(socket);
    readers.push(reader);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (reader.completes === 0 && !reader.leaving) broken += 1;
      reader.left = '';
      resolve();
    });
    socket.on('data', (chunk: Buffer) => {
      const text = reader.left + chunk.toString('latin1');
      let start = 0;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n', start)) {
        take(reader, text.slice(start, end), resolve);
        start = end + 2;
      }
      reader.left = text.slice(start);
    });
  });
}

async function open({ port, path, count, pins, headers }: NonNullable<ClientOrder['open']>): Promise<void> {
  readers = readers.filter(({ socket }) => !socket.destroyed);
  let next = readers.length;
  const until = next + count;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < until) {
        const variables = { id: `pin-${next % pins}` };
        next += 1;
        await openOne(
          request(
            'POST',
            path,
            { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
            JSON.stringify({ query: QUERY, variables }),
          ),
          port,
        );
      }
    }),
  );
}

function percentile(share: number): number {
  const total = delays.reduce((sum, each) => sum + each, 0);
  let seen = 0;
  for (const [ms, each] of delays.entries()) {
    seen += each;
    if (total > 0 && seen >= total * share) return ms;
  }
  return 0;
}

answerWith<ClientOrder>(async (order) => {
  if (order.open) await open(order.open);
  let leave = order.leave ?? 0;
  for (const reader of readers) {
    if (leave === 0) break;
    if (reader.socket.destroyed) continue;
    reader.leaving = true;
    reader.socket.destroy();
    leave -= 1;
  }
  const report: ClientReport = {
    events,
    skipped,
    broken,
    p50: percentile(0.5),
    p99: percentile(0.99),
    latest: percentile(1),
    live: readers.filter(({ socket }) => !socket.destroyed).length,
    finals: readers.filter(({ finals }) => finals > 0).length,
    repeated: readers.filter(({ finals }) => finals > 1).length,
    completes: readers.filter(({ completes }) => completes === 1).length,
  };
  events = skipped = broken = 0;
  delays.fill(0);
  return report;
});
