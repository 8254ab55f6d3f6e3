import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { start } from '../bench/processes.js';
import { productArgs, productFile } from '../bench/servers.js';

/** What 1,000 web sockets and 1,000 event streams cost whose readers never read: `npm run soak:unread [-- <seconds>]`. */
const EACH = 1_000;
const MOST_MB = 300;
const seconds = Number(process.argv[2] ?? 30);
const KEY = 'unread-key';
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Pins that change with each look, with as much to tell as a service may. */
let looks = 0;
const upstream = createServer((request, response) => {
  looks += 1;
  const pin = (requestid: string) => ({
    requestid,
    status: 'queued',
    created: '2025-11-20T09:14:07.512Z',
    pin: { cid: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu' },
    delegates: [],
    info: { look: String(looks), rest: 'x'.repeat(4_000) },
  });
  const path = new URL(request.url ?? '/', 'http://upstream').pathname;
  const body = path === '/pins' ? { count: 1, results: [pin('r1')] } : pin(path.slice('/pins/'.length));
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));

const gateway = await start({
  core: 0,
  file: productFile,
  nodeArgs: [...productArgs],
  env: {
    PORT: '0',
    NODE_ENV: 'production',
    GATEWAY_KEYS: `soak:${createHash('sha256').update(KEY).digest('hex')}:pin:read`,
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    PINNING_ACME_TOKEN: 'token',
    PIN_POLL_INTERVAL_MS: '50',
    MAX_SUBSCRIPTIONS_PER_CALLER: '10000',
    SOCKETS_PER_ADDRESS: '10000',
  },
});
const rssMb = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.child.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
const QUERY = 'subscription { pinStatus(requestId: "r1") { status info } }';
const { port } = new URL(gateway.url);

function openStream(): Socket {
  const body = JSON.stringify({ query: QUERY });
  const socket = connect(Number(port), '127.0.0.1', () => {
    socket.write(
      'POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\naccept: ' +
        `text/event-stream\r\nx-gateway-key: ${KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
  socket.on('error', () => {});
  // Never read: no listener of data, and paused.
  socket.pause();
  return socket;
}

function openSocket(): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  socket.on('error', () => {});
  socket.once('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-gateway-key': KEY } }));
    socket.once('message', () => {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
      socket.pause();
    });
  });
  return socket;
}

const before = rssMb();
const streams: Socket[] = [];
const sockets: WebSocket[] = [];
for (let i = 0; i < EACH; i += 50) {
  for (let j = 0; j < 50; j += 1) {
    streams.push(openStream());
    sockets.push(openSocket());
  }
  await wait(50);
}
let most = 0;
for (let second = 0; second < seconds; second += 1) {
  await wait(1_000);
  most = Math.max(most, rssMb());
}
console.log(`${EACH} web sockets and ${EACH} event streams that never read, ${seconds} s, ${looks} looks upstream`);
console.log(`memory ${before.toFixed()} MB before, ${most.toFixed()} MB at the most (goal ${MOST_MB} MB)`);
for (const stream of streams) stream.destroy();
for (const socket of sockets) socket.terminate();
await gateway.stop();
upstream.close();
process.exitCode = most <= MOST_MB ? 0 : 1;
