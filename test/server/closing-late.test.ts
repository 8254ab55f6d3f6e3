import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { createStandIn } from './stand-in.js';
import { until } from '../support/until.js';

it('answers a request that arrived in time, although the process was held up past the end of its last connections', async () => {
  const app = createStandIn({ timings: { drainMs: 2_000 } });
  const { port } = await app.listen('127.0.0.1', 0);
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let broke: Error | undefined;
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString())).on('error', (error) => void (broke = error));
  socket.write('GET /health/live HTTP/1.1\r\nhost: headgate\r\n\r\n');
  await until(() => text.includes('"ok"'));
  const closing = app.close(200);
  const body = '{"query":"{ hello }"}';
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: headgate\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  await until(() => socket.closed);
  await closing;
  expect(broke).toBeUndefined();
  expect(text).toMatch(/HTTP\/1\.1 503[^]*connection: close[^]*OVERLOADED/i);
});
