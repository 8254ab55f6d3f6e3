import type { ApolloCache } from '@apollo/client';
import { useApolloClient, useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { useState } from 'react';
import { PinAgainDocument, PinPageDocument, PinUpdatesDocument, RemovePinDocument } from '../../generated/graphql.ts';
import { PAGE, type Start } from '../../shared/frame.tsx';
import { PinList, type Row } from '../../shared/pin-list.tsx';

export function Pins({ start }: { readonly start: Start }) {
  const [message, say] = useState('');
  const client = useApolloClient();
  const { data, error, fetchMore } = useQuery(PinPageDocument, { variables: start });
  const { edges = [], pageInfo } = data?.pins ?? {};
  const rows = edges.flatMap(({ node }) => (node ? [node] : []));
  useUpdates(rows, say);

  const [removePin] = useMutation(RemovePinDocument, {
    update(cache, { data: result }) {
      if (result?.removePin?.__typename === 'RemovePinPayload') forget(cache, result.removePin.deletedId);
    },
  });
  const remove = async ({ requestId, name }: Row) => {
    const { data: result } = await removePin({ variables: { requestId } });
    const outcome = result?.removePin;
    say(outcome && 'message' in outcome ? outcome.message : `removed: ${name}`);
  };
  const lookAgain = async ({ id }: Row) => {
    const { data: again } = await client.query({
      query: PinAgainDocument,
      variables: { id },
      fetchPolicy: 'network-only',
    });
    if (again?.node?.__typename === 'Pin') say(`looked again: ${again.node.name} is ${again.node.status}`);
  };
  // The variables of the first page are set aside by name, since fetchMore adds to them.
  const older = () => fetchMore({ variables: { first: PAGE, after: pageInfo?.endCursor, last: null, before: null } });
  const newer = () => fetchMore({ variables: { last: PAGE, before: pageInfo?.startCursor, first: null, after: null } });

  return (
    <PinList
      rows={rows}
      older={pageInfo?.hasNextPage === true ? older : null}
      newer={pageInfo?.hasPreviousPage === true ? newer : null}
      lookAgain={lookAgain}
      remove={remove}
      message={error?.message ?? message}
    />
  );
}

/** Follows every shown pin. Changes go into the cache by themselves; what is gone is named and has to be taken out. */
function useUpdates(rows: readonly Row[], say: (text: string) => void) {
  useSubscription(PinUpdatesDocument, {
    variables: { requestIds: rows.map(({ requestId }) => requestId) },
    skip: rows.length === 0,
    onData({ client, data: { data } }) {
      if (data?.pinUpdates?.status === 'REMOVED') forget(client.cache, data.pinUpdates.pinId);
    },
    onError: (error) => say(error.message),
  });
}

/** Lists leave out what the cache no longer has. */
function forget(cache: ApolloCache, id: string) {
  cache.evict({ id: `Pin:${id}` });
  cache.gc();
}
