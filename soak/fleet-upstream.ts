import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { startMyPit } from '../src/sandbox/mypit/index.js';
import { fakeUpstream, type FakeAnswer, type SeenRequest } from '../test/support/fake-upstream.js';

/** The upstreams of a fleet: what they were asked, and what took effect, is written down with its time. */

/** What one idempotency marker (and recipient, for badges) has brought about. */
export interface WriteTrail {
  readonly posts: number[];
  readonly readbacks: number[];
  effects: number;
}

interface FleetPin {
  readonly requestid: string;
  status: string;
  readonly created: string;
  readonly pin: { readonly cid: string; readonly meta?: Record<string, string> };
  readonly delegates: readonly string[];
  readonly info: Record<string, string>;
}

/** A pin that is watched: how it is read, and when it ended. */
export interface WatchedPin extends FleetPin {
  readonly reads: number[];
  endedAt: number | undefined;
}

const now = (): number => performance.now();
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** A CID of its own for each number. */
export function cidOf(name: string): string {
  return CID.createV1(0x55, create(0x12, createHash('sha256').update(name).digest())).toString();
}

export async function startUpstreams() {
  const watched = new Map<string, WatchedPin>();
  const byCid = new Map<string, WatchedPin>();
  /** Pins that were added, and the marker that each came with, by CID. */
  const added = new Map<string, FleetPin[]>();
  const markerOf = new Map<string, string>();
  const payments: Record<string, unknown>[] = [];
  const trails = new Map<string, WriteTrail>();
  /** Share of POSTs whose connection breaks, half of them after the effect. */
  const faults = { share: 0 };
  /** How long a POST takes, half of it before its effect. */
  const postMs: { least: number; most: number } = { least: 40, most: 600 };
  let made = 0;
  let reads = 0;

  const trailOf = (marker: string): WriteTrail => {
    let trail = trails.get(marker);
    if (trail === undefined) trails.set(marker, (trail = { posts: [], readbacks: [], effects: 0 }));
    return trail;
  };
  const lookedFor = (prefix: string): void => {
    for (const [marker, trail] of trails)
      if (marker.startsWith(prefix) && trail.posts.length > 0) trail.readbacks.push(now());
  };

  /** One POST: it takes its time before and after its effect, and its caller may be gone by either. */
  async function post(
    markers: readonly string[],
    effect: () => FakeAnswer | Promise<FakeAnswer>,
    cut: () => void,
  ): Promise<FakeAnswer | undefined> {
    for (const marker of markers) trailOf(marker).posts.push(now());
    const fault = Math.random() < faults.share ? (Math.random() < 0.5 ? 'before' : 'after') : 'none';
    const { least, most } = postMs;
    await pause((least + Math.random() * (most - least)) / 2);
    if (fault === 'before') {
      cut();
      return undefined;
    }
    const answer = await effect();
    for (const marker of markers) trailOf(marker).effects += 1;
    await pause((least + Math.random() * (most - least)) / 2);
    if (fault === 'none') return answer;
    cut();
    return undefined;
  }

  const see = (pin: WatchedPin): WatchedPin => {
    pin.reads.push(now());
    // News with each reading, so that the interval stays the first one.
    if (pin.status === 'pinning') pin.info['read'] = String(pin.reads.length);
    return pin;
  };
  const listing = ({ query }: SeenRequest): FakeAnswer => {
    reads += 1;
    // Without CIDs a listing would show what its caller did not ask for: one read could not be told from another.
    const cids = query.get('cid')?.split(',');
    if (cids === undefined) return { status: 400, body: { error: { reason: 'BAD_REQUEST' } } };
    const shown = cids.flatMap((cid) => {
      const marker = markerOf.get(cid);
      if (marker !== undefined) trailOf(marker).readbacks.push(now());
      const pin = byCid.get(cid);
      return [...(pin ? [see(pin)] : []), ...(added.get(cid) ?? [])];
    });
    return { body: { count: shown.length, results: shown.toReversed() } };
  };

  const pinning = await fakeUpstream((request, response) => {
    if (request.method === 'POST') {
      const body = JSON.parse(request.body) as FleetPin['pin'];
      const marker = `pin:${body.meta?.['gw_idem']}`;
      markerOf.set(body.cid, marker);
      return post(
        [marker],
        () => {
          const pin: FleetPin = {
            requestid: `added-${++made}`,
            status: 'queued',
            created: new Date().toISOString(),
            pin: body,
            delegates: [],
            info: {},
          };
          added.set(body.cid, [...(added.get(body.cid) ?? []), pin]);
          return { status: 202, body: pin };
        },
        () => response.destroy(),
      );
    }
    if (request.path === '/pins') return listing(request);
    reads += 1;
    const pin = watched.get(decodeURIComponent(request.path.slice('/pins/'.length)));
    return pin ? { body: see(pin) } : { status: 404, body: { error: { reason: 'NOT_FOUND' } } };
  });

  const pi = await fakeUpstream((request, response) => {
    if (request.method === 'GET') {
      const one = payments.find(({ identifier }) => request.path.endsWith(`/payments/${String(identifier)}`));
      if (one) return { body: one };
      lookedFor('pay:');
      return { body: { incomplete_server_payments: payments } };
    }
    const { payment } = JSON.parse(request.body) as {
      payment: { uid: string; metadata: Record<string, unknown> } & Record<string, unknown>;
    };
    const { uid, ...rest } = payment;
    return post(
      [`pay:${String(rest.metadata['gw_idem'])}`],
      () => {
        const created = {
          identifier: `payment-${++made}`,
          user_uid: uid,
          from_address: 'GAPP',
          to_address: 'GUSER',
          direction: 'app_to_user',
          created_at: new Date().toISOString(),
          network: 'Pi Testnet',
          status: {
            developer_approved: true,
            transaction_verified: false,
            developer_completed: false,
            cancelled: false,
            user_cancelled: false,
          },
          transaction: null,
          ...rest,
        };
        payments.push(created);
        return { body: created };
      },
      () => response.destroy(),
    );
  });

  const sandbox = await startMyPit({ now: Date.now, speed: 1 });
  const mypit = await fakeUpstream((request, response) => {
    const forward = async (): Promise<FakeAnswer> => {
      const headers = Object.fromEntries(
        Object.entries(request.headers)
          .filter(([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name))
          .map(([name, value]) => [name, String(value)]),
      );
      const answer = await fetch(`${sandbox.settings['MYPIT_BASE_URL'] ?? ''}${request.url}`, {
        method: request.method,
        headers,
        ...(request.body === '' ? {} : { body: request.body }),
      });
      return { status: answer.status, body: await answer.text() };
    };
    if (request.path.endsWith('/getIssuedBadges')) lookedFor('badge:');
    if (!request.path.endsWith('/issueBadge')) return forward();
    const { badgeData, recipientIds } = JSON.parse(request.body) as {
      badgeData: Record<string, unknown>;
      recipientIds: readonly string[];
    };
    return post(
      recipientIds.map((id) => `badge:${String(badgeData['gw_idem'])}:${id}`),
      forward,
      () => response.destroy(),
    );
  });

  return {
    trails,
    faults,
    postMs,
    /** Readings of pins so far, listings and single ones. */
    reads: () => reads,
    settings: {
      PINNING_SERVICES: 'acme',
      PINNING_ACME_URL: pinning.url,
      PINNING_ACME_TOKEN: 'token-of-acme',
      PI_BASE_URL: `${pi.url}/v2`,
      PI_API_KEY: 'server-key',
      ...sandbox.settings,
      MYPIT_BASE_URL: mypit.url,
    },
    /** A pin in progress, under an id of its own. */
    put(id: string): WatchedPin {
      const pin: WatchedPin = {
        requestid: id,
        status: 'pinning',
        created: new Date().toISOString(),
        pin: { cid: cidOf(id) },
        delegates: [],
        info: {},
        reads: [],
        endedAt: undefined,
      };
      watched.set(id, pin);
      byCid.set(pin.pin.cid, pin);
      return pin;
    },
    end(pin: WatchedPin): void {
      pin.status = 'pinned';
      pin.endedAt = now();
    },
    forget(): void {
      watched.clear();
      byCid.clear();
      for (const upstream of [pinning, pi, mypit]) upstream.requests.length = 0;
    },
    close: () => Promise.all([pinning.close(), pi.close(), mypit.close(), sandbox.close()]),
  };
}

export type Upstreams = Awaited<ReturnType<typeof startUpstreams>>;
