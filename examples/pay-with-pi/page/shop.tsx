import { useState } from 'react';
import { backend } from './backend.js';
import type { PiPayment } from './pi-sdk.js';
import { usePi } from './use-pi.js';

const TAKES_NO_OTHER = '; until it is paid, or ten minutes old and surely unpaid, Pi takes no other';

/** A shop with one thing to sell. What the user sees is what the backend said last. */
export function Shop() {
  const [notice, say] = useState<string>();
  const [paying, setPaying] = useState(false);
  const [unfinished, setUnfinished] = useState<PiPayment>();
  const saying = (error: Error) => say(error.message);
  const finish = (payment: PiPayment) =>
    void backend.finish(payment.identifier).then(({ state }) => {
      const isOver = state === 'COMPLETED' || state === 'CANCELLED';
      say(`an earlier payment: ${state}${isOver ? '' : TAKES_NO_OTHER}`);
      setUnfinished(isOver ? undefined : payment);
    }, saying);
  const accessToken = usePi(finish, saying);

  async function buy(token: string) {
    const order = await backend.order('apples', token);
    say('ordered');
    // The amount is what the backend says; a page that sends another one is refused at the approval.
    const payment = { amount: Number(order.amount), memo: 'A crate of apples', metadata: { orderId: order.id } };
    const ended = (text: string) => {
      say(text);
      setPaying(false);
    };
    window.Pi.createPayment(payment, {
      onReadyForServerApproval: (paymentId) => void backend.approve(paymentId).then(() => say('approved'), saying),
      onReadyForServerCompletion: (paymentId, txid) =>
        void backend.complete(paymentId, txid).then(() => ended('delivered'), saying),
      onCancel: () => ended('cancelled'),
      onError: (error) => ended(error.message),
    });
  }

  const press = (token: string) => {
    setPaying(true);
    buy(token).catch((error: unknown) => {
      saying(error instanceof Error ? error : new Error(String(error)));
      setPaying(false);
    });
  };
  return (
    <main>
      <h1>Hollow Creek farm shop</h1>
      <button disabled={accessToken === undefined || paying} onClick={() => accessToken && press(accessToken)}>
        A crate of apples, 100 Pi
      </button>
      {unfinished && <button onClick={() => finish(unfinished)}>Look at the earlier payment again</button>}
      <p role="status">{notice ?? (accessToken === undefined ? 'signing in' : 'ready')}</p>
    </main>
  );
}
