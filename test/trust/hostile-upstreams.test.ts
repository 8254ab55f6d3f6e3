import { createServer, type AddressInfo, type Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import { closeAfterAll, closeLater } from '../support/graph-pins.js';
import { changes, readEverything, readMore, readVariables } from './every-operation.js';
import { CANARY, hostileAnswers, type HostileAnswer } from './hostile-answers.js';
import { startGateway, uncoded, type Gateway } from './support.js';
import { startOwnClock, type OwnClock } from '../support/spent-on.js';

closeAfterAll();

/** A gateway whose upstreams all give the one answer that is set here. */
interface Stage {
  readonly gateway: Gateway;
  answer: HostileAnswer;
}

const free: Stage[] = [];
const taken: string[] = [];
const operator = { 'x-gateway-key': 'test-operator-key', authorization: 'Bearer token-of-a-user' };

/** Listens on a socket; `serve` hears of each whole request. */
function listen(serve: (socket: Socket, head: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    let seen = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      const end = seen.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0);
      if (end < 0 || seen.length < end + 4 + length) return;
      const head = seen;
      seen = '';
      serve(socket, head);
    });
  });
  closeLater(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );
}

async function createStage(): Promise<Stage> {
  const upstream = await listen((socket) =>
    typeof stage.answer === 'function' ? stage.answer(socket) : socket.write(stage.answer),
  );
  const gateway = await startGateway({
    PI_BASE_URL: `${upstream}/v2`,
    PI_API_KEY: `key-${CANARY}`,
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: upstream,
    PINNING_ACME_TOKEN: `token-${CANARY}`,
    MYPIT_BASE_URL: upstream,
    MYPIT_CLIENT_ID: `client-${CANARY}`,
    MYPIT_SECRET_KEY: `secret-${CANARY}`,
    MYPIT_USER_ID: 'user',
    MYPIT_ISSUER_DID: 'did:web:server',
    BITMINTER_BASE_URL: upstream,
    BITMINTER_API_KEY: `miner-${CANARY}`,
    UPSTREAM_TIMEOUT_MS: '100',
    WRITE_TIMEOUT_MS: '100',
    OPERATION_TIMEOUT_MS: '600',
    READBACK_DELAY_MS: '1',
    UPSTREAM_MAX_BYTES: '200000',
    POOL_CACHE_TTL_MS: '0',
    ME_CACHE_TTL_MS: '0',
    ME_NEGATIVE_TTL_MS: '0',
    UPSTREAM_CONCURRENCY: '10000',
  });
  const stage: Stage = { gateway, answer: '' };
  return stage;
}

beforeAll(async () => {
  free.push(...(await Promise.all(Array.from({ length: 5 }, createStage))));
});

const elsewhere = listen((socket, head) => {
  taken.push(head);
  socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
});
/** Made once: to pack a bomb takes longer than to ask everything with it. */
const answers = elsewhere.then(hostileAnswers);
const kinds = Object.keys(hostileAnswers(''));

type Result = { readonly result?: { readonly __typename: string } | null };

/** All that is asked with one answer goes by one clock: each of its looks takes the processor, too. */
async function timed<Data>(
  clock: OwnClock,
  ask: Promise<GraphAnswer<Data>>,
): Promise<GraphAnswer<Data> & { readonly ms: number }> {
  const began = clock.ms();
  const value = await ask;
  return { ...value, ms: clock.ms() - began };
}

describe('an upstream that answers', () => {
  it('in more than fifty wrong ways', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(50);
  });

  it.concurrent.each(kinds)('%s', async (kind) => {
    const stage = free.pop();
    if (!stage) throw new Error('more tests at once than stages');
    const { gateway } = stage;
    stage.answer = (await answers)[kind] ?? '';
    gateway.log.length = 0;
    const clock = startOwnClock();
    try {
      const reads = await Promise.all([
        timed(clock, gateway.ask<object>(readEverything, readVariables, operator)),
        timed(clock, gateway.ask<object>(readMore, {}, operator)),
      ]);
      const writes = await Promise.all(
        changes.map(async ({ name, query, variables }) => ({
          name,
          ...(await timed(clock, gateway.ask<Result>(query, variables(), operator))),
        })),
      );
      for (const answer of [...reads, ...writes]) {
        expect(uncoded(answer)).toEqual([]);
        // Five gateways and their upstreams share this process.
        expect(answer.ms).toBeLessThan(4_000);
      }
      // A change is answered by a member of its union or refused with a code, never by nothing.
      for (const { name, data, errors } of writes) expect(data?.result ?? errors?.[0], name).toBeTruthy();
      expect(JSON.stringify([reads, writes])).not.toMatch(/CANARY|127\.0\.0\.1|app\.js|<pre|polluted/);
      expect(gateway.log.join('')).not.toMatch(/CANARY|app\.js|<pre|token-of-a-user/);
      expect(gateway.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    } finally {
      clock.stop();
      free.push(stage);
    }
  });

  it('leaves no trace', () => {
    expect(taken).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
