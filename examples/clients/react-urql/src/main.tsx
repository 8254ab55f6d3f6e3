import { Provider } from 'urql';
import { useMemo } from 'react';
import { createRoot } from 'react-dom/client';
import { Frame, type Gateway, type Start } from '../../shared/frame.tsx';
import { createUrqlClient } from './client.ts';
import { Pins } from './pins.tsx';

function App({ gateway, start }: { readonly gateway: Gateway; readonly start: Start }) {
  const client = useMemo(() => createUrqlClient(gateway), [gateway]);
  return (
    <Provider value={client}>
      <Pins start={start} />
    </Provider>
  );
}

const main = document.querySelector('main');
if (main) createRoot(main).render(<Frame>{(gateway, start) => <App gateway={gateway} start={start} />}</Frame>);
