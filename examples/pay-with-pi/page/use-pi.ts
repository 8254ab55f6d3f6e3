import { useEffect, useState } from 'react';
import type { PiPayment } from './pi-sdk.js';

/** The access token of whoever is signed in with Pi, once there is one. `onUnfinished` and `onError` are those of the first render. */
export function usePi(onUnfinished: (payment: PiPayment) => void, onError: (error: Error) => void): string | undefined {
  const [accessToken, setAccessToken] = useState<string>();
  useEffect(() => {
    window.Pi.init({ version: '2.0' });
    window.Pi.authenticate(['username', 'payments'], onUnfinished).then(
      (user) => setAccessToken(user.accessToken),
      onError,
    );
    // One sign-in for each time that the page is opened.
  }, []);
  return accessToken;
}
