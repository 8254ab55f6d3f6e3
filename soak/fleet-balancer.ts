import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A balancer as plain as they come: looks at readiness, and tries the next instance only when surely nothing was done. */

const CHECK_MS = 250;

export interface Balancer {
  readonly address: string;
  /** Whether the instance is known to be up. */
  isUp(address: string): boolean;
  /** Answers of 503 and refused connections that another instance made good. */
  readonly passedOn: { refused: number; stopping: number };
  /** Requests whose connection broke after they were sent. */
  readonly broken: { requests: number; streams: number };
  close(): void;
}

interface Backend {
  readonly address: string;
  readonly agent: Agent;
  up: boolean;
}

export async function startBalancer(addresses: readonly string[]): Promise<Balancer> {
  const backends: Backend[] = addresses.map((address) => ({
    address,
    agent: new Agent({ keepAlive: true, maxSockets: Infinity }),
    up: true,
  }));
  const passedOn = { refused: 0, stopping: 0 };
  const broken = { requests: 0, streams: 0 };
  let turn = 0;

  const check = async (backend: Backend): Promise<void> => {
    try {
      backend.up =
        (
          await fetch(`${backend.address}/health/ready`, {
            headers: { connection: 'close' },
            signal: AbortSignal.timeout(1_000),
          })
        ).status === 200;
    } catch {
      backend.up = false;
    }
  };
  const checks = setInterval(() => {
    for (const backend of backends) void check(backend);
  }, CHECK_MS);

  function forward(incoming: IncomingMessage, body: Buffer, answer: ServerResponse, tried: readonly Backend[]): void {
    turn += 1;
    const order = backends
      .map((_none, index) => backends[(index + turn) % backends.length] as Backend)
      .filter((one) => !tried.includes(one));
    const backend = order.find(({ up }) => up) ?? order[0];
    if (backend === undefined) {
      answer.writeHead(503).end();
      return;
    }
    const next = (): void => forward(incoming, body, answer, [...tried, backend]);
    const { connection: _own, ...headers } = incoming.headers;
    const sent = httpRequest(
      new URL(incoming.url ?? '/', backend.address),
      { method: incoming.method ?? 'GET', headers, agent: backend.agent },
      (received) => {
        if (received.statusCode === 503) {
          passedOn.stopping += 1;
          received.resume();
          return next();
        }
        answer.writeHead(received.statusCode ?? 502, received.headers);
        received.pipe(answer);
        received.on('error', () => {
          if (received.headers['content-type']?.startsWith('text/event-stream')) broken.streams += 1;
          else broken.requests += 1;
          answer.destroy();
        });
      },
    );
    answer.once('close', () => sent.destroy());
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (answer.headersSent || answer.destroyed) return void answer.destroy();
      if (error.code === 'ECONNREFUSED') {
        backend.up = false;
        passedOn.refused += 1;
        return next();
      }
      // It may have been carried out: a balancer must not send it twice.
      broken.requests += 1;
      answer.writeHead(502).end();
    });
    sent.end(body);
  }

  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => forward(incoming, Buffer.concat(chunks), answer, []));
  });
  // Its own idle connections must not end while a client is about to use them: that would be no instance's fault.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isUp: (address) => backends.some((one) => one.address === address && one.up),
    passedOn,
    broken,
    close() {
      clearInterval(checks);
      server.closeAllConnections();
      server.close();
    },
  };
}
