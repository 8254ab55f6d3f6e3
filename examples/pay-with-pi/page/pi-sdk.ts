/** What the script of Pi's SDK puts at `window.Pi`, as far as a shop needs it. */
export interface PiSdk {
  init(options: { readonly version: '2.0'; readonly sandbox?: boolean }): void;
  /** Tells of a payment that was begun before and not completed; it has to be, or no other can begin. */
  authenticate(
    scopes: readonly string[],
    onIncompletePaymentFound: (payment: PiPayment) => void,
  ): Promise<{ readonly accessToken: string }>;
  createPayment(data: PiPaymentData, callbacks: PiCallbacks): void;
}

export interface PiPayment {
  readonly identifier: string;
}

export interface PiPaymentData {
  readonly amount: number;
  readonly memo: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The first two are called again every ten seconds until they have led to something, and at times twice at once. */
export interface PiCallbacks {
  readonly onReadyForServerApproval: (paymentId: string) => void;
  readonly onReadyForServerCompletion: (paymentId: string, txid: string) => void;
  readonly onCancel: (paymentId: string) => void;
  readonly onError: (error: Error) => void;
}

declare global {
  interface Window {
    readonly Pi: PiSdk;
  }
}
