import cluster, { type Worker } from 'node:cluster';
import { createServer } from 'node:http';
import { isStartedByNpm, readConfig, type Config } from '../config.js';
import { bindFault } from '../server/bind-fault.js';
import { monotonicNow } from '../values/clock.js';
import { stopWithStarter } from './starter.js';
import { complain, complainOf, say } from './terminal.js';

/** A worker that dies sooner than this after its start would die again and again. */
const TOO_SOON_MS = 2_000;
const MOST_EARLY_DEATHS = 5;

/** `headgate serve --workers N`: N gateways behind one port; one that dies is replaced. */
export function serveWorkers(count: number): void {
  try {
    const config = readConfig();
    requireShared(config);
    supervise(count, config);
  } catch (error) {
    complainOf(error, 'could not start');
    process.exitCode = 1;
  }
}

function requireShared(config: Config): void {
  if (config.sandboxed) throw new Error('--workers: the sandbox runs in one process; configure an upstream first');
  if (config.redisUrl === undefined)
    throw new Error('--workers: needs REDIS_URL, where the workers share keys, caps, limits and polls');
}

function supervise(count: number, config: Config): void {
  let stopping = false;
  let greeted = 0;
  let earlyDeaths = 0;
  let code = 0;
  const workers = new Map<Worker, number>();
  if (config.healthPort !== undefined)
    answerLiveness(config.host, config.healthPort, (fault) => {
      complain([fault]);
      stop(1);
    });

  function start(): void {
    // This process answers liveness for all.
    const worker = cluster.fork({ HEALTH_PORT: '' });
    workers.set(worker, monotonicNow());
    worker.on('message', ({ greeting }: { readonly greeting?: readonly string[] }) => {
      if (greeting === undefined) return;
      greeted += 1;
      if (greeted === count) say([...greeting, `${count} workers`]);
    });
  }

  cluster.on('exit', (worker, exitCode, signal) => {
    const startedAt = workers.get(worker) ?? 0;
    workers.delete(worker);
    if (stopping) {
      // A worker that had not begun to serve ends by the signal itself.
      if (signal !== 'SIGTERM') code = Math.max(code, exitCode ?? 1);
      if (workers.size === 0) process.exit(code);
      return;
    }
    earlyDeaths = monotonicNow() - startedAt < TOO_SOON_MS ? earlyDeaths + 1 : 0;
    complain([`worker ${worker.id} ended with ${signal ?? exitCode}`]);
    if (earlyDeaths < MOST_EARLY_DEATHS) return start();
    stop(1);
  });

  function stop(endsWith: number): void {
    code = endsWith;
    // A second signal ends at once, as it does without workers.
    const signal = stopping ? 'SIGKILL' : 'SIGTERM';
    stopping = true;
    if (workers.size === 0) process.exit(code);
    for (const worker of workers.keys()) worker.process.kill(signal);
  }

  process.on('SIGTERM', () => stop(0));
  process.on('SIGINT', () => stop(0));
  if (isStartedByNpm()) stopWithStarter();
  for (let started = 0; started < count; started += 1) start();
}

/** This process has nothing else to do, so it answers however busy the workers are. */
function answerLiveness(host: string, port: number, failed: (fault: string) => void): void {
  createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end('{"status":"ok"}');
  })
    .once('error', ({ code }: NodeJS.ErrnoException) => failed(bindFault(code, host, port, 'HEALTH_PORT')))
    .listen(port, host);
}
