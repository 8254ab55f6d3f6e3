import type { TadaDocumentNode } from 'gql.tada';
import { print } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const { HEADGATE_URL: address = 'http://127.0.0.1:4000', HEADGATE_KEY: key = '' } = process.env;
const url = address.replace(/(\/graphql)?\/*$/, '/graphql');
const credential = { 'x-gateway-key': key };

/** What the gateway said no to; `retryable` says whether asking again can help. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly retryable?: boolean } }[];
}

export async function ask<Data, Variables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...credential, 'content-type': 'application/json' },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await response.json()) as Answer<Data>;
  if (errors?.[0]) throw new Refused(errors[0].message, errors[0].extensions.retryable === true);
  if (!data) throw new Refused('an answer without data', false);
  return data;
}

export async function* follow<Data, Variables extends Record<string, unknown>>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
): AsyncGenerator<Data> {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: credential,
    // By default it gives up at the first refused connection, which is what a gateway that starts again answers.
    shouldRetry: () => true,
    retryAttempts: Infinity,
    retryWait: (retries) => pause(Math.random() * Math.min(1_000 * 2 ** retries, 15_000)),
  });
  try {
    for await (const { data, errors } of client.iterate<Data>({ query: print(document), variables })) {
      if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
      if (data) yield data;
    }
  } finally {
    await client.dispose();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
