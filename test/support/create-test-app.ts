import { createHash } from 'node:crypto';
import { createApp, type App, type Overrides } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import type { Settings } from '../../src/settings.js';

export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface GraphAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphError[];
}

/** A gateway without a port: a query in, JSON out. */
export interface TestApp {
  readonly app: App;
  /** Data of any shape: each test knows what it asked for. */
  query<Data = Record<string, never>>(
    text: string,
    variables?: object,
    headers?: Record<string, string>,
  ): Promise<GraphAnswer<Data>>;
  /** Events of a subscription as they arrive, over SSE. */
  subscribe<Data = Record<string, never>>(
    text: string,
    variables?: object,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): AsyncGenerator<GraphAnswer<Data>>;
  close(): Promise<void>;
}

/** An operator key that tests may write down, and its entry in GATEWAY_KEYS. */
export const operatorKey = 'test-operator-key';
export const operatorHeaders = { 'x-gateway-key': operatorKey } as const;

export function gatewayKey(scopes: string, key: string = operatorKey, name = 'tests'): string {
  return `${name}:${createHash('sha256').update(key).digest('hex')}:${scopes}`;
}

/**
 * Short waits, but patience with upstreams, which answer late on a busy machine: a test of one that never answers sets the time
 * that it wants.
 */
const brisk: Settings = {
  CONNECT_TIMEOUT_MS: '5000',
  UPSTREAM_TIMEOUT_MS: '10000',
  WRITE_TIMEOUT_MS: '10000',
  OPERATION_TIMEOUT_MS: '20000',
  READBACK_DELAY_MS: '20',
  PIN_POLL_INTERVAL_MS: '40',
  PAYMENT_POLL_INTERVAL_MS: '40',
  LOG_LEVEL: 'silent',
  HEADGATE_SECRET: 'a secret for tests only',
  STATE_DIR: 'memory',
};

/** Node hands an abort on only as long as it has the request: one that is collected before leaves its answer open for ever. */
const keptFor = new WeakMap<AbortSignal, readonly Request[]>();

export async function createTestApp(settings: Settings, overrides: Overrides = {}): Promise<TestApp> {
  // To check the documents of a desk takes longer than all else that a start does.
  const desk: Settings = overrides.desk === undefined ? { DESK: 'off' } : {};
  const app = await createApp(readConfig({ ...brisk, ...desk, ...settings }), {
    log: silentLogger,
    polling: { goneAfterMs: 150 },
    ...overrides,
  });
  const request = (
    text: string,
    variables: object | undefined,
    headers: Record<string, string>,
    accept: string,
    signal?: AbortSignal,
  ) => {
    const asked = new Request('http://gateway.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...headers },
      body: JSON.stringify({ query: text, variables }),
      ...(signal ? { signal } : {}),
    });
    if (signal) keptFor.set(signal, [...(keptFor.get(signal) ?? []), asked]);
    return app.fetch(asked);
  };

  return {
    app,
    async query<Data>(text: string, variables?: object, headers: Record<string, string> = operatorHeaders) {
      const response = await request(text, variables, headers, 'application/json');
      return (await response.json()) as GraphAnswer<Data>;
    },
    async *subscribe<Data>(
      text: string,
      variables?: object,
      headers: Record<string, string> = operatorHeaders,
      signal?: AbortSignal,
    ) {
      const response = await request(text, variables, headers, 'text/event-stream', signal);
      if (!response.body) throw new Error('no event stream');
      for await (const { event, data } of eventsOf(response.body)) {
        if (event === 'complete') return;
        if (event === 'next') yield JSON.parse(data) as GraphAnswer<Data>;
      }
    },
    close: () => app.close(),
  };
}

async function* eventsOf(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ readonly event: string; readonly data: string }> {
  const decoder = new TextDecoder();
  let buffer = '';
  for await (const chunk of body) {
    buffer += decoder.decode(chunk, { stream: true });
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const lines = buffer.slice(0, end).split('\n');
      buffer = buffer.slice(end + 2);
      const field = (name: string) =>
        lines
          .filter((line) => line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).trim())
          .join('\n');
      if (field('event') !== '') yield { event: field('event'), data: field('data') };
    }
  }
}
