import { request, type Dispatcher } from 'undici';
import { startSandbox } from '../../src/sandbox/index.js';
import type { Settings } from '../../src/settings.js';
import { fakeUpstream, type FakeAnswer, type SeenRequest } from '../support/fake-upstream.js';
import { closeLater } from '../support/graph-pins.js';
import type { Fault } from './faults.js';
import { startGateway, type Gateway } from './support.js';

/** What the coming writes meet. */
export interface Trouble {
  readonly fault: Fault;
  /** Whether the write is carried out all the same. */
  readonly effect: boolean;
  /** How many writes of one path meet it; the others go through. */
  readonly times: number;
}

/** One write as an upstream saw it. */
export interface SeenWrite {
  readonly path: string;
  readonly method: string;
  /** Whether the upstream carried it out. */
  readonly done: boolean;
}

/** The gateway before upstreams with a memory, whose writes can be made to fail with and without their effect. */
export interface FaultySandbox extends Gateway {
  readonly operator: Record<string, string>;
  /** What the upstreams know the gateway by, and the token of a user who is signed in. */
  readonly sandbox: { readonly settings: Readonly<Record<string, string>>; readonly userToken: string };
  readonly writes: SeenWrite[];
  /** Requests of all kinds. */
  readonly requests: SeenRequest[];
  trouble: Trouble | null;
}

const BASES = ['PI_BASE_URL', 'MYPIT_BASE_URL', 'PINNING_SANDBOX_URL', 'BITMINTER_BASE_URL'];
const HOP_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'accept-encoding',
]);

const isWrite = ({ method, path }: SeenRequest): boolean => method !== 'GET' && !/\/get[A-Z]/.test(path);

export async function startFaultySandbox(settings: Settings = {}): Promise<FaultySandbox> {
  const sandbox = await startSandbox({ speed: Number.POSITIVE_INFINITY });
  closeLater(() => sandbox.close());
  const writes: SeenWrite[] = [];
  const requests: SeenRequest[] = [];
  const met = new Map<string, number>();
  const proxied: Record<string, string> = {};
  for (const name of BASES) {
    const target = new URL(sandbox.settings[name] ?? '');
    const proxy = await fakeUpstream(async (request, response) => {
      requests.push(request);
      if (!isWrite(request)) return forward(target.origin, request);
      const { trouble } = world;
      const count = met.get(request.path) ?? 0;
      met.set(request.path, count + 1);
      if (trouble === null || count >= trouble.times) {
        const answer = await forward(target.origin, request);
        writes.push({ path: request.path, method: request.method, done: (answer.status ?? 500) < 300 });
        return answer;
      }
      const done = trouble.effect && ((await forward(target.origin, request)).status ?? 500) < 300;
      writes.push({ path: request.path, method: request.method, done });
      return trouble.fault.script(request, response);
    });
    closeLater(() => proxy.close());
    proxied[name] = `${proxy.url}${target.pathname === '/' ? '' : target.pathname}`;
  }
  const gateway = await startGateway({
    ...sandbox.settings,
    // Long enough that none of them passes because the machine is loaded: whoever tests slowness sets its own.
    UPSTREAM_TIMEOUT_MS: '20000',
    WRITE_TIMEOUT_MS: '20000',
    OPERATION_TIMEOUT_MS: '60000',
    UPSTREAM_MAX_BYTES: '300000',
    ...proxied,
    ...settings,
  });
  const world: FaultySandbox = {
    ...gateway,
    operator: { 'x-gateway-key': sandbox.operatorKey },
    sandbox: {
      settings: sandbox.settings,
      userToken: (sandbox.headers['authorization'] ?? '').replace(/^Bearer /, ''),
    },
    writes,
    requests,
    trouble: null,
  };
  return world;
}

async function forward(origin: string, seen: SeenRequest): Promise<FakeAnswer> {
  const passed = Object.entries(seen.headers).filter(
    ([name, value]) => !HOP_HEADERS.has(name) && typeof value === 'string',
  ) as [string, string][];
  const { statusCode, headers, body } = await request(`${origin}${seen.url}`, {
    method: seen.method as Dispatcher.HttpMethod,
    headers: Object.fromEntries(passed),
    ...(seen.body === '' ? {} : { body: seen.body }),
  });
  return {
    status: statusCode,
    headers: { 'content-type': String(headers['content-type'] ?? 'application/json') },
    body: await body.text(),
  };
}
