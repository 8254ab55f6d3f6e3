import { ApolloProvider } from '@apollo/client/react';
import { useMemo } from 'react';
import { createRoot } from 'react-dom/client';
import { Frame, type Gateway, type Start } from '../../shared/frame.tsx';
import { createApolloClient } from './client.ts';
import { Pins } from './pins.tsx';

function App({ gateway, start }: { readonly gateway: Gateway; readonly start: Start }) {
  const client = useMemo(() => createApolloClient(gateway), [gateway]);
  return (
    <ApolloProvider client={client}>
      <Pins start={start} />
    </ApolloProvider>
  );
}

const main = document.querySelector('main');
if (main) createRoot(main).render(<Frame>{(gateway, start) => <App gateway={gateway} start={start} />}</Frame>);
