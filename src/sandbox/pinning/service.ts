import { instantFromMillis } from '../../values/instant.js';
import { peerIdOf } from '../names.js';
import type { SandboxClock } from '../part.js';
import { Refusal, route, type Reply } from '../routes.js';
import type { Service } from '../server.js';
import { parseListing } from './filters.js';
import { parsePinBody } from './pin-body.js';
import { createPinStore, type CurrentPin, type PinRecord } from './store.js';

const DAY_MS = 86_400_000;

/** What makes one pinning service different from another. */
export interface PinningPlan {
  /** Shows in the addresses of its delegates. */
  readonly name: string;
  /** The one token that opens it. */
  readonly token: string;
  /** How many pins it keeps; more are answered with 409. */
  readonly capacity: number;
  /** After how many days pins run out, told in `info.pinned_until`; null when they stay. */
  readonly keepDays: number | null;
  /** Oldest first, every `createdMs` later than the one before. */
  readonly seed: readonly PinRecord[];
}

/** A pinning service after the IPFS Pinning Service API 1.0.0, with one account whose pins live in memory. */
export function createPinningService(plan: PinningPlan, clock: SandboxClock): Service {
  const pins = createPinStore(plan.seed, plan.capacity, clock);
  const delegates = [
    `/ip4/203.0.113.40/tcp/4001/p2p/${peerIdOf(`${plan.name}/1`)}`,
    `/dns4/bitswap.${plan.name}.example/tcp/443/wss/p2p/${peerIdOf(`${plan.name}/2`)}`,
  ];
  const render = (current: CurrentPin) => ({
    requestid: current.record.requestid,
    status: current.phase.status,
    created: instantFromMillis(current.record.createdMs).text,
    pin: current.record.pin,
    delegates,
    info: infoOf(current, plan),
  });
  const one = (status: number, pin: CurrentPin | undefined): Reply => {
    if (!pin) throw notFound();
    return { status, json: render(pin) };
  };
  return {
    guard({ headers }) {
      if (/^bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] === plan.token) return;
      throw new Refusal(401, 'UNAUTHORIZED', 'Access token is missing or invalid', { 'www-authenticate': 'Bearer' });
    },
    refuse: ({ status, headers, reason, details }) => ({ status, headers, json: { error: { reason, details } } }),
    subjectOf: ({ method, params, body }) => ({
      name: method === 'POST' ? nameIn(body) : pins.get(params.requestid ?? '')?.record.pin.name,
      effect: method === 'GET' ? 'read' : 'write',
    }),
    routes: [
      route('GET', '/pins', ({ query }) => {
        const { limit, accepts } = parseListing(query);
        const matching = pins.all().filter(accepts);
        return { json: { count: matching.length, results: matching.slice(0, limit).map(render) } };
      }),
      route('POST', '/pins', ({ body }) => one(202, pins.add(parsePinBody(body)))),
      route('GET', '/pins/:requestid', ({ params }) => one(200, pins.get(params.requestid))),
      route('POST', '/pins/:requestid', ({ params, body }) =>
        one(202, pins.replace(params.requestid, parsePinBody(body))),
      ),
      route('DELETE', '/pins/:requestid', ({ params }) => {
        if (!pins.remove(params.requestid)) throw notFound();
        return { status: 202 };
      }),
    ],
  };
}

function nameIn(body: unknown): string | undefined {
  const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

function infoOf({ phase, queuedBefore, record }: CurrentPin, { keepDays }: PinningPlan): Record<string, string> {
  switch (phase.status) {
    case 'queued':
      return { status_details: `position ${queuedBefore + 1} in queue` };
    case 'pinning':
      return { status_details: `${phase.percent} % fetched` };
    case 'failed':
      return { status_details: phase.failure };
    case 'pinned':
      return {
        dag_size: String(record.dagSize),
        ...(keepDays !== null && { pinned_until: instantFromMillis(record.createdMs + keepDays * DAY_MS).text }),
      };
  }
}

function notFound(): Refusal {
  return new Refusal(404, 'NOT_FOUND', 'The specified resource was not found');
}
