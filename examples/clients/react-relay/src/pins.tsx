import { useMemo, useState } from 'react';
import {
  fetchQuery,
  graphql,
  useLazyLoadQuery,
  useMutation,
  usePaginationFragment,
  useRelayEnvironment,
  useSubscription,
} from 'react-relay';
import { ConnectionHandler, type GraphQLSubscriptionConfig } from 'relay-runtime';
import { PAGE, type Start } from '../../shared/frame.tsx';
import { PinList, type Row } from '../../shared/pin-list.tsx';
import type { pinsAgainQuery } from './__generated__/pinsAgainQuery.graphql.ts';
import type { pinsRemoveMutation } from './__generated__/pinsRemoveMutation.graphql.ts';
import type { pinsStartQuery } from './__generated__/pinsStartQuery.graphql.ts';
import type { pinsUpdatesSubscription } from './__generated__/pinsUpdatesSubscription.graphql.ts';
import type { pins_list$key } from './__generated__/pins_list.graphql.ts';

const startQuery = graphql`
  query pinsStartQuery($first: Int, $last: Int) {
    ...pins_list @arguments(first: $first, last: $last)
  }
`;

// Both ways: Relay sets first and after for the rows behind, last and before for those in front.
const listFragment = graphql`
  fragment pins_list on Query
  @refetchable(queryName: "pinsPageQuery")
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    pins(first: $first, after: $after, last: $last, before: $before) @connection(key: "pins_list_pins") {
      __id
      edges {
        node {
          id
          requestId
          name
          status
        }
      }
    }
  }
`;

const againQuery = graphql`
  query pinsAgainQuery($id: ID!) {
    node(id: $id) {
      ... on Pin {
        requestId
        name
        status
      }
    }
  }
`;

// The edge leaves the lists, the record leaves the store: both by the global id in the payload.
const removeMutation = graphql`
  mutation pinsRemoveMutation($requestId: ID!, $connections: [ID!]!) {
    removePin(input: { requestId: $requestId }) {
      ... on RemovePinPayload {
        deletedId @deleteEdge(connections: $connections)
        removed: deletedId @deleteRecord
      }
      ... on UserError {
        code
        message
      }
    }
  }
`;

const updatesSubscription = graphql`
  subscription pinsUpdatesSubscription($requestIds: [ID!]!) {
    pinUpdates(requestIds: $requestIds) {
      requestId
      pinId
      status
      pin {
        id
        requestId
        name
        status
      }
    }
  }
`;

export function Pins({ start }: { readonly start: Start }) {
  const [message, say] = useState('');
  const environment = useRelayEnvironment();
  const query = useLazyLoadQuery<pinsStartQuery>(startQuery, start);
  const list = usePaginationFragment<pinsStartQuery, pins_list$key>(listFragment, query);
  const connection = list.data.pins?.__id;
  const rows = list.data.pins?.edges.flatMap(({ node }) => (node ? [node] : [])) ?? [];
  useUpdates(rows, connection, say);

  const [removePin] = useMutation<pinsRemoveMutation>(removeMutation);
  const remove = ({ requestId, name }: Row) =>
    removePin({
      variables: { requestId, connections: connection === undefined ? [] : [connection] },
      onCompleted: ({ removePin: result }) => say(result?.message ?? `removed: ${name}`),
      onError: (error) => say(error.message),
    });
  const lookAgain = ({ id }: Row) =>
    fetchQuery<pinsAgainQuery>(environment, againQuery, { id }, { fetchPolicy: 'network-only' }).subscribe({
      next: ({ node }) => say(`looked again: ${node?.name} is ${node?.status}`),
      error: (error: Error) => say(error.message),
    });

  return (
    <PinList
      rows={rows}
      older={list.hasNext ? () => list.loadNext(PAGE) : null}
      newer={list.hasPrevious ? () => list.loadPrevious(PAGE) : null}
      lookAgain={lookAgain}
      remove={remove}
      message={message}
    />
  );
}

/** Follows every shown pin. Changes go into the store by themselves; what is gone has no record, so its edge is taken out. */
function useUpdates(rows: readonly Row[], connection: string | undefined, say: (text: string) => void) {
  const ids = rows.map(({ requestId }) => requestId).join('\n');
  useSubscription<pinsUpdatesSubscription>(
    useMemo((): GraphQLSubscriptionConfig<pinsUpdatesSubscription> => {
      return {
        subscription: updatesSubscription,
        variables: { requestIds: ids === '' ? [] : ids.split('\n') },
        updater: (store, data) => {
          const list = connection === undefined ? undefined : store.get(connection);
          if (data?.pinUpdates?.status !== 'REMOVED') return;
          if (list) ConnectionHandler.deleteNode(list, data.pinUpdates.pinId);
          store.delete(data.pinUpdates.pinId);
        },
        onError: (error) => say(error.message),
      };
    }, [ids, connection, say]),
  );
}
