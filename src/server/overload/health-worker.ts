import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { bindFault } from '../bind-fault.js';

/** A thread that says on a port of its own that this process lives. */
export interface HealthWorker {
  readonly port: number;
  close(): Promise<unknown>;
}

/** As text, so that the built product, which is a few bundled files, needs none for this. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:http').createServer(({ method, url }, response) => {
  const lives = url === '/health/live' && (method === 'GET' || method === 'HEAD');
  response.writeHead(lives ? 200 : 404, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(lives ? '{"status":"ok"}' : '{"status":"not found"}');
});
server.on('error', ({ code }) => parentPort.postMessage({ code }));
server.listen(workerData, () => parentPort.postMessage({ port: server.address().port }));
`;

/**
 * Answers GET /health/live whatever the main thread does: it has an event loop of its own. It says that the process lives, and
 * no more; /health/ready on the main port says whether it serves. Ends with the process, and does not keep it.
 */
export async function startHealthWorker(host: string, port: number): Promise<HealthWorker> {
  const worker = new Worker(PROGRAM, { eval: true, workerData: { host, port }, env: {}, execArgv: [] });
  const [told] = (await once(worker, 'message')) as [{ readonly port?: number; readonly code?: string }];
  if (told.port === undefined) {
    await worker.terminate();
    throw new Error(bindFault(told.code, host, port, 'HEALTH_PORT'));
  }
  worker.unref();
  return { port: told.port, close: () => worker.terminate() };
}
