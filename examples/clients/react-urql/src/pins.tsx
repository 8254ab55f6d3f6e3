import { useState } from 'react';
import { useClient, useMutation, useQuery, useSubscription } from 'urql';
import { PinAgainDocument, PinPageDocument, PinUpdatesDocument, RemovePinDocument } from '../../generated/graphql.ts';
import { PAGE, type Start } from '../../shared/frame.tsx';
import { PinList, type Row } from '../../shared/pin-list.tsx';

export function Pins({ start }: { readonly start: Start }) {
  const [message, say] = useState('');
  const client = useClient();
  // Each page that is asked for; the cache gives all of them as one list.
  const [variables, turnTo] = useState<PageVariables>(start);
  const [{ data, error }] = useQuery({ query: PinPageDocument, variables });
  const { edges = [], pageInfo } = data?.pins ?? {};
  const rows = edges.flatMap(({ node }) => (node ? [node] : []));
  // Follows every shown pin; client.ts says what the cache does with the news.
  const requestIds = rows.map(({ requestId }) => requestId);
  const [updates] = useSubscription({ query: PinUpdatesDocument, variables: { requestIds }, pause: rows.length === 0 });

  const [, removePin] = useMutation(RemovePinDocument);
  const remove = async ({ requestId, name }: Row) => {
    const { data: result, error: failure } = await removePin({ requestId });
    const outcome = result?.removePin;
    say(failure?.message ?? (outcome && 'message' in outcome ? outcome.message : `removed: ${name}`));
  };
  const lookAgain = async ({ id }: Row) => {
    const { data: again } = await client.query(PinAgainDocument, { id }, { requestPolicy: 'network-only' });
    if (again?.node?.__typename === 'Pin') say(`looked again: ${again.node.name} is ${again.node.status}`);
  };

  const { hasNextPage = false, hasPreviousPage = false, startCursor = null, endCursor = null } = pageInfo ?? {};
  return (
    <PinList
      rows={rows}
      older={hasNextPage ? () => turnTo({ first: PAGE, after: endCursor }) : null}
      newer={hasPreviousPage ? () => turnTo({ last: PAGE, before: startCursor }) : null}
      lookAgain={lookAgain}
      remove={remove}
      message={error?.message ?? updates.error?.message ?? message}
    />
  );
}

type PageVariables = { first?: number; after?: string | null; last?: number; before?: string | null };
