import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createStandIn, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';

const open: StandIn[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) {
    app.events.release();
    await app.close();
  }
});

const post = (query: string, more = ''): string => {
  const body = JSON.stringify({ query });
  return `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
};
const QUERY = post('{ hello }');
const HELD = post('{ wait }');
const STREAM = post('subscription { forever }', 'accept: text/event-stream\r\n');
const PARTS = post('subscription { forever }', 'accept: multipart/mixed; subscriptionSpec=1.0\r\n');
const handshake = (path = '/graphql', more = 'sec-websocket-protocol: graphql-transport-ws\r\n'): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
  `sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;

async function start(overrides: Parameters<typeof createStandIn>[0] = {}) {
  const app = createStandIn({ timings: { drainMs: 1_000 }, ...overrides });
  open.push(app);
  const { port } = await app.listen('127.0.0.1', 0);
  const call = (bytes: string) => {
    const socket = connect(port, '127.0.0.1');
    const heard = {
      text: '',
      ended: false,
      write: (more: string) => socket.write(more),
      leave: () => void socket.resetAndDestroy(),
    };
    socket.on('data', (chunk: Buffer) => (heard.text += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => (heard.ended = true));
    socket.write(bytes);
    return heard;
  };
  return { app, call };
}
const statuses = (text: string): readonly string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status ?? '');

describe('what is held for the requests of a connection is given back when it closes', () => {
  it.each([
    ['a handshake', handshake()],
    ['a handshake to a wrong path', handshake('/nothing')],
    ['a handshake without a sub-protocol', handshake('/graphql', '')],
    ['a CONNECT', 'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['garbage', '\0\x01bad\r\n\r\n'],
  ])('also behind 31 queries and %s', async (_name, last) => {
    const { app, call } = await start();
    for (let round = 0; round < 3; round += 1) {
      const caller = call(HELD.repeat(31) + last);
      await until(() => app.load().inFlight === 31);
      caller.leave();
      app.events.release();
      await until(() => app.load().inFlight === 0);
    }
  });

  it.each([
    ['an answer that is out', 'GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n', 8],
    ['one that is not', HELD, 8],
    ['a stream', STREAM, 9],
  ])('streams that stand in line behind %s end, and their places are free', async (_name, first, streams) => {
    const { app, call } = await start({ socketsPerAddress: 9 });
    for (let round = 1; round <= 3; round += 1) {
      const caller = call(first + (STREAM + PARTS).repeat(4));
      await until(() => app.events.contexts.length === round * (first.startsWith('GET') ? 8 : 9));
      await until(() => app.load().inFlight === (first === HELD ? 1 : 0));
      caller.leave();
      await until(() => app.events.returned.length === round * streams);
      await until(() => app.load().inFlight === 0);
    }
    const last = call(STREAM);
    await until(() => last.text.includes('hello') || last.text.includes('SUBSCRIPTION_LIMIT'));
    expect(statuses(last.text)).toEqual(['200']);
    last.leave();
  });
});

describe('what is refused on the socket itself', () => {
  it.each([
    ['garbage', '\0\x01bad\r\n\r\n', '400'],
    ['a head that is too large', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`, '431'],
    ['a handshake to a wrong path', handshake('/nothing'), '404'],
    ['a handshake without a sub-protocol', handshake('/graphql', ''), '400'],
    ['a CONNECT', 'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n', '405'],
    [
      'a body in broken chunks',
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      '400',
    ],
    [
      'an unknown expectation, then garbage',
      'POST /graphql HTTP/1.1\r\nhost: x\r\nexpect: tea\r\ncontent-length: 0\r\n\r\n\0\x01',
      '417',
    ],
    ['a request without a host, then a handshake', `GET /graphql HTTP/1.1\r\n\r\n${handshake()}`, '400'],
  ])('waits for the answers that are due: %s', async (_name, last, status) => {
    const { app, call } = await start();
    const caller = call(QUERY + HELD + QUERY.repeat(18) + last);
    await until(() => app.events.waiting === 1 && app.events.contexts.length >= 19);
    app.events.release();
    await until(() => caller.ended);
    expect(statuses(caller.text).slice(0, 21)).toEqual([...Array.from({ length: 20 }, () => '200'), status]);
    expect(caller.text).not.toContain('101 ');
    expect(app.load().inFlight).toBe(0);
    const alone = call(last);
    await until(() => alone.ended);
    expect(statuses(alone.text)[0]).toBe(status);
  });

  it('a handshake is taken behind the answers that are due', async () => {
    const { app, call } = await start();
    const caller = call(HELD + QUERY.repeat(3) + handshake());
    await until(() => app.events.contexts.length === 4);
    app.events.release();
    await until(() => caller.text.includes('101 '));
    expect(statuses(caller.text)).toEqual(['200', '200', '200', '200', '101']);
    await app.close();
    await until(() => caller.ended);
  });

  it('a handshake is not taken as the 34th, nor behind an answer that ends the connection', async () => {
    const { app, call } = await start();
    const crowd = call(HELD.repeat(33) + handshake());
    const last = call(post('{ wait }', 'connection: close\r\n') + handshake());
    await until(() => app.load().inFlight === 33);
    app.events.release();
    await until(() => crowd.ended && last.ended);
    expect(statuses(crowd.text)).toEqual(Array.from({ length: 32 }, () => '200'));
    expect(statuses(last.text)).toEqual(['200']);
  });
});

describe('what the gate always lets in', () => {
  const READY = 'GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n';
  const LIVE = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';
  const PREFLIGHT =
    'OPTIONS /graphql HTTP/1.1\r\nhost: x\r\norigin: https://app.example\r\naccess-control-request-method: POST\r\n\r\n';

  it.each([
    ['readiness', READY, '200'],
    ['liveness', LIVE, '200'],
    ['preflights', PREFLIGHT, '204'],
  ])('is answered four times at once on a connection, and no fifth is begun: %s', async (_name, one, status) => {
    const { app, call } = await start({ corsOrigins: ['https://app.example'] });
    const few = call(one.repeat(4));
    await until(() => statuses(few.text).length === 4);
    const many = call(one.repeat(32));
    await until(() => many.ended);
    expect(statuses(many.text)).toEqual(Array.from({ length: 4 }, () => status));
    const behind = call(HELD.repeat(4) + one);
    few.write(one.repeat(4));
    await until(() => statuses(few.text).length === 8);
    expect(few.ended).toBe(false);
    await until(() => {
      app.events.release();
      return behind.ended;
    });
    expect(statuses(behind.text)).toEqual(['200', '200', '200', '200']);
  });
});
