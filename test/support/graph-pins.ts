import { afterAll, afterEach, expect } from 'vitest';
import type { Settings } from '../../src/settings.js';
import { createTestApp, gatewayKey, type GraphAnswer, type GraphError, type TestApp } from './create-test-app.js';
import { fakePinning, type FakePinning, type FakePinningOptions } from './fake-pinning.js';
import type { FakeAnswer, Script } from './fake-upstream.js';

/** Contents to pin; the last two are one file tree, spelled as v0 and as v1. */
export const cids = {
  a: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu',
  b: 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu',
  c: 'bafkreiedacdl4ypps62ham7hcovk2avekaqd3nu3cnu6trbjndqqtol72u',
  v0: 'QmPYGNLUpWnZ6NR27wK5U3EJEXthVLyekhZVSayKLWBn5e',
  v1: 'bafybeiar2vsu6yy46sulrrbjsklzwjb5bf7erk6b3aqimiduo7dhx3hdee',
} as const;

/** Stands in every header and body that an upstream sends and in the server's tokens: must never be seen in an answer. */
export const canary = 'CANARY';

/** What callers present. */
export const callers = {
  anonymous: {},
  operator: { 'x-gateway-key': 'test-operator-key' },
  reader: { 'x-gateway-key': 'reader-key' },
  stranger: { 'x-gateway-key': 'not-a-key' },
  piOperator: { 'x-gateway-key': 'pi-key' },
  token: { 'x-pinning-token': 'callers-own-token' },
  emptyToken: { 'x-pinning-token': '' },
  malformedToken: { 'x-pinning-token': 'two words' },
  piUser: { authorization: 'Bearer some-pi-token' },
} as const;

/** The gateway in front of two fake services: `acme`, the default, and `other`; both with a token of the server's. */
export interface PinsGraph extends TestApp {
  readonly acme: FakePinning;
  readonly other: FakePinning;
  /** Requests that reached either service so far. */
  sent(): number;
}

const open: (() => Promise<void>)[] = [];

async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** Closes everything that a test opened. */
export function closeAfterEach(): void {
  afterEach(closeAll);
}

/** Closes everything at the end, for files whose tests run side by side. */
export function closeAfterAll(): void {
  afterAll(closeAll);
}

/** Lets `closeAfterEach` close this too. */
export function closeLater(close: () => Promise<void>): void {
  open.push(close);
}

export async function startService(options: FakePinningOptions = {}): Promise<FakePinning> {
  const service = await fakePinning(options);
  closeLater(() => service.close());
  return service;
}

/** Settings of the two services, their tokens holding the canary. */
export function pinsSettings(acmeUrl: string, otherUrl: string): Settings {
  return {
    PINNING_SERVICES: 'acme,other',
    PINNING_ACME_URL: acmeUrl,
    PINNING_ACME_TOKEN: `acme-token-${canary}`,
    PINNING_OTHER_URL: otherUrl,
    PINNING_OTHER_TOKEN: `other-token-${canary}`,
    GATEWAY_KEYS: [
      gatewayKey('pin:read+pin:write'),
      gatewayKey('pin:read', 'reader-key', 'reader'),
      gatewayKey('pi:read', 'pi-key', 'pi'),
    ].join(','),
  };
}

export async function startPinsGraph(settings: Settings = {}, options: FakePinningOptions = {}): Promise<PinsGraph> {
  const [acme, other] = await Promise.all([startService(options), startService()]);
  const app = await createTestApp({ ...pinsSettings(acme.url, other.url), ...settings });
  closeLater(() => app.close());
  return { ...app, acme, other, sent: () => acme.requests.length + other.requests.length };
}

/** A pin on the wire, whole and good. */
export function wirePin(requestid: string, changes: object = {}): object {
  return {
    requestid,
    status: 'pinned',
    created: '2025-03-02T10:00:00.000Z',
    delegates: [],
    info: {},
    pin: { cid: cids.a, name: 'one' },
    ...changes,
  };
}

/** An answer that shows a canary in all places where a careless gateway would pass it on. */
export function tainted(status: number, body: unknown, headers: Record<string, string> = {}): FakeAnswer {
  return { status, body, headers: { 'x-internal': canary, ...headers } };
}

/** A refusal in the protocol's own form, with a harmless reason and details that must stay here. */
export function refusalBody(reason: string): object {
  return { error: { reason, details: `${canary} at /srv/app.js:1 token acme-token` } };
}

/** Good listings and pins for reads; the fault for whatever changes something. */
export function writesMeet(fault: Script): Script {
  return (request, response) => {
    if (request.method !== 'GET') return fault(request, response);
    return request.path === '/pins'
      ? { body: { count: 0, results: [] } }
      : { body: wirePin(decodeURIComponent(request.path.slice('/pins/'.length))) };
  };
}

export function globalId(service: string, requestId: string): string {
  return Buffer.from(`Pin:${service}:${requestId}`).toString('base64');
}

/** The error at this very path; fails when it is not the only one there. */
export function errorAt(answer: GraphAnswer<unknown>, ...path: (string | number)[]): GraphError {
  const found = (answer.errors ?? []).filter((error) => JSON.stringify(error.path) === JSON.stringify(path));
  if (found.length !== 1) throw new Error(`${found.length} errors at ${path.join('.')} in ${JSON.stringify(answer)}`);
  return found[0] as GraphError;
}

export function codesIn(answer: GraphAnswer<unknown>): unknown[] {
  return (answer.errors ?? []).map((error) => error.extensions['code']);
}

/** Nothing of an upstream, and no secret, may stand in an answer. */
export function expectClean(answer: unknown): void {
  const text = JSON.stringify(answer);
  for (const secret of [
    canary,
    'acme-token',
    'other-token',
    'callers-own-token',
    '127.0.0.1',
    'http://',
    'app.js',
    '    at ',
  ])
    expect(text).not.toContain(secret);
}

/** A door that stays shut until somebody opens it. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
