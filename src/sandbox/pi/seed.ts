import { txidOf, type PaymentRecord } from './payment.js';
import { piUsers } from './users.js';

const HOUR_MS = 3_600_000;

const PAID_AFTER_MS = 60_000;

type Chapter = Pick<PaymentRecord, 'identifier' | 'amount' | 'memo'> &
  Partial<PaymentRecord> & { readonly link?: 'unseen' | 'submitted' | 'verified' };

/** Payments of the co-op's shop in every state that the Platform API knows, oldest first. Their ids say what they are. */
export function paymentSeed(now: number): PaymentRecord[] {
  const { juniper, marlow } = piUsers;
  const chapters: Chapter[] = [
    paid({
      identifier: 'completed-seedlings',
      amount: 12,
      memo: 'Twelve tomato seedlings',
      metadata: { order: 1041, lines: ['tomato', 12] },
    }),
    paid({ identifier: 'completed-honey', userUid: marlow.uid, amount: 3.1415926, memo: 'Honey, three jars' }),
    {
      ...paid({ identifier: 'payout-completed', amount: 7.5, memo: 'Harvest help, one afternoon' }),
      direction: 'app_to_user',
    },
    {
      identifier: 'payout-cancelled',
      amount: 2,
      memo: 'Harvest help, called off by rain',
      direction: 'app_to_user',
      approved: true,
      cancelledBy: 'app',
    },
    { identifier: 'cancelled-by-app', amount: 5, memo: 'Pumpkin, sold out', cancelledBy: 'app' },
    {
      identifier: 'cancelled-by-user',
      userUid: marlow.uid,
      amount: 1.25,
      memo: 'Bag of walnuts',
      approved: true,
      cancelledBy: 'user',
    },
    linked({ identifier: 'submitted-wrong-memo', amount: 4, memo: 'Crate of pears' }, false),
    sent({ identifier: 'unseen-damsons', amount: 3.75, memo: 'Damsons; the ledger has the transaction' }),
    sent({ identifier: 'unseen-plums', amount: 6.5, memo: 'Plums; the ledger has the transaction' }),
    sent({ identifier: 'wrong-amount-quinces', amount: 100, memo: 'Quinces for the whole choir' }),
    linked({ identifier: 'submitted-cider', userUid: marlow.uid, amount: 6, memo: 'Cider, two bottles' }, false),
    linked(
      { identifier: 'submitted-apples', amount: 4.25, memo: 'Crate of early apples', metadata: { order: 1055 } },
      false,
    ),
    linked({ identifier: 'verified-squash', amount: 0.0000001, memo: 'Squash, the smallest payment there is' }, true),
    { identifier: 'approved-eggs', amount: 2.4, memo: 'Two dozen eggs, the buyer is slow', approved: true },
    { identifier: 'created-flowers', amount: 8, memo: 'Bunch of dahlias', metadata: { order: 1060, gift: true } },
    { identifier: 'created-bread', amount: 1.5, memo: 'Sourdough loaf' },
    { identifier: 'created-cheese', amount: 9.99, memo: 'Goat cheese' },
    { identifier: 'created-candles', userUid: marlow.uid, amount: 3, memo: 'Beeswax candles' },
  ];
  return chapters.map(({ link, ...chapter }, at) => {
    const record: PaymentRecord = {
      userUid: juniper.uid,
      metadata: {},
      direction: 'user_to_app',
      createdMs: now - (chapters.length - at) * HOUR_MS,
      approved: false,
      signingSince: null,
      sentMs: null,
      linked: null,
      completed: false,
      cancelledBy: null,
      ...chapter,
    };
    if (link === undefined) return record;
    const verified = link === 'verified';
    const shown = link === 'unseen' ? null : { txid: txidOf(record), verified };
    return { ...record, approved: true, sentMs: record.createdMs + PAID_AFTER_MS, linked: shown };
  });
}

/** Paid on the ledger, and Pi shows nothing of it. */
function sent(chapter: Chapter): Chapter {
  return { ...chapter, link: 'unseen' };
}

function linked(chapter: Chapter, verified: boolean): Chapter {
  return { ...chapter, link: verified ? 'verified' : 'submitted' };
}

function paid(chapter: Chapter): Chapter {
  return { ...linked(chapter, true), completed: true };
}
