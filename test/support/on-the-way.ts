import { bodyOf, type Example } from './upstream-examples.js';

/** As in the examples of the ledger: whose history it is, whose id a transaction of it carries, and that transaction's. */
const WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
export const LEDGER_PAYMENT = 'created-bread';
const TXID = '4c1f0a7be2d95e3386b1a0f2c7d4e6985a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d';

/** What answers a request, as `METHOD /path`. */
type Answers = readonly (readonly [of: RegExp, body: () => object])[];

const PAYMENT = /^GET \/v2\/payments\/(?!incomplete)/;

/** The payment that the ledger's examples are about, with or without a transaction that Pi has linked. */
const ledgerPayment = (linked: boolean): object => ({
  ...bodyOf('getPayment.created'),
  identifier: LEDGER_PAYMENT,
  to_address: WALLET,
  network: 'Pi Testnet',
  transaction: linked ? { txid: TXID, verified: true, _link: `https://ledger.example/transactions/${TXID}` } : null,
});

const page = (...records: readonly object[]): object => ({ _embedded: { records } });

/** A search of the ledger; the history ends with a row that is older than the payment. */
function search(holdsIt: boolean): Answers {
  const row = bodyOf('getTransaction.ok');
  const older = { ...row, hash: 'e'.repeat(64), created_at: '2026-03-01T00:00:00Z', memo_type: 'none' };
  return [
    [PAYMENT, () => ledgerPayment(!holdsIt)],
    [/^GET \/ledger\/$/, () => bodyOf('getNetwork.ok')],
    [/\/transactions$/, () => (holdsIt ? page(row, older) : page(older))],
    [/\/operations$/, () => bodyOf('getTransfers.ok')],
  ];
}

const template = ({ request }: Example): Answers => [
  [
    /\/getASingleBadgeTemplate$/,
    () => ({ ...bodyOf('getASingleBadgeTemplate.ok'), _id: request.body?.['templateId'] }),
  ],
];
const holder = ({ request }: Example): Answers => [
  [/\/getHolderById$/, () => ({ ...bodyOf('getHolderById.ok'), _id: request.body?.['holderID'] })],
];
const created = (): Answers => [[PAYMENT, () => bodyOf('getPayment.created')]];
const pin = ({ request }: Example): Answers => [
  [
    /^GET \/psa\/pins\/./,
    () => ({
      ...bodyOf('getPinByRequestId.pinned'),
      requestid: decodeURIComponent(request.path.split('/').at(-1) ?? ''),
    }),
  ],
];

/** By operation: what is asked on the way to it, where the first good examples of all do not lead there. */
const onTheWay: Readonly<Record<string, (example: Example) => Answers>> = {
  getNetwork: () => search(true),
  getAccountTransactions: () => search(true),
  getTransaction: () => search(false),
  getTransfers: () => search(true),
  issueBadge: template,
  updateBadgeTemplate: template,
  updateHolder: holder,
  approvePayment: created,
  // Approved by an example before, it is asked for on the ledger.
  cancelPayment: ({ request }) => [
    [PAYMENT, () => ({ ...ledgerPayment(false), identifier: request.path.split('/').at(-2) })],
    [
      /^GET \/ledger\/$/,
      () => ({ ...bodyOf('getNetwork.ok'), history_latest_ledger_closed_at: new Date().toISOString() }),
    ],
    [/\/transactions$/, () => page()],
  ],
  replacePinByRequestId: pin,
  deletePinByRequestId: pin,
};

/** What answers this, when the operation of an example is on its way; undefined where its first good example does. */
export function answerOnTheWay(example: Example, asked: string): string | undefined {
  const found = onTheWay[example.operation]?.(example).find(([of]) => of.test(asked));
  return found && JSON.stringify(found[1]());
}
