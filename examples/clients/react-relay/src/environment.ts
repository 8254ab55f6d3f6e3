import { createClient } from 'graphql-ws';
import { Environment, Network, Observable, type FetchFunction, type SubscribeFunction } from 'relay-runtime';
import type { Gateway } from '../../shared/frame.tsx';

/** Relay's way to the gateway: queries and mutations by POST, subscriptions over graphql-ws. */
export function createEnvironment({ url, key }: Gateway): Environment {
  const credential = { 'x-gateway-key': key };

  const fetchResult: FetchFunction = async ({ text }, variables) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...credential, 'content-type': 'application/json' },
      body: JSON.stringify({ query: text, variables }),
    });
    return answer.json();
  };

  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: credential,
    // By default it gives up at the first refused connection, which is what a gateway that starts again answers.
    shouldRetry: () => true,
    retryAttempts: Infinity,
    retryWait: (retries) => pause(Math.random() * Math.min(1_000 * 2 ** retries, 15_000)),
  });
  const subscribe: SubscribeFunction = ({ text, name }, variables) =>
    Observable.create((sink) =>
      socket.subscribe(
        { query: text ?? '', operationName: name, variables },
        {
          next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
          error: (error) => sink.error(asError(error)),
          complete: () => sink.complete(),
        },
      ),
    );

  return new Environment({ network: Network.create(fetchResult, subscribe) });
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** graphql-ws also ends with lists of GraphQL errors, or with the event that closed the socket. */
const asError = (error: unknown) => (error instanceof Error ? error : new Error(JSON.stringify(error)));
