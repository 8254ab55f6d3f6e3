import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.js';

/** A sandbox whose time stands still until a test moves it. */
export interface TestSandbox extends Sandbox {
  /** Epoch milliseconds of its clock. */
  now(): number;
  advance(ms: number): void;
  /** Talks to one of its pinning services with that service's token. */
  pinning(service?: 'sandbox' | 'archive'): SandboxCaller;
}

export interface SandboxAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it is empty. */
  readonly json: unknown;
}

/** Sends one request over a real socket; a body that is not text goes out as JSON. */
export type SandboxCaller = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<SandboxAnswer>;

/** Starts it with the clock at noon of 2024-11-05 (UTC) unless told otherwise. */
export async function startTestSandbox({
  startAt = Date.UTC(2024, 10, 5, 12),
  ...options
}: Omit<SandboxOptions, 'now'> & { readonly startAt?: number } = {}): Promise<TestSandbox> {
  let now = startAt;
  const sandbox = await startSandbox({ ...options, now: () => now });
  return {
    ...sandbox,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    pinning(service = 'sandbox') {
      const prefix = `PINNING_${service.toUpperCase()}`;
      return caller(sandbox.settings[`${prefix}_URL`] ?? '', {
        authorization: `Bearer ${sandbox.settings[`${prefix}_TOKEN`]}`,
      });
    },
  };
}

/** Talks to any service at a base URL. */
export function caller(baseUrl: string, always: Record<string, string> = {}): SandboxCaller {
  return async (method, path, body, headers = {}) => {
    const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...always, ...headers },
      ...(text !== undefined && { body: text }),
    });
    const received = await response.text();
    const isJson = received !== '' && /^application\/([a-z-]+\+)?json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text: received,
      json: isJson ? JSON.parse(received) : undefined,
    };
  };
}
