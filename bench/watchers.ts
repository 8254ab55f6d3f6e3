import { request } from 'node:http';
import { WATCHED } from './data.js';
import { askedOf, type Started } from './processes.js';
import { headers } from './servers.js';

const SUBSCRIBERS = 1_000;

export interface WatchReport {
  readonly subscribers: number;
  /** Upstream requests a second, once all subscribers are there. */
  readonly upstreamPerSecond: number;
  readonly eventsPerSecond: number;
}

/** W6: many subscribers over SSE, five to a pin, while every pin changes each second. */
export async function watch(gateway: Started, upstream: Started, forMs: number): Promise<WatchReport> {
  let events = 0;
  let open = 0;
  const streams = Array.from({ length: SUBSCRIBERS }, (_none, index) => {
    const stream = request(
      `${gateway.url}/graphql`,
      { method: 'POST', agent: false, headers: { ...headers, accept: 'text/event-stream' } },
      (response) => {
        open += 1;
        response.on('data', (chunk: Buffer) => {
          if (chunk.includes('event: next')) events += 1;
        });
        response.on('error', () => {});
      },
    );
    stream.on('error', () => {});
    stream.end(
      JSON.stringify({
        query: 'subscription ($id: ID!) { pinStatus(requestId: $id) { requestId statusDetails } }',
        variables: { id: `watch-${index % WATCHED}` },
      }),
    );
    return stream;
  });
  while (open < SUBSCRIBERS) await pause(50);
  await pause(2_500);
  const [asked, seen, started] = [await askedOf(upstream), events, performance.now()];
  await pause(forMs);
  const seconds = (performance.now() - started) / 1_000;
  const report = {
    subscribers: open,
    upstreamPerSecond: ((await askedOf(upstream)) - asked) / seconds,
    eventsPerSecond: (events - seen) / seconds,
  };
  for (const stream of streams) stream.destroy();
  return report;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
