import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { startHealthWorker, type HealthWorker } from '../../src/server/overload/health-worker.js';

const open: HealthWorker[] = [];
afterEach(async () => {
  for (const worker of open.splice(0)) await worker.close();
});
async function start(): Promise<HealthWorker> {
  const worker = await startHealthWorker('127.0.0.1', 0);
  open.push(worker);
  return worker;
}

/** Asks from a thread of its own, each time on a new connection, and counts the good answers where the main thread can wait for them. */
const CLIENT = `
const { parentPort, workerData: { port, good } } = require('node:worker_threads');
const { get } = require('node:http');
parentPort.once('message', function ask() {
  get({ host: '127.0.0.1', port, path: '/health/live', agent: false }, (response) => {
    response.resume().once('end', () => {
      if (response.statusCode === 200) Atomics.add(good, 0, 1);
      Atomics.notify(good, 0);
      ask();
    });
  });
});
`;

it('answers while the main thread is blocked', async () => {
  const { port } = await start();
  const good = new Int32Array(new SharedArrayBuffer(4));
  const client = new Worker(CLIENT, { eval: true, workerData: { port, good } });
  await once(client, 'online');
  client.postMessage('ask');
  // From here on this thread does nothing but wait: whoever answers is another.
  for (let seen = 0; seen < 10; seen = Atomics.load(good, 0)) {
    expect(Atomics.wait(good, 0, seen, 10_000)).not.toBe('timed-out');
  }
  await client.terminate();
});

it('answers for nothing else', async () => {
  const { port } = await start();
  const status = async (path: string, method = 'GET') =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
  expect(await status('/health/live')).toBe(200);
  expect(await status('/health/live', 'HEAD')).toBe(200);
  expect(await status('/health/live', 'POST')).toBe(404);
  expect(await status('/graphql')).toBe(404);
});

it('says in one line that its port is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(startHealthWorker('127.0.0.1', port)).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is already in use; set HEALTH_PORT to a free one.`,
  );
  taken.close();
});

it.each(['203.0.113.1', '256.1.1.1', 'no-such-name.invalid'])('names HOST, not its port, for %s', async (host) => {
  await expect(startHealthWorker(host, 0)).rejects.toThrow(/^HOST: [^\n]+$/);
});
