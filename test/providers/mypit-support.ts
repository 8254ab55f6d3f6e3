import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { createHttp } from '../../src/upstream/client.js';
import { silentLogger, type Logger } from '../../src/log.js';
import { UpstreamError } from '../../src/errors.js';
import type { MyPitFields } from '../../src/providers/mypit/config.js';
import { mypit } from '../../src/providers/mypit/index.js';
import type { HolderInput, TemplateInput } from '../../src/providers/mypit/model.js';
import type { MyPit, MyPitCredential, MyPitSession } from '../../src/providers/mypit/session.js';
import type { OperationScope } from '../../src/providers/provider.js';
import type { Attempt } from '../../src/writes/writes.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream } from '../support/fake-upstream.js';

export const USER_ID = 'n3wq8hx1v5t0c7yk2mzj6rb4dgf9aps5';
export const ISSUER_DID = 'did:ethr:0x4e01c2d3b4a5968778695a4b3c2d1e0f12345678';
export const fields: MyPitFields = {
  clientId: 'client-for-tests',
  secretKey: 'secret-for-tests',
  userId: USER_ID,
  issuerDid: ISSUER_DID,
};
export const credential: MyPitCredential = { source: 'server', fingerprint: 'fp-server', fields };
export const MARKER = '3f9c2a17d40b6e58c1a2b3c4d5e6f708';
export const templateInput: TemplateInput = {
  name: 'Orchard Keeper',
  type: 'ACHIEVEMENT',
  imageUrl: 'https://img.hollow-creek.example/orchard.png',
  description: 'Pruned a whole row',
  criteria: 'Two seasons',
  validityPeriodDays: 365,
  price: '2.5',
};
export const holderInput: HolderInput = {
  name: 'Ana Brook',
  email: 'ana.brook@example.org',
  phone: '+15550100',
  did: 'did:ethr:0x9a8b7c6d5e4f30211203f4e5d6c7b8a990817263',
  externalId: 'crew-0017',
  memo: 'south field',
};

/** One file of schema/upstream/mypit/examples. */
export interface Example {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body?: unknown };
}

const folder = fileURLToPath(new URL('../../schema/upstream/mypit/examples/', import.meta.url));

export const examples: readonly Example[] = readdirSync(folder)
  .sort()
  .map((file) => ({ name: file.replace(/\.json$/, ''), ...JSON.parse(readFileSync(folder + file, 'utf8')) }));

export function example(name: string): Example {
  const found = examples.find((one) => one.name === name);
  if (!found) throw new Error(`there is no example ${name}`);
  return found;
}

type Wire = Record<string, unknown>;
const bodyOf = (name: string): Wire => example(name).response.body as Wire;
/** Objects on the wire, to vary. */
export const wireTemplate = (changes: Wire = {}): Wire => ({ ...bodyOf('getASingleBadgeTemplate.ok'), ...changes });
/** Made just now. */
export const wireHolder = (changes: Wire = {}): Wire => ({
  ...bodyOf('getHolderById.ok'),
  _creationTime: Date.now(),
  ...changes,
});
export const wireBadge = (changes: Wire = {}): Wire => ({
  ...(bodyOf('getIssuedBadges.convex-last')['page'] as Wire[])[0],
  ...changes,
});

/** Answers one operation; `nth` counts its calls from 0. Nothing = the connection is cut without an answer. */
export type Handler = (body: Wire, nth: number) => FakeAnswer | undefined;

export interface MyPitHarness {
  readonly upstream: FakeUpstream;
  readonly mypit: MyPit;
  readonly session: MyPitSession;
  open(scope?: Partial<OperationScope>, credential?: MyPitCredential): MyPitSession;
  /** Names of the operations called so far. */
  seen(): string[];
  /** Bodies of the calls of one operation. */
  bodies(operation: string): Wire[];
  close(): Promise<void>;
}

/** The same, closed at the end of the test that opened it. */
export async function openHarness(...given: Parameters<typeof mypitHarness>): Promise<MyPitHarness> {
  const made = await mypitHarness(...given);
  onTestFinished(() => made.close());
  return made;
}

/** The provider in front of a fake upstream: the real HTTP client over real sockets, short times, no backoff. */
export async function mypitHarness(
  handlers: Record<string, Handler>,
  changes: { readonly log?: Logger; readonly stopping?: () => boolean } = {},
): Promise<MyPitHarness> {
  const counts = new Map<string, number>();
  const upstream = await fakeUpstream((request, response) => {
    const operation = request.path.slice(1);
    const nth = counts.get(operation) ?? 0;
    counts.set(operation, nth + 1);
    const handler = handlers[operation];
    const answer = handler
      ? handler(request.body ? JSON.parse(request.body) : {}, nth)
      : { status: 404, body: 'No matching routes found' };
    if (!answer) response.destroy();
    return answer;
  });
  const { log = silentLogger, stopping } = changes;
  const times = { upstreamTimeoutMs: 10_000, writeTimeoutMs: 10_000 };
  const http = createHttp(
    {
      ...times,
      connectTimeoutMs: 5_000,
      breakerWindowMs: 10_000,
      breakerMinRequests: 1_000,
      breakerSleepMs: 100,
      upstreamConcurrency: 100,
      upstreamMaxBytes: 4_000_000,
    },
    { log, random: () => 0 },
  );
  const provider = mypit.create(
    { baseUrl: upstream.url, fields },
    { http, log, readbackDelayMs: 1, ...times, ...(stopping && { stopping }) },
  );
  const open = (scope: Partial<OperationScope> = {}, own = credential) =>
    provider.open(own, { deadline: monotonicNow() + 8_000, ...scope });
  return {
    upstream,
    mypit: provider,
    session: open(),
    open,
    seen: () => upstream.requests.map(({ path }) => path.slice(1)),
    bodies: (operation) =>
      upstream.requests.filter(({ path }) => path === `/${operation}`).map(({ body }) => JSON.parse(body) as Wire),
    async close() {
      await http.close();
      await upstream.close();
    },
  };
}

/** A listing that ends with these rows, in the documented dialect. */
export const lastPage = (...page: readonly unknown[]): FakeAnswer => ({ body: { page, hasMore: false } });
export const json = (body: unknown, status = 200): FakeAnswer => ({ status, body: body as object });

export const cut: Handler = () => undefined;
/** Every way to lose an answer: cut, 5xx, unreadable, an error dressed as success. */
export const losses: readonly (readonly [string, Handler])[] = [
  ['cut', cut],
  ['500', () => json({ error: 'Server Error' }, 500)],
  ['503', () => json('', 503)],
  ['html', () => json('<html>')],
  ['empty', () => ({ status: 200, body: '' })],
  ['error in 200', () => json({ error: 'x' })],
  ['redirect', () => ({ status: 302, headers: { location: 'https://elsewhere.example' } })],
];

/** An attempt that notes when it was recorded as sent. */
export function attempt(made: MyPitHarness, startedAt = Date.now()): Attempt & { readonly sentAfter: string[][] } {
  const sentAfter: string[][] = [];
  return {
    marker: MARKER,
    startedAt,
    keyed: true,
    sentAfter,
    sent: async () => {
      sentAfter.push(made.seen());
    },
  };
}

/** The error of a promise that must be rejected. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const thrown = await promise.then(
    () => new Error('it did not reject'),
    (error: unknown) => error,
  );
  return thrown instanceof Error ? thrown : new Error('something else than an Error was thrown');
}

/** The UpstreamError of a promise that must be rejected with one. */
export async function upstreamError(promise: Promise<unknown>): Promise<UpstreamError> {
  const thrown = await rejection(promise);
  if (thrown instanceof UpstreamError) return thrown;
  throw thrown;
}
