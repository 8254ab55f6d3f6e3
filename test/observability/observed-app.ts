import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createLogger } from '../../src/observability/logger.js';
import type { Settings } from '../../src/settings.js';
import { createTestApp, gatewayKey, type TestApp } from '../support/create-test-app.js';
import { fakeUpstream, type FakeUpstream, type Script } from '../support/fake-upstream.js';
import { wirePin } from '../support/graph-pins.js';
import { canaries } from './canaries.js';

/** A gateway on a port in front of a pinning service and Pi, its log kept as lines, with canaries for credentials. */
export interface WholeApp extends TestApp {
  readonly url: string;
  readonly pinning: FakeUpstream;
  readonly pi: FakeUpstream;
  readonly lines: string[];
  /** The log as objects, of one event or all. */
  logged(event?: string): readonly Record<string, unknown>[];
  /** All results of one operation over graphql-ws. */
  overWebSocket(
    query: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<unknown[]>;
}

export const operator = { 'x-gateway-key': canaries.operatorKey };

/** Answers as a well pinning service does: one pin, whatever is asked. */
export const onePin: Script = ({ method, path }) => {
  if (method !== 'GET') return { status: 202, body: wirePin('made', { status: 'queued' }) };
  return path === '/pins'
    ? { body: { count: 1, results: [wirePin('x')] } }
    : { body: wirePin(decodeURIComponent(path.slice('/pins/'.length))) };
};

export const userWithToken: Script = () => ({
  body: {
    uid: 'some-uid',
    username: 'someone',
    credentials: { scopes: ['username'], valid_until: { timestamp: 4_102_444_800, iso8601: '2100-01-01T00:00:00Z' } },
  },
});

export async function startWholeApp(
  settings: Settings = {},
  scripts: { readonly pinning?: Script; readonly pi?: Script } = {},
): Promise<WholeApp> {
  const [pinning, pi] = await Promise.all([
    fakeUpstream(scripts.pinning ?? onePin),
    fakeUpstream(scripts.pi ?? userWithToken),
  ]);
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line) => void lines.push(line) });
  const test = await createTestApp(
    {
      PORT: '0',
      HEADGATE_SECRET: canaries.gatewaySecret,
      PINNING_SERVICES: 'acme',
      PINNING_ACME_URL: pinning.url,
      PINNING_ACME_TOKEN: canaries.serverPinningToken,
      PI_BASE_URL: pi.url,
      PI_API_KEY: canaries.serverPiKey,
      GATEWAY_KEYS: gatewayKey('pin:read+pin:write+pi:read+pi:approve+pi:complete+pi:cancel', canaries.operatorKey),
      ...settings,
    },
    { log },
  );
  const url = await test.app.listen();
  return {
    ...test,
    url,
    pinning,
    pi,
    lines,
    logged: (event) =>
      lines
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter((line) => event === undefined || line['event'] === event),
    async overWebSocket(query, variables, headers = operator) {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: headers,
      });
      const seen: unknown[] = [];
      try {
        for await (const result of client.iterate({ query, ...(variables && { variables }) })) seen.push(result);
      } catch (refusal) {
        seen.push(refusal);
      } finally {
        await client.dispose();
      }
      return seen;
    },
    async close() {
      await test.close();
      await Promise.all([pinning.close(), pi.close()]);
    },
  };
}

/** Closes what tests of one file opened. */
export function closing() {
  const open: { close(): Promise<void> }[] = [];
  return {
    add<T extends { close(): Promise<void> }>(thing: T): T {
      open.push(thing);
      return thing;
    },
    async all() {
      for (const thing of open.splice(0).reverse()) await thing.close();
    },
  };
}
