import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createStandIn, type StandIn } from './stand-in.js';
import { until } from '../support/until.js';
import { spentOn } from '../support/spent-on.js';

const open: { app: StandIn; sockets: Socket[] }[] = [];
afterEach(async () => {
  for (const { app, sockets } of open.splice(0)) {
    app.events.release();
    for (const socket of sockets) socket.destroy();
    await app.close();
  }
});

/** An instance with one place, and connections on which bytes go as they are. */
async function start(overrides: Parameters<typeof createStandIn>[0] = {}) {
  const app = createStandIn({ timings: { drainMs: 1_000 }, maxOperationsInFlight: 1, ...overrides });
  const sockets: Socket[] = [];
  open.push({ app, sockets });
  const { port } = await app.listen('127.0.0.1', 0);
  const dial = () => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    const line = {
      heard: '',
      ended: false,
      write: (text: string) => void socket.write(text),
      leave: () => socket.resetAndDestroy(),
    };
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => (line.heard += chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => (line.ended = true));
    return line;
  };
  /** A connection that was refused after parsing, twice, while the instance is full: what comes next there is refused before. */
  const known = async () => {
    const line = dial();
    for (let times = 1; times <= 2; times += 1) {
      line.write(post('{ hello }'));
      await until(() => refusals(line.heard) === times);
    }
    line.heard = '';
    return line;
  };
  const fill = async () => {
    const line = dial();
    line.write(post('{ wait }'));
    await until(() => app.events.waiting === 1);
    return line;
  };
  return { app, dial, known, fill };
}

function post(query: string, ...headers: readonly string[]): string {
  const body = JSON.stringify({ query });
  return [
    `POST /graphql HTTP/1.1`,
    'host: x',
    'content-type: application/json',
    ...headers,
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

const answersIn = (text: string): readonly string[] => text.split(/(?=HTTP\/1\.1 )/).filter((one) => one !== '');
const refusals = (text: string): number => text.split('"code":"OVERLOADED"').length - 1;

describe('operations refused before they are parsed', () => {
  it('get the same answer as those refused after', async () => {
    const { known, dial, fill } = await start({ corsOrigins: ['https://good.test'] });
    await fill();
    const line = await known();
    const parsed = dial();
    const request = post('{ hello }', 'x-request-id: mine-3', 'origin: https://good.test', 'connection: keep-alive');
    line.write(request);
    parsed.write(request);
    await until(() => line.heard.endsWith('}}]}') && parsed.heard.endsWith('}}]}'));
    const lines = (text: string) =>
      text
        .split('\r\n')
        .filter((one) => !/^(connection|keep-alive):/i.test(one))
        .toSorted();
    expect(lines(line.heard)).toEqual(lines(parsed.heard));
    expect(line.heard).toContain('access-control-allow-origin: https://good.test');
    // What Node writes itself shows that one was parsed and the other not.
    expect(parsed.heard).toMatch(/^connection: keep-alive/im);
    expect(line.heard).not.toMatch(/^connection:/im);
    line.heard = '';
    line.write(post('{ hello }', 'origin: https://evil.test', 'x-request-id: no good id'));
    await until(() => refusals(line.heard) === 1);
    expect(line.heard).not.toContain('access-control');
    expect(line.heard).not.toContain('no good id');
  });

  it.each<[string, readonly string[]]>([
    ['application/graphql-response+json', ['accept: application/graphql-response+json, application/json;q=0.9']],
    ['application/graphql-response+json', ['Accept:  Application/GraphQL-Response+JSON']],
    ['application/graphql-response+json', ['accept: text/html', 'accept: application/graphql-response+json']],
    ['application/json', ['accept: application/graphql-response+json;q=0.5, application/json']],
    ['application/json', ['accept: application/graphql-response+json;q=0, */*']],
    [
      'application/json',
      ['accept: multipart/mixed;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9'],
    ],
    ['application/json', ['accept: text/event-stream']],
    ['application/json', [`accept: application/graphql-response+json, ${'a/b, '.repeat(60)}*/*`]],
    ['application/json', ['x-accept: application/graphql-response+json']],
    ['application/json', []],
  ])('are %s, before and after parsing, to %j', async (type, headers) => {
    const { known, dial, fill } = await start({ corsOrigins: ['https://good.test'] });
    await fill();
    for (const line of [await known(), dial()]) {
      line.write(post('{ hello }', ...headers, 'origin: https://good.test'));
      await until(() => refusals(line.heard) === 1);
      expect(line.heard).toContain(`\r\ncontent-type: ${type}; charset=utf-8\r\n`);
      expect(line.heard).toContain('access-control-allow-origin: https://good.test');
    }
  });

  it('leave the connection fit for the next one, refused or served', async () => {
    const { app, known, fill } = await start();
    await fill();
    const line = await known();
    for (let times = 1; times <= 5; times += 1) {
      line.write(post('{ hello }'));
      await until(() => refusals(line.heard) === times);
    }
    expect(app.load().refused).toBe(2 + 5);
    app.events.release();
    await until(() => app.load().inFlight === 0);
    line.write(post('{ hello }'));
    await until(() => line.heard.includes('{"data":{"hello":"hello world"}}'));
    expect(answersIn(line.heard).map((one) => one.slice(9, 12))).toEqual(['503', '503', '503', '503', '503', '200']);
    expect(line.ended).toBe(false);
  });

  it('are answered in order when more are sent ahead', async () => {
    const { app, known, fill } = await start();
    await fill();
    const line = await known();
    line.write(post('{ hello }', 'x-request-id: one'));
    line.write(post('{ hello }', 'x-request-id: two') + post('{ hello }', 'x-request-id: three'));
    await until(() => refusals(line.heard) === 3);
    expect([...line.heard.matchAll(/x-request-id: (\w+)/g)].map(([, id]) => id)).toEqual(['one', 'two', 'three']);
    app.events.release();
    await until(() => app.load().inFlight === 0);
    line.write(post('{ hello }'));
    await until(() => line.heard.includes('hello world'));
  });

  const chunk = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n';
  it.each<[string, readonly string[]]>([
    ['two lengths', [post('{ hello }', 'content-length: 4')]],
    ['a length and chunks', [post('{ hello }', 'transfer-encoding: chunked')]],
    ['chunks after a bare line feed', [post('{ hello }', 'a: b\ntransfer-encoding: chunked')]],
    ['chunks after a bare carriage return', [post('{ hello }', 'a: b\rtransfer-encoding: chunked')]],
    ['a folded header', [post('{ hello }', 'a: b', ' transfer-encoding: chunked')]],
    ['a space before the colon', [post('{ hello }', 'content-length : 3')]],
    ['chunks that look like a request', [`${chunk}content-length: 5\r\n\r\n0\r\n\r\n`, post('{ hello }')]],
  ])('are never such with %s: those go to the parser, which refuses the connection', async (_name, parts) => {
    const { known, fill } = await start();
    await fill();
    const line = await known();
    for (const part of parts) line.write(part);
    await until(() => line.ended);
    expect(answersIn(line.heard).map((one) => one.slice(9, 12))).toEqual(['400']);
  });

  it.each<[string, string]>([
    ['that ends the connection', 'connection: close'],
    ['that ends the connection as an old proxy says it', 'proxy-connection: close'],
    ['that names more than that it is kept', 'connection: keep-alive, close'],
    ['that ends the connection, in capitals', 'Connection: CLOSE'],
  ])('are never such with a header %s: those go to the parser, which ends it', async (_name, header) => {
    const { known, fill } = await start();
    await fill();
    const line = await known();
    line.write(post('{ hello }', header));
    await until(() => line.ended);
    expect(answersIn(line.heard)).toHaveLength(1);
    expect(line.heard).toMatch(/^connection: close/im);
  });

  it.each<[string, string]>([
    ['a control character in a value', 'a: b\u0001c'],
    ['a null byte in a value', 'a: b\0c'],
    ['a delete in a value', 'a: b\u007fc'],
    ['a name with a space', 'a b: c'],
    ['a line without a colon', 'nothing'],
    ['a name of nothing', ': c'],
    ['a method in small letters', 'METHOD'],
    ['another version', 'VERSION'],
    ['a length with a sign', 'SIGN'],
    ['a length in hexadecimal', 'HEX'],
    ['a length twice in one line', 'TWICE'],
  ])('are never such with %s: those go to the parser', async (_name, header) => {
    const { known, fill } = await start();
    await fill();
    const line = await known();
    const odd = post('{ hello }', header)
      .replace(/^POST(?=[^]*\r\nMETHOD\r\n)/, 'post')
      .replace(/^(POST \S+) HTTP\/1.1(?=[^]*\r\nVERSION\r\n)/, '$1 HTTP/1.7')
      .replace(/content-length: (\d+)(?=\r\n\r\n)/, (whole, digits: string) => {
        if (header === 'SIGN') return `content-length: +${digits}`;
        if (header === 'HEX') return `content-length: 0x${Number(digits).toString(16)}`;
        return header === 'TWICE' ? `content-length: ${digits}, ${digits}` : whole;
      })
      .replace(/\r\n[A-Z]+(?=\r\n)/, '');
    line.write(odd);
    await until(() => line.ended);
    expect(answersIn(line.heard).map((one) => one.slice(9, 12))).toEqual(['400']);
  });

  it('are found out quickly, however a head is made', async () => {
    const { known, fill } = await start();
    await fill();
    for (const filling of ['a: b', 'a-a-a-a-a: ', `${'a'.repeat(64)}: ${'b '.repeat(16)}`]) {
      const line = await known();
      const many = Array.from({ length: Math.floor(4_000 / (filling.length + 2)) }, () => filling);
      // At the end something that is not plain, after all else has been.
      line.write(post('{ hello }', ...many, 'a_b: c'));
      expect((await spentOn(() => until(() => refusals(line.heard) === 1))).ms).toBeLessThan(1_000);
    }
  });

  it('are never such when the body is shorter or longer than the head says', async () => {
    const { known, fill } = await start();
    await fill();
    const line = await known();
    line.write(`${post('{ hello }', 'x-request-id: one')}x`);
    await until(() => line.ended);
    // The parser finds what is no request before the one in front of it is answered.
    expect(answersIn(line.heard).map((one) => one.slice(9, 12))).toEqual(['503', '400']);
    const other = await known();
    other.write(post('{ hello }', 'x-request-id: two').slice(0, -1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.write('}POST /graphql HTTP/1.1\r\n');
    other.write(post('{ hello }').slice(24));
    await until(() => refusals(other.heard) === 2);
    expect(answersIn(other.heard).map((one) => one.slice(9, 12))).toEqual(['503', '503']);
  });

  it('go out at once to who has not been refused just now, and are held for who comes back at once', async () => {
    const { known, fill } = await start();
    await fill();
    const line = await known();
    const ask = async (): Promise<number> => {
      const before = refusals(line.heard);
      const began = performance.now();
      line.write(post('{ hello }'));
      await until(() => refusals(line.heard) > before);
      return performance.now() - began;
    };
    const held: number[] = [];
    for (let times = 0; times < 10; times += 1) held.push(await ask());
    // Who comes back late, since the machine was busy, is answered at once: most do not.
    const [, , , , median] = held.slice(1).sort((a, b) => a - b);
    expect(median).toBeGreaterThanOrEqual(20);
    const atOnce: number[] = [];
    for (let times = 0; times < 5; times += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      atOnce.push(await ask());
    }
    expect(Math.min(...atOnce)).toBeLessThan(20);
  });

  it('are never such when another header looks like the length', async () => {
    const { known, fill } = await start();
    await fill();
    const line = await known();
    // A request without a body, and then something that is no request.
    line.write(post('{ hello }').replace('content-length', 'x-content-length'));
    await until(() => line.ended);
    expect(line.heard).toContain('HTTP/1.1 400 ');
  });

  it('are never such within the body of another', async () => {
    const { app, known, fill } = await start();
    await fill();
    const line = await known();
    app.events.release();
    await until(() => app.load().inFlight === 0);
    const inner = post('{ fail(how: "bug") }');
    // The body begins in the first packet; what comes next looks like a request of its own.
    const whole = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${inner.length + 1}\r\n\r\n {`;
    line.write(whole.slice(0, -1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    line.write(inner);
    await until(() => line.heard.includes('BAD_USER_INPUT'));
    expect(answersIn(line.heard)).toHaveLength(1);
  });

  it('are never such behind half a request', async () => {
    const { known, fill } = await start();
    await fill();
    const line = await known();
    line.write('POST /graphql HTTP/1.1\r\nhost: x\r\nx: ');
    await new Promise((resolve) => setTimeout(resolve, 50));
    line.write(post('{ hello }'));
    // All of it is one request to the parser, whose header x begins like another.
    await until(() => refusals(line.heard) === 1);
    expect(answersIn(line.heard)).toHaveLength(1);
  });

  it('are never such behind half a request that came with one that was refused', async () => {
    const { dial, fill } = await start();
    await fill();
    const line = dial();
    line.write(`${post('{ hello }')}POST /graphql HTTP/1.1\r\nhost: x\r\nx: `);
    await until(() => refusals(line.heard) === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let times = 2; times <= 4; times += 1) {
      line.write(post('{ hello }', `x-request-id: number-${times}`));
      await until(() => refusals(line.heard) === times);
    }
    expect([...line.heard.matchAll(/x-request-id: (\S+)/g)].slice(1).map(([, id]) => id)).toEqual([
      'number-2',
      'number-3',
      'number-4',
    ]);
  });

  it('are never such within a body whose request was refused before it came', async () => {
    const { dial, fill } = await start();
    await fill();
    const line = dial();
    const inner = post('{ hello }');
    line.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${inner.length * 3}\r\n\r\n`,
    );
    await until(() => refusals(line.heard) === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let part = 0; part < 3; part += 1) {
      line.write(inner);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(answersIn(line.heard)).toHaveLength(1);
    line.write(post('{ hello }', 'x-request-id: after'));
    await until(() => answersIn(line.heard).length === 2);
    expect(line.heard).toContain('x-request-id: after');
  });

  const upgradeTo = (protocol: string, ...headers: readonly string[]) =>
    ['GET /graphql HTTP/1.1', 'host: x', 'connection: upgrade', `upgrade: ${protocol}`, ...headers, '', ''].join(
      '\r\n',
    );
  const toWebSocket = upgradeTo(
    'websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol: graphql-transport-ws',
  );
  const LIVE = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';

  /** A connection that was refused, and on which what came then was no plain operation, or nothing else. */
  async function refusedBefore(between: string) {
    const { app, known, fill, dial } = await start();
    const filling = await fill();
    const line = await known();
    app.events.release();
    await until(() => filling.heard !== '' && app.load().inFlight === 0);
    if (between !== '') {
      line.write(between);
      await until(() => line.heard !== '');
      line.heard = '';
    }
    return { app, line, dial };
  }
  // Node frees the parser of a connection that is upgraded, and gives it to the next one that comes.
  it.each([
    ['at once', ''],
    ['behind a request that is no plain operation', LIVE],
    ['behind an operation', post('{ hello }')],
    ['behind one in pieces', post('{ hello }').replace('content-length', 'x-a: b\r\ncontent-length')],
  ])('leave no way to the parser of others on a connection that becomes a WebSocket %s', async (_when, between) => {
    const { app, line, dial } = await refusedBefore(between);
    line.write(toWebSocket);
    await until(() => line.heard.includes('101 Switching'));
    const before = app.events.contexts.length;
    const [head, body] = post('{ hello }', 'x-gateway-key: secret').split(/(?<=\r\n\r\n)/);
    const other = dial();
    other.write(head ?? '');
    const idle = dial();
    idle.write(LIVE);
    await until(() => idle.heard.includes('200 OK'));
    idle.heard = '';
    line.write(body ?? '');
    line.write(post('{ hello }').repeat(3));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    expect([other.heard, idle.heard, app.events.contexts.length - before]).toEqual(['', '', 0]);
    other.write(body ?? '');
    await until(() => other.heard.includes('"hello"'));
    expect(answersIn(other.heard)).toHaveLength(1);
    expect(idle.heard).toBe('');
  });

  it.each([
    ['at once', ''],
    ['behind a request that is no plain operation', LIVE],
    ['behind an operation', post('{ hello }')],
  ])('have nothing parsed twice on a connection that offers another protocol %s', async (_when, between) => {
    const { app, line, dial } = await refusedBefore(between);
    const before = app.events.contexts.length;
    for (let times = 1; times <= 5; times += 1) {
      line.heard = '';
      line.write(post('{ hello }', 'connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAMAAABk'));
      await until(() => line.heard.includes('"hello"'));
      const other = dial();
      other.write(post('{ hello }'));
      await until(() => other.heard.includes('"hello"'));
      expect([answersIn(line.heard).length, answersIn(other.heard).length]).toEqual([1, 1]);
    }
    expect(app.events.contexts.length - before).toBe(10);
  });

  it('are forgotten when the caller leaves before the answer', async () => {
    const { app, dial, known, fill } = await start();
    const running = await fill();
    const line = await known();
    line.write(post('{ hello }'));
    line.leave();
    running.leave();
    await until(() => app.load().inFlight === 0);
    const next = dial();
    next.write(post('{ hello }'));
    await until(() => next.heard.includes('hello world'));
  });

  it('do not exist for an instance that stops: the parser says so, and closes', async () => {
    const { app, known, fill } = await start();
    await fill();
    const line = await known();
    const closing = app.close(500);
    line.write(post('{ hello }'));
    await until(() => line.ended);
    expect(line.heard).toContain('connection: close');
    expect(refusals(line.heard)).toBe(1);
    app.events.release();
    await closing;
  });
});
