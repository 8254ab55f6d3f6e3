import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hiveDialect, tailcallDialect, type Dialect } from './peer-queries.js';
import { own, stop, type Running } from './processes.js';

/** Other gateways in front of the same upstream double. Each has package files of its own, and is installed when it is first measured. */
export interface Peer {
  readonly title: string;
  /** Below `bench/peers`. */
  readonly folder: string;
  /** Undefined where the peer takes Headgate's own words. */
  readonly dialect?: Dialect;
  /** Makes what the peer is to be told, and says how to run it. */
  prepare(place: Place): Promise<Command>;
}

interface Place {
  /** Where the peer is installed. */
  readonly home: string;
  /** For files of this run. */
  readonly scratch: string;
  readonly port: number;
  readonly upstreamUrl: string;
}

interface Command {
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const run = promisify(execFile);
const INSTALL_MS = 300_000;
const node = process.execPath;

async function composeHive({ home, scratch, port, upstreamUrl }: Place): Promise<Command> {
  const supergraph = join(scratch, 'supergraph.graphql');
  const compose = join(home, 'node_modules/@graphql-mesh/compose-cli/esm/bin.js');
  await run(node, [compose, '-c', 'compose.config.js', '-o', supergraph], {
    cwd: home,
    env: { ...process.env, UPSTREAM_URL: upstreamUrl },
    timeout: 60_000,
  });
  const gateway = join(home, 'node_modules/@graphql-hive/gateway/dist/bin.js');
  return {
    args: [
      node,
      gateway,
      'supergraph',
      supergraph,
      '--jit',
      '--fork',
      '1',
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--polling',
      '1h',
    ],
  };
}

async function configureTailcall({ home, scratch, port, upstreamUrl }: Place, dedupe: boolean): Promise<Command> {
  const filled = readFileSync(join(home, 'gateway.template.graphql'), 'utf8')
    .replaceAll('__PORT__', String(port))
    .replaceAll('__UPSTREAM__', upstreamUrl)
    .replaceAll('__DEDUPE__', String(dedupe));
  const config = join(scratch, 'gateway.graphql');
  writeFileSync(config, filled);
  return {
    args: [join(home, 'node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall'), 'start', config],
    env: { TAILCALL_TRACKER: 'false' },
  };
}

export const peers: readonly Peer[] = [
  {
    title: 'mercurius, jit',
    folder: 'mercurius',
    prepare: async ({ home, port, upstreamUrl }) => ({
      args: [node, join(home, 'server.js')],
      env: { PORT: String(port), UPSTREAM_URL: upstreamUrl },
    }),
  },
  {
    title: 'Tailcall',
    folder: 'tailcall',
    dialect: tailcallDialect,
    prepare: (place) => configureTailcall(place, false),
  },
  {
    title: 'Tailcall, dedupe',
    folder: 'tailcall',
    dialect: tailcallDialect,
    prepare: (place) => configureTailcall(place, true),
  },
  { title: 'Hive Gateway, OpenAPI, jit', folder: 'hive', dialect: hiveDialect, prepare: composeHive },
];

/** Installs a peer, if its lock is newer than what is installed, and starts it pinned to a core; it need not be ready then. */
export async function startPeer(peer: Peer, core: number, upstreamUrl: string): Promise<Running> {
  const home = join(process.cwd(), 'bench/peers', peer.folder);
  const [lock, installed] = [join(home, 'package-lock.json'), join(home, 'node_modules/.package-lock.json')];
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
    process.stdout.write(`installing ${peer.folder} ...\n`);
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: home,
      timeout: INSTALL_MS,
    });
  }
  const scratch = mkdtempSync(join(tmpdir(), 'bench-peer-'));
  const clear = (): void => rmSync(scratch, { recursive: true, force: true });
  try {
    const port = await freePort();
    const { args, env } = await peer.prepare({ home, scratch, port, upstreamUrl });
    const startedAt = performance.now();
    const child = own(
      spawn('taskset', ['-c', String(core), ...args], {
        cwd: scratch,
        stdio: 'ignore',
        env: { PATH: process.env['PATH'], HOME: scratch, NODE_ENV: 'production', ...env },
      }),
    );
    child.on('error', clear);
    child.on('exit', clear);
    return { url: `http://127.0.0.1:${port}`, child, startedAt, stop: () => stop(child) };
  } catch (error) {
    clear();
    throw error;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
