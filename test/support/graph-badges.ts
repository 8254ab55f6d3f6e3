import type { Settings } from '../../src/settings.js';
import { fields, type Handler } from '../providers/mypit-support.js';
import { createTestApp, gatewayKey, type GraphAnswer, type TestApp } from './create-test-app.js';
import { fakeUpstream, type FakeUpstream } from './fake-upstream.js';
import { closeLater } from './graph-payments.js';

type Wire = Record<string, unknown>;

export interface BadgesGraph extends TestApp {
  readonly upstream: FakeUpstream;
  /** Names of the MyPit operations called so far. */
  seen(): string[];
  bodies(operation: string): Wire[];
  /** Replaces what some operations answer. */
  answer(handlers: Record<string, Handler>): void;
}

/** What callers present. */
export const badgeCallers = {
  anonymous: {},
  all: { 'x-gateway-key': 'test-operator-key' },
  reader: { 'x-gateway-key': 'reader-key' },
  writer: { 'x-gateway-key': 'writer-key' },
  other: { 'x-gateway-key': 'other-key' },
  pair: { 'x-mypit-client-id': 'their-client', 'x-mypit-secret-key': 'their-secret', 'x-mypit-user-id': 'their-user' },
  half: { 'x-mypit-client-id': 'their-client', 'x-mypit-user-id': 'their-user' },
  ann: { authorization: 'Bearer ann-token' },
} as const;

const keys = [
  gatewayKey('mypit:read+mypit:pii+mypit:write+mypit:delete+mypit:issue+pin:read'),
  gatewayKey('mypit:read', 'reader-key', 'reader'),
  gatewayKey('mypit:write+mypit:issue', 'writer-key', 'writer'),
  gatewayKey('pi:read', 'other-key', 'other'),
].join(',');

/** The gateway in front of a MyPit whose answers the test writes; closed after each test (closeAfterEach). */
export async function startBadgesGraph(
  handlers: Record<string, Handler>,
  settings: Settings = {},
): Promise<BadgesGraph> {
  let current = handlers;
  const counts = new Map<string, number>();
  const upstream = await fakeUpstream((request, response) => {
    const operation = request.path.slice(1);
    const nth = counts.get(operation) ?? 0;
    counts.set(operation, nth + 1);
    const answer = current[operation]?.(request.body ? JSON.parse(request.body) : {}, nth);
    if (!answer) response.destroy();
    return answer;
  });
  const app = await createTestApp({
    MYPIT_BASE_URL: upstream.url,
    MYPIT_CLIENT_ID: fields.clientId,
    MYPIT_SECRET_KEY: fields.secretKey,
    MYPIT_USER_ID: fields.userId,
    MYPIT_ISSUER_DID: fields.issuerDid ?? '',
    GATEWAY_KEYS: keys,
    ...settings,
  });
  closeLater(async () => {
    await app.close();
    await upstream.close();
  });
  return {
    ...app,
    upstream,
    seen: () => upstream.requests.map(({ path }) => path.slice(1)),
    bodies: (operation) =>
      upstream.requests.filter(({ path }) => path === `/${operation}`).map(({ body }) => JSON.parse(body) as Wire),
    answer(next) {
      current = { ...current, ...next };
    },
  };
}

/** `path: CODE` of each error. */
export function codesOf(answer: GraphAnswer<unknown>): string[] {
  return (answer.errors ?? []).map(({ path, extensions }) => `${path?.join('.') ?? ''}: ${String(extensions['code'])}`);
}
