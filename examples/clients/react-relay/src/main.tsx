import { Suspense, useMemo } from 'react';
import { createRoot } from 'react-dom/client';
import { RelayEnvironmentProvider } from 'react-relay';
import { Frame, type Gateway, type Start } from '../../shared/frame.tsx';
import { createEnvironment } from './environment.ts';
import { Pins } from './pins.tsx';

function App({ gateway, start }: { readonly gateway: Gateway; readonly start: Start }) {
  const environment = useMemo(() => createEnvironment(gateway), [gateway]);
  return (
    <RelayEnvironmentProvider environment={environment}>
      <Suspense fallback="…">
        <Pins start={start} />
      </Suspense>
    </RelayEnvironmentProvider>
  );
}

const main = document.querySelector('main');
if (main) createRoot(main).render(<Frame>{(gateway, start) => <App gateway={gateway} start={start} />}</Frame>);
