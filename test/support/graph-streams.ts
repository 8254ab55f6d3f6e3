import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GraphAnswer } from './create-test-app.js';
import { closeLater } from './graph-pins.js';
import { until } from './until.js';

type Answer = GraphAnswer<Record<string, unknown>>;

/** A subscription as a client sees it, over either transport. */
export interface Listening {
  /** Answers so far. */
  readonly events: Answer[];
  readonly state: 'open' | 'complete' | 'failed';
  /** What it failed with. */
  readonly failure: unknown;
  leave(): void;
  /** Waits for this many answers. */
  heard(count: number): Promise<void>;
  /** Waits for its end. */
  over(): Promise<void>;
}

/** How subscribers reach the gateway. */
export type Transport = (address: string, query: string, headers: Record<string, string>) => Listening;

interface Sink {
  next(value: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

function listen(subscribe: (sink: Sink) => () => void): Listening {
  const events: Answer[] = [];
  let state: Listening['state'] = 'open';
  let failure: unknown;
  const leave = subscribe({
    next: (value) => void events.push(value as Answer),
    error: (error) => {
      [state, failure] = ['failed', error];
    },
    complete: () => {
      state = 'complete';
    },
  });
  return {
    events,
    leave,
    get state() {
      return state;
    },
    get failure() {
      return failure;
    },
    heard: (count) => until(() => events.length >= count),
    over: () => until(() => state !== 'open'),
  };
}

/** SSE by POST, spoken by the protocol's reference client. */
export const overSse: Transport = (address, query, headers) => {
  const client = createSseClient({ url: `${address}/graphql`, headers, retryAttempts: 0 });
  closeLater(async () => client.dispose());
  return listen((sink) => client.subscribe({ query }, sink));
};

/** SSE by GET, as EventSource sends it. */
export const overGet: Transport = (address, query, headers) =>
  listen((sink) => {
    const abort = new AbortController();
    closeLater(async () => abort.abort());
    const read = async (): Promise<void> => {
      const response = await fetch(`${address}/graphql?${new URLSearchParams({ query }).toString()}`, {
        headers: { accept: 'text/event-stream', ...headers },
        signal: abort.signal,
      });
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const frame = text.slice(0, end);
          text = text.slice(end + 2);
          if (frame.startsWith('event: next\n')) sink.next(JSON.parse(frame.slice(frame.indexOf('data:') + 5)));
          if (frame.startsWith('event: complete')) return sink.complete();
        }
      }
      throw new Error('the stream broke off');
    };
    read().catch((error: unknown) => {
      if (!abort.signal.aborted) sink.error(error);
    });
    return () => abort.abort();
  });

/** graphql-ws, with the headers as connection parameters. */
export const overWebSocket: Transport = (address, query, headers) => {
  const client = createWsClient({
    url: `${address.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 0,
  });
  closeLater(async () => client.dispose());
  return listen((sink) => client.subscribe({ query }, sink));
};
