import { bodiesIn } from './peer-queries.js';
import { peers, startPeer } from './peers.js';
import { rssMb, type Running, type Started } from './processes.js';
import { median } from './statistics.js';
import { headers, startFloor, startGateway, startPlainProxy } from './servers.js';
import { pause } from './watchers.js';
import { prove, workloads, type Workload } from './workloads.js';

/** A server that takes part, after its first answer; figures are medians of its starts. */
export interface Contender {
  readonly title: string;
  /** The process that is asked. */
  readonly server: Running;
  /** All its processes, equally started; those who compare let them take turns, since V8 compiles no two alike. */
  readonly servers: readonly Running[];
  /** Milliseconds from the spawn to the address. */
  readonly readyMs: number;
  /** Milliseconds from the spawn to the first whole answer to W1. */
  readonly firstAnswerMs: number;
  /** Resident memory after that answer and 2 seconds of rest. */
  readonly idleMb: number;
  bodies(workload: Workload): readonly string[];
}

/** A peer that could not be measured here. */
export interface Absent {
  readonly title: string;
  readonly reason: string;
}

type Of<Server extends Running> = Contender & { readonly server: Server; readonly servers: readonly Server[] };

export interface Field {
  /** What `node:http` and undici allow at best. */
  readonly floor: Contender;
  /** What anybody would write with them. */
  readonly plain: Contender;
  readonly headgate: Of<Started>;
  readonly peers: readonly (Contender | Absent)[];
}

/** Starts that are told of; one before them fills the disk cache. */
export const STARTS = 3;

/**
 * Starts each server several times; keeps all of the floor, the plain proxy and Headgate, and the last one of each peer. `beside`
 * is the folder of another built checkout, which is kept like Headgate and stands among the peers.
 */
export async function startField(
  core: number,
  upstream: Started,
  { withPeers, beside }: { readonly withPeers: boolean; readonly beside?: string | undefined },
): Promise<Field> {
  const own = (workload: Workload): readonly string[] => workload.bodies;
  const floor = await warm('Floor', () => startFloor(core, upstream), own);
  const plain = await warm('Plain proxy', () => startPlainProxy(core, upstream), own);
  const headgate = await warm('Headgate', () => startGateway(core, upstream), own);
  const met: (Contender | Absent)[] = [];
  if (beside !== undefined)
    met.push(await warm('Beside', () => startGateway(core, upstream, {}, [], `${beside}/dist/main.js`), own));
  for (const peer of withPeers ? peers : []) {
    try {
      met.push(
        await keepLast(
          await warm(
            peer.title,
            () => startPeer(peer, core, upstream.url),
            (workload) => bodiesIn(peer.dialect, workload),
          ),
        ),
      );
    } catch (error) {
      process.stderr.write(`${peer.title}: ${String(error).split('\n', 3).join('; ')}\n`);
      met.push({ title: peer.title, reason: 'not available here' });
    }
  }
  return { floor, plain, headgate, peers: met };
}

/** One server that was started for a comparison of its own. */
export function alone(title: string, server: Started): Contender {
  return {
    title,
    server,
    servers: [server],
    readyMs: server.startMs,
    firstAnswerMs: NaN,
    idleMb: NaN,
    bodies: ({ bodies }) => bodies,
  };
}

/** Posts one request and gives the text of the answer. */
export async function post({ url }: Running, body: string): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(30_000),
  });
  return response.text();
}

async function warm<Server extends Running>(
  title: string,
  start: () => Promise<Server>,
  bodies: Contender['bodies'],
): Promise<Of<Server>> {
  await (await meet(title, start, bodies)).server.stop();
  const told: Of<Server>[] = [];
  while (told.length < STARTS) told.push(await meet(title, start, bodies));
  const middle = (figure: 'readyMs' | 'firstAnswerMs' | 'idleMb'): number => median(told.map((one) => one[figure]));
  const [first] = told;
  if (!first) throw new Error(`${title} was not started`);
  return {
    ...first,
    servers: told.map(({ server }) => server),
    readyMs: middle('readyMs'),
    firstAnswerMs: middle('firstAnswerMs'),
    idleMb: middle('idleMb'),
  };
}

async function keepLast(contender: Contender): Promise<Contender> {
  const last = contender.servers.at(-1) ?? contender.server;
  await Promise.all(contender.servers.filter((server) => server !== last).map((server) => server.stop()));
  return { ...contender, server: last, servers: [last] };
}

const PATIENCE_MS = 30_000;

async function meet<Server extends Running>(
  title: string,
  start: () => Promise<Server>,
  bodies: Contender['bodies'],
): Promise<Of<Server>> {
  const [w1] = workloads;
  if (!w1) throw new Error('there is no workload');
  const server = await start();
  const readyMs = performance.now() - server.startedAt;
  try {
    const answer = await firstAnswer(server, bodies(w1)[0] ?? '');
    const firstAnswerMs = performance.now() - server.startedAt;
    prove(w1, answer);
    await pause(2_000);
    return { title, server, servers: [server], bodies, readyMs, firstAnswerMs, idleMb: rssMb(server.child.pid ?? 0) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function firstAnswer(server: Running, body: string): Promise<string> {
  for (;;) {
    if (server.child.exitCode !== null) throw new Error(`ended with ${server.child.exitCode}`);
    try {
      return await post(server, body);
    } catch (error) {
      if (performance.now() - server.startedAt > PATIENCE_MS) throw error;
      await pause(5);
    }
  }
}
