import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { Agent, fetch as undiciFetch } from 'undici';
import { WebSocket } from 'ws';
import type { BrowserShare } from './browser.js';

/** Somebody who follows two pins, whatever client they use. */
export interface Follower {
  readonly name: string;
  /** What they know of a pin: its status, REMOVED where it is gone, undefined as long as they know nothing. */
  status(pin: FollowedPin): Promise<string | undefined>;
  leave(): Promise<void>;
}

export interface FollowedPin {
  readonly requestId: string;
  readonly name: string;
}

export interface Place {
  /** The gateway's endpoint, maybe a proxy's. */
  readonly endpoint: string;
  readonly key: string;
  /** Who signed its certificate. */
  readonly ca?: string;
}

const query =
  'subscription ($requestIds: [ID!]!) { pinUpdates(requestIds: $requestIds) { requestId status pin { status } } }';
interface Update {
  readonly pinUpdates: { readonly requestId: string; readonly status: string };
}
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** As our documentation has it, only quicker. */
const retryWait = () => pause(100 + Math.random() * 200);

type Subscribe = (heard: (data: Update | null | undefined) => void) => { readonly dispose: () => unknown };

function follow(name: string, subscribe: Subscribe): Follower {
  const statuses = new Map<string, string>();
  const { dispose } = subscribe((data) => {
    if (data) statuses.set(data.pinUpdates.requestId, data.pinUpdates.status);
  });
  return { name, status: async ({ requestId }) => statuses.get(requestId), leave: async () => void dispose() };
}

/** graphql-ws in Node. */
export function followOverWs({ endpoint, key, ca }: Place, pins: readonly FollowedPin[]): Follower {
  class TrustingWebSocket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, ca === undefined ? {} : { ca });
    }
  }
  return follow('graphql-ws', (heard) => {
    const client = createWsClient({
      url: endpoint.replace(/^http/, 'ws'),
      webSocketImpl: TrustingWebSocket,
      connectionParams: { 'x-gateway-key': key },
      shouldRetry: () => true,
      retryAttempts: Infinity,
      retryWait,
    });
    const variables = { requestIds: pins.map(({ requestId }) => requestId) };
    client.subscribe<Update>({ query, variables }, { next: ({ data }) => heard(data), error() {}, complete() {} });
    return client;
  });
}

/** graphql-sse in Node. */
export function followOverSse({ endpoint, key, ca }: Place, pins: readonly FollowedPin[]): Follower {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } });
  return follow('graphql-sse', (heard) => {
    const client = createSseClient({
      url: endpoint,
      headers: { 'x-gateway-key': key },
      fetchFn: (address: string, init: object) => undiciFetch(address, { ...init, dispatcher }),
      retryAttempts: Infinity,
      retry: retryWait,
    });
    const variables = { requestIds: pins.map(({ requestId }) => requestId) };
    client.subscribe<Update>({ query, variables }, { next: ({ data }) => heard(data), error() {}, complete() {} });
    return client;
  });
}

/** An app of examples/clients, which follows the newest pins. */
export async function followInPage(
  name: string,
  browser: BrowserShare,
  origin: string,
  place: Place,
): Promise<Follower> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(origin);
  await page.getByLabel('Gateway').fill(place.endpoint);
  await page.getByLabel('Operator key').fill(place.key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const rows = page.getByRole('listitem');
  await rows.nth(4).waitFor();
  return {
    name,
    async status(pin) {
      const found = await rows
        .filter({ hasText: pin.name })
        .evaluateAll((items) => items.map((item) => item.getAttribute('data-status') ?? ''));
      return found[0] ?? 'REMOVED';
    },
    leave: () => context.close(),
  };
}
