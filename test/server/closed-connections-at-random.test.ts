import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { createStandIn, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';

/** Whatever a connection sends, and however it ends: nothing is held for it afterwards. */

const open: StandIn[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

const PLACES = 8;
const post = (query: string, more = '', body = JSON.stringify({ query })): string =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
const upgrade = (to: string, more = ''): string =>
  `connection: Upgrade\r\nupgrade: ${to}\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}`;
const PROTOCOL = 'sec-websocket-protocol: graphql-transport-ws\r\n';
const EVENTS = 'accept: text/event-stream\r\n';
const FOREVER = 'subscription { forever }';

/** What a connection may send. */
const PIECES = {
  query: post('{ hello }'),
  held: post('{ wait }'),
  mutation: post('mutation { add(cid: "Qm1") { id } }'),
  heldMutation: post('mutation { slow }'),
  queryByGet: get('/graphql?query=%7Bwait%7D', 'accept: application/graphql-response+json\r\n'),
  wrong: post('{ nothing }'),
  lastOne: post('{ wait }', 'connection: close\r\n'),
  stream: post(FOREVER, EVENTS),
  shortStream: post('subscription { count }', EVENTS),
  parts: post(FOREVER, 'accept: multipart/mixed; subscriptionSpec=1.0\r\n'),
  streamByGet: get('/graphql?query=subscription%7Bforever%7D', EVENTS),
  health: get('/health/ready'),
  nowhere: get('/nothing'),
  garbage: '\0\x01bad\r\n\r\n',
  bigHead: get('/', `x: ${'x'.repeat(17_000)}\r\n`),
  noHost: 'GET /graphql HTTP/1.1\r\n\r\n',
  expectation: post('{ hello }', 'expect: tea\r\n'),
  connect: 'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n',
  brokenBody:
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  halfABody: post('{ hello }').slice(0, -4),
  handshake: get('/graphql', upgrade('websocket', PROTOCOL)),
  wrongPath: get('/nope', upgrade('websocket', PROTOCOL)),
  noProtocol: get('/graphql', upgrade('websocket')),
  plainUpgrade: post(FOREVER, EVENTS + upgrade('h2c')),
} as const;
type Piece = keyof typeof PIECES;
const pieces = Object.keys(PIECES) as Piece[];

const sending = fc.record({
  what: fc.array(
    fc.record({
      piece: fc.constantFrom(...pieces),
      times: fc.oneof(
        { weight: 5, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.integer({ min: 2, max: 34 }) },
      ),
      isApart: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  end: fc.constantFrom('reset', 'end', 'reset when something is heard'),
  isReleased: fc.boolean(),
});

it('nothing is held for a connection that has closed, whatever it sent', { timeout: 60_000 }, async () => {
  const app = createStandIn({ socketsPerAddress: PLACES, timings: { drainMs: 1_000, ssePingMs: 20 } });
  open.push(app);
  const { port } = await app.listen('127.0.0.1', 0);
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  let streams = 0;

  async function placesGiven(): Promise<number> {
    const callers = Array.from({ length: PLACES }, () => {
      const socket = connect(port, '127.0.0.1');
      const caller = { socket, text: '' };
      socket.on('data', (chunk: Buffer) => void (caller.text += chunk.toString()));
      socket.on('error', () => {});
      socket.write(PIECES.stream);
      return caller;
    });
    await until(() => callers.every(({ text }) => /"forever"|SUBSCRIPTION_LIMIT/.test(text)), 5_000);
    for (const { socket } of callers) socket.destroy();
    await until(() => app.events.endless === 0, 5_000);
    return callers.filter(({ text }) => text.includes('"forever"')).length;
  }

  await fc.assert(
    fc.asyncProperty(sending, async ({ what, end, isReleased }) => {
      const started = performance.now();
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      let heard = 0;
      socket.on('data', ({ length }: Buffer) => void (heard += length));
      for (const { piece, times, isApart } of what) {
        socket.write(PIECES[piece].repeat(times), 'latin1');
        if (isApart) for (let turns = 0; turns < 5; turns += 1) await turn();
      }
      if (isReleased) app.events.release();
      if (end === 'reset when something is heard') {
        const limit = performance.now() + 30;
        while (heard === 0 && performance.now() < limit) await turn();
      }
      if (end === 'end') socket.end();
      else socket.resetAndDestroy();
      await until(() => {
        app.events.release();
        socket.destroy();
        return app.load().inFlight === 0 && app.load().waiting === 0;
      }, 5_000);
      await until(() => app.events.endless === 0, 5_000);
      streams = app.events.returned.length;
      // Each place of the address can be taken again, once the callers of the last look are gone.
      while ((await placesGiven()) < PLACES) expect(performance.now()).toBeLessThan(started + 10_000);
    }),
    { numRuns: 100 },
  );
  expect(streams).toBeGreaterThan(0);
});
