import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { createContext } from '../../src/context.js';
import { silentLogger } from '../../src/log.js';
import { createParts, type Parts } from '../../src/parts.js';
import { callerCredential, isToken, type ProviderDefinition } from '../../src/providers/provider.js';
import { registry } from '../../src/providers/registry.js';
import { createCallerNames } from '../../src/server/operation/caller-name.js';
import { gatewayKey } from '../support/create-test-app.js';

/** An upstream that nothing in the gateway knows of, with a header of its own. */
const caller = callerCredential({
  headers: ['x-acme-key'],
  personal: false,
  read(header) {
    // @ts-expect-error a header that is not declared cannot be read
    header('x-acme-secret');
    const key = header('x-acme-key');
    if (key === null) return { state: 'absent' };
    return isToken(key) ? { state: 'usable', fields: { key } } : { state: 'unusable' };
  },
  identity: ({ key }: { readonly key: string }) => [key],
});
type Acme = ReturnType<typeof createAcme>;
/** What callers may do there: operators with the right, and whoever brings a key. */
interface AcmeAccess {
  read(): string;
}
const acme: ProviderDefinition<string | undefined, Acme, typeof caller, 'acme:read', AcmeAccess> = {
  name: 'acme',
  scopes: ['acme:read'],
  credential: caller,
  configuredBy: ['ACME_URL'],
  readConfig: (settings) => settings.url('ACME_URL'),
  create: createAcme,
  access: (_acme, { brought, requireScope }) => ({
    read() {
      if (brought.state === 'usable') return `as ${brought.fields.key}`;
      requireScope('acme:read', ', or a key in x-acme-key');
      return 'as the operator';
    },
  }),
};
function createAcme(url: string | undefined) {
  return {
    health: () => [
      {
        name: 'acme',
        enabled: url !== undefined,
        credential: true,
        circuit: 'CLOSED' as const,
        standing: 'NOT_ASKED' as const,
        lastSuccessAt: undefined,
      },
    ],
    ping: async () => {},
  };
}
const providers = { ...registry, acme };
const settings = {
  ACME_URL: 'https://acme.example',
  CORS_ORIGINS: 'https://shop.example',
  HEADGATE_SECRET: 'a secret for tests only',
  STATE_DIR: 'memory',
  GATEWAY_KEYS: gatewayKey('acme:read+schema:read'),
};

let app: App;
let parts: Parts;
let url: string;
beforeAll(async () => {
  const config = readConfig({ ...settings, PORT: '0' }, providers);
  app = await createApp(config, { log: silentLogger, providers });
  url = await app.listen();
  parts = await createParts(config, {
    log: silentLogger,
    definitions: providers,
    dispatcher: undefined,
    operations: () => ({ inFlight: 0, waiting: 0, refused: 0 }),
    stopping: () => false,
  });
});
afterAll(async () => {
  await Promise.all([app.close(), parts.close()]);
});

const contextOf = (headers: Readonly<Record<string, string>>) =>
  createContext(parts.deps, {
    header: (name) => headers[name] ?? null,
    requestId: 'r',
    signal: new AbortController().signal,
  });

describe('an upstream with a header of its own', () => {
  it('tells its callers apart, and their answers', () => {
    const name = createCallerNames(parts.deps.viewers);
    const named = ['one', 'other', ''].map((key) => name((header) => (header === 'x-acme-key' ? key : null)));
    expect(new Set([...named, name(() => null)]).size).toBe(4);
    const principals = [{ 'x-acme-key': 'one' }, { 'x-acme-key': 'other' }, {}].map(
      (headers) => contextOf(headers as Record<string, string>).access.principal,
    );
    expect(new Set(principals).size).toBe(3);
    expect(contextOf({ 'x-acme-key': 'one' }).access.principal).toBe(principals[0]);
    expect(contextOf({ 'x-bitminter-key': 'one' }).access.principal).not.toBe(principals[0]);
  });

  it('stands in Vary and among the headers that pages may send', async () => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    });
    expect(answer.headers.get('vary')).toContain('x-acme-key');
    const preflight = await fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-acme-key',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('x-acme-key');
  });

  it('has its rights among those of operator keys', () => {
    const read = (headers: Readonly<Record<string, string>>) =>
      (contextOf(headers).access.of('acme' as keyof typeof registry) as unknown as AcmeAccess).read();
    expect(read({ 'x-gateway-key': 'test-operator-key' })).toBe('as the operator');
    expect(read({ 'x-acme-key': 'one' })).toBe('as one');
    expect(() => read({})).toThrow('acme:read');
    expect(() => readConfig(settings)).toThrow(/^GATEWAY_KEYS: .*is unknown; .*known are/);
  });

  it('is listed with the others, and read from connection parameters', async () => {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { 'X-Acme-Key': 'one' },
    });
    const query = '{ providers { name enabled } }';
    for await (const { data } of client.iterate<{ providers: readonly object[] }>({ query }))
      expect(data?.providers).toContainEqual({ name: 'acme', enabled: true });
    await client.dispose();
    expect(parts.deps.viewers.read((name: string) => (name === 'x-acme-key' ? 'one' : null))).toMatchObject({
      acme: { state: 'usable', fields: { key: 'one' } },
    });
  });
});
