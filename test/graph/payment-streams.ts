import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GraphAnswer } from '../support/create-test-app.js';
import { callers, closeLater, type PaymentsGraph } from '../support/graph-payments.js';

type Headers = Record<string, string>;
interface Watched {
  readonly paymentStatus: {
    readonly state: string;
    readonly transaction?: { readonly txid: string; readonly verified: boolean } | null;
  } | null;
}
type Event = GraphAnswer<Watched>;

const DOCUMENT = 'subscription ($id: ID!) { paymentStatus(paymentId: $id) { state transaction { txid verified } } }';

/** A stream whose events are kept as they come. */
export interface Stream {
  readonly events: Event[];
  readonly ended: Promise<void>;
  leave(): void;
}
/** Opens a stream of a payment's states. */
export type Transport = (graph: PaymentsGraph, headers?: Headers, id?: string) => Promise<Stream>;

/** Over server-sent events. */
export const sse: Transport = async (graph, headers = callers.ann, id = 'p1') => {
  const leaver = new AbortController();
  const events: Event[] = [];
  const url = `${await listen(graph)}/graphql`;
  const response = await fetch(url, {
    method: 'POST',
    signal: leaver.signal,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: DOCUMENT, variables: { id } }),
  });
  const read = async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const data = /^event: next\ndata: (.*)$/s.exec(part)?.[1];
        if (data !== undefined) events.push(JSON.parse(data) as Event);
        if (part.startsWith('event: complete')) return;
      }
    }
    throw new Error('the stream broke off');
  };
  const ended = read();
  // Streams that are still open when a test ends break off; those who wait for the end hear of it all the same.
  ended.catch(() => undefined);
  return { events, ended, leave: () => leaver.abort() };
};

/** Over graphql-ws. */
export const ws: Transport = async (graph, headers = callers.ann, id = 'p1') => {
  const client: Client = createClient({
    url: `${(await listen(graph)).replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: headers,
  });
  closeLater(async () => {
    await client.dispose();
  });
  const events: Event[] = [];
  let leave = (): void => {};
  const ended = new Promise<void>((resolve) => {
    leave = client.subscribe<Watched>(
      { query: DOCUMENT, variables: { id } },
      {
        next: (event) => void events.push(event as Event),
        error: (errors) => {
          events.push({ errors: errors as NonNullable<Event['errors']> });
          resolve();
        },
        complete: resolve,
      },
    );
  });
  return { events, ended, leave };
};

const addresses = new WeakMap<PaymentsGraph, Promise<string>>();
/** Where the gateway listens. */
export function listen(graph: PaymentsGraph): Promise<string> {
  const known = addresses.get(graph) ?? graph.app.listen();
  addresses.set(graph, known);
  return known;
}
/** The states that came, in their order. */
export const states = ({ events }: Stream) => events.map(({ data }) => data?.paymentStatus?.state ?? null);
/** How often a payment was read. */
export const reads = (graph: PaymentsGraph) => graph.pi.count('GET /payments/');
