/**
 * Stands in for window.Pi and behaves as the SDK does: asks for the approval twice at once, asks again every ten seconds until it
 * is done, tells of an unfinished payment at the sign-in. The sandbox plays the wallet.
 */
(() => {
  // So that nobody takes it for the real thing.
  document.documentElement.dataset.money = 'sandbox';
  const AGAIN_MS = 10_000;
  /** How soon the double knows what happened at Pi. */
  const LOOK_MS = 250;
  const look = async () => await (await fetch('/pi-browser')).json();
  const isOpen = ({ status }) => !status.developer_completed && !status.cancelled && !status.user_cancelled;
  const find = async (id) => (await look()).answer.payments.find(({ identifier }) => identifier === id);

  async function follow(id, { onReadyForServerApproval, onReadyForServerCompletion, onCancel }) {
    let approvalAt = Date.now();
    let completionAt = -Infinity;
    const due = (since) => Date.now() - since >= AGAIN_MS;
    // Both at once: this is what backends meet.
    onReadyForServerApproval(id);
    onReadyForServerApproval(id);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const payment = await find(id);
      if (payment.status.cancelled || payment.status.user_cancelled) return onCancel(id);
      if (payment.status.developer_completed) return;
      if (!payment.status.developer_approved && due(approvalAt)) {
        approvalAt = Date.now();
        onReadyForServerApproval(id);
      }
      // The wallet knows what it signed, whatever Pi shows.
      if (payment.wallet_txid !== null && due(completionAt)) {
        completionAt = Date.now();
        onReadyForServerCompletion(id, payment.wallet_txid);
      }
    }
  }

  window.Pi = {
    init() {},
    async authenticate(_scopes, onIncompletePaymentFound) {
      const { token, answer } = await look();
      const open = answer.payments.find(isOpen);
      if (open) onIncompletePaymentFound(open);
      return { accessToken: token };
    },
    async createPayment(data, callbacks) {
      const response = await fetch('/pi-browser', { method: 'POST', body: JSON.stringify(data) });
      const { answer } = await response.json();
      if (answer.error) return callbacks.onError(new Error(answer.error_message), answer.payment);
      return follow(answer.identifier, callbacks);
    },
  };
})();
