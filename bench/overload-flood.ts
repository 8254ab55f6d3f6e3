import { fork, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { KEY } from './fleet-instances.js';
import { createMessageReader, request } from './raw-http.js';

/** The flood: sends so many requests a second over many connections, whether or not they are answered. Runs in a process of its own. */

export interface FloodOrder {
  readonly port: number;
  readonly perSecond: number;
  readonly forMs: number;
}

export interface FloodReport {
  readonly sent: number;
  readonly good: number;
  readonly goodMs: readonly number[];
  readonly rejected: number;
  readonly rejectedMs: readonly number[];
  readonly codes: Readonly<Record<string, number>>;
  /** Not answered within the patience. */
  readonly late: number;
}

const CONNECTIONS = 1_500;
/** An answer that takes longer is worth nothing to its caller. */
const PATIENCE_MS = 2_000;

/** Starts a flood and resolves with what came of it. */
export function flood(order: FloodOrder): Promise<FloodReport> {
  const child: ChildProcess = fork(new URL(import.meta.url).pathname, [], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('message', (report) => {
      resolve(report as FloodReport);
      child.kill();
    });
    child.once('error', reject);
    child.send(order);
  });
}

async function run({ port, perSecond, forMs }: FloodOrder): Promise<FloodReport> {
  const body = JSON.stringify({ query: 'query ($id: ID!) { pin(requestId: $id) { requestId status cid name } }', variables: { id: 'kept-0' } });
  const bytes = request('POST', '/graphql', { 'content-type': 'application/json', accept: 'application/json', 'x-gateway-key': KEY }, body);
  const counts = { sent: 0, good: 0, rejected: 0, late: 0 };
  const codes: Record<string, number> = {};
  const goodMs: number[] = [];
  const rejectedMs: number[] = [];
  const note = (code: string): void => { codes[code] = (codes[code] ?? 0) + 1; };
  const free: Socket[] = [];
  const opened = new Set<Socket>();
  const sentAt = new Map<Socket, number>();

  const open = (): void => {
    const socket = connect(port, '127.0.0.1', () => free.push(socket));
    opened.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => note('broken connection'));
    socket.on('close', () => {
      opened.delete(socket);
      sentAt.delete(socket);
    });
    socket.on('data', createMessageReader(({ head, body: text }) => {
      const ms = performance.now() - (sentAt.get(socket) ?? 0);
      sentAt.delete(socket);
      const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
      if (ms > PATIENCE_MS) counts.late += 1;
      else if (code === undefined && head.startsWith('HTTP/1.1 200')) {
        counts.good += 1;
        goodMs.push(ms);
      } else {
        counts.rejected += 1;
        rejectedMs.push(ms);
      }
      if (code !== undefined) note(code);
      if (/\r\nconnection: close/i.test(head)) socket.destroy();
      else free.push(socket);
    }, true));
  };

  const began = performance.now();
  let due = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const passed = performance.now() - began;
      if (passed > forMs) {
        clearInterval(timer);
        return resolve();
      }
      for (due = Math.max(due, counts.sent); due < (passed / 1000) * perSecond; due += 1) {
        const socket = free.pop();
        if (socket === undefined) {
          if (opened.size < CONNECTIONS) open();
          continue;
        }
        if (socket.destroyed) continue;
        counts.sent += 1;
        sentAt.set(socket, performance.now());
        socket.write(bytes);
      }
    }, 2);
  });
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  const report = { ...counts, late: counts.late + sentAt.size, goodMs, rejectedMs, codes };
  for (const socket of opened) socket.destroy();
  return report;
}

if (process.send !== undefined && process.argv[1] === new URL(import.meta.url).pathname) {
  process.once('message', (order: FloodOrder) => {
    void run(order).then((report) => process.send?.(report));
  });
}
