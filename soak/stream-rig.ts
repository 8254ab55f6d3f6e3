import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ask } from '../bench/dialogue.js';
import { cpuMs, rssMb, start, type Started } from '../bench/processes.js';
import type { ClientOrder, ClientReport } from './stream-client.js';
import type { InsideQuestion, LoopReport, MemoryReport } from './stream-inside.js';
import { productArgs, productFile } from '../bench/servers.js';
import type { UpstreamOrder, UpstreamReport } from './stream-upstream.js';

/** A gateway on one core; a changing upstream and thousands of readers on the other. */
export interface Rig {
  readonly gateway: Started;
  readonly headers: Readonly<Record<string, string>>;
  readonly port: number;
  client(order: ClientOrder): Promise<ClientReport>;
  upstream(order: UpstreamOrder): Promise<UpstreamReport>;
  loop(): Promise<LoopReport>;
  memory(): Promise<MemoryReport>;
  /** Writes a heap snapshot of the gateway to a file. */
  snapshot(file: string): Promise<void>;
  /** Opens streams over all pins; the answer says how it went. */
  open(count: number): Promise<ClientReport>;
  /** What happens from now on, for so long. */
  phase(forMs: number): Promise<Phase>;
  stop(): Promise<void>;
}

/** What one stretch of time showed. */
export interface Phase {
  readonly seconds: number;
  readonly client: ClientReport;
  readonly loop: LoopReport;
  readonly asked: number;
  /** Share of one core that the gateway used, and share of the time that its main thread waited for a core. */
  readonly busy: number;
  readonly waited: number;
  readonly rssMb: number;
}

const GATEWAY_CORE = 0;
const OTHER_CORE = 1;

export interface RigOptions {
  readonly pins: number;
  readonly pollIntervalMs: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeArgs?: readonly string[];
}

/** Starts everything. */
export async function startRig({ pins, pollIntervalMs, env = {}, nodeArgs = [] }: RigOptions): Promise<Rig> {
  const key = 'bench-key';
  const upstream = await start({ core: OTHER_CORE, file: './stream-upstream.js', args: [String(pins)] });
  const gateway = await start({
    core: GATEWAY_CORE,
    file: productFile,
    nodeArgs: [
      ...productArgs,
      ...nodeArgs,
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      '--import',
      new URL('./stream-inside.js', import.meta.url).pathname,
    ],
    env: {
      PORT: '0',
      NODE_ENV: 'production',
      PINNING_SERVICES: 'bench',
      STATE_DIR: 'memory',
      PINNING_BENCH_URL: upstream.url,
      PINNING_BENCH_TOKEN: 'token',
      GATEWAY_KEYS: `bench:${createHash('sha256').update(key).digest('hex')}:pin:read`,
      PIN_POLL_INTERVAL_MS: String(pollIntervalMs),
      MAX_SUBSCRIPTIONS_PER_CALLER: '20000',
      ...env,
    },
  });
  const reader = startClient();
  const headers = { 'x-gateway-key': key };
  const port = Number(new URL(gateway.url).port);
  const rig: Rig = {
    gateway,
    headers,
    port,
    client: (order) => ask<ClientReport>(reader, order),
    upstream: (order) => ask<UpstreamReport>(upstream.child, order),
    loop: () => ask<LoopReport>(gateway.child, { about: 'loop' } satisfies InsideQuestion),
    memory: () => ask<MemoryReport>(gateway.child, { about: 'memory' } satisfies InsideQuestion),
    async snapshot(file) {
      await ask(gateway.child, { about: 'snapshot', file } satisfies InsideQuestion);
    },
    open: (count) => rig.client({ open: { port, path: '/graphql', count, pins, headers } }),
    phase: (forMs) => runPhase(rig, forMs),
    async stop() {
      reader.kill();
      await gateway.stop();
      await upstream.stop();
    },
  };
  return rig;
}

function startClient(): ChildProcess {
  const file = new URL('./stream-client.js', import.meta.url).pathname;
  return spawn('taskset', ['-c', String(OTHER_CORE), process.execPath, file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] },
  });
}

async function runPhase(rig: Rig, forMs: number): Promise<Phase> {
  const pid = rig.gateway.child.pid ?? 0;
  await Promise.all([rig.client({}), rig.upstream({}), rig.loop()]);
  const before = { at: performance.now(), cpu: cpuMs(pid), waited: waitedMs(pid) };
  await sleep(forMs);
  const ms = performance.now() - before.at;
  const [client, { asked }, loop] = await Promise.all([rig.client({}), rig.upstream({}), rig.loop()]);
  return {
    seconds: ms / 1_000,
    client,
    loop,
    asked,
    rssMb: rssMb(pid),
    busy: (cpuMs(pid) - before.cpu) / ms,
    waited: (waitedMs(pid) - before.waited) / ms,
  };
}

/** How long the main thread could have run but had no core, in milliseconds so far. */
function waitedMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
