import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  callers,
  closeAll,
  linked,
  startPaymentsGraph,
  TXID,
  type PaymentsGraph,
  type Wire,
} from '../support/graph-payments.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { fakeLedger, type FakeLedger } from '../support/fake-ledger.js';
import { flags } from '../providers/pi-support.js';

/** Pi's reads come from replicas that are behind; a balancer sends what is sent once twice. */

let graph: PaymentsGraph;
let count = 0;
let id = '';
const WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
const USER = 'GAG6JP4O2VF32FTUSVJCW4NURJ7DPMGZGM57OD72KLNPUWY556OFL53K';
let horizon: FakeLedger;
beforeAll(async () => {
  horizon = await fakeLedger('Pi Network');
  graph = await startPaymentsGraph({ BREAKER_MIN_REQUESTS: '1000000', PI_LEDGER_URL: horizon.url });
});
afterAll(async () => {
  await closeAll();
  await horizon.close();
});
beforeEach(() => {
  count += 1;
  id = `p${count}`;
  graph.pi.intercept(undefined);
  graph.pi.requests.length = 0;
});

const opened: Wire = {
  amount: 4.25,
  direction: 'user_to_app',
  network: 'Pi Network',
  created_at: '2026-03-09T07:41:18.206Z',
  from_address: USER,
  to_address: WALLET,
  status: flags(),
};
const approved: Wire = { ...opened, status: flags('developer_approved') };
const paid: Wire = { ...opened, status: flags('developer_approved'), transaction: linked(TXID, true) };

/** What becomes of one POST: carried out or not, and answered in this way in place of the payment; `lost` is no answer. */
interface Sending {
  readonly applied: boolean;
  readonly answer: FakeAnswer | 'lost' | 'stale';
}
const refused = (error: string, status = 400): FakeAnswer => ({ status, body: { error } });

/**
 * Has so many looks after the first POST show what was there before it, and the POSTs, one after the other, meet these; the last
 * one stays.
 */
function behind(looks: number, ...sendings: readonly Sending[]): void {
  let posts = 0;
  let left = looks;
  const before = graph.pi.payments.get(id) ?? {};
  graph.pi.intercept(({ method, path }, response) => {
    if (method === 'GET') {
      if (posts === 0 || left === 0 || !path.endsWith(id)) return undefined;
      left -= 1;
      return { body: before };
    }
    const { applied, answer } = sendings[Math.min(posts, sendings.length - 1)] ?? { applied: true, answer: 'lost' };
    posts += 1;
    if (applied) carryOut(path.split('/').at(-1) ?? '');
    if (answer === 'stale') return { body: before };
    if (answer !== 'lost') return answer;
    response.destroy();
    return 'handled';
  });
}

function carryOut(verb: string): void {
  const now = graph.pi.payments.get(id) ?? {};
  const flag = { approve: 'developer_approved', cancel: 'cancelled', complete: 'developer_completed' }[verb] ?? '';
  const status = { ...(now['status'] as Record<string, boolean>), [flag]: true };
  graph.pi.put(id, { ...now, status, ...(verb === 'complete' ? { transaction: linked(TXID, true) } : {}) });
}

interface Told {
  readonly is?: string;
  readonly already?: boolean;
  readonly action?: string;
  readonly why?: string;
  readonly reason?: string;
  readonly code?: string;
}
const said = 'is: __typename ... on UserError { code } ... on ConflictError { reason }';
const documents = {
  approve: `... on ApprovePaymentPayload { already: alreadyApproved }`,
  complete: `... on CompletePaymentPayload { already: alreadyCompleted }`,
  cancel: `... on CancelPaymentPayload { payment { state } }`,
  settle: `... on SettlePaymentPayload { action why }`,
};
async function run(verb: keyof typeof documents): Promise<Told> {
  const title = `${verb[0]?.toUpperCase()}${verb.slice(1)}PaymentInput!`;
  const answer = await graph.query<{ result: Told | null }>(
    `mutation ($input: ${title}) { result: ${verb}Payment(input: $input) { ${said} ${documents[verb]} } }`,
    { input: { paymentId: id, ...(verb === 'complete' ? { txid: TXID } : {}) } },
    callers.operator,
  );
  return answer.data?.result ?? { code: String(answer.errors?.[0]?.extensions['code']) };
}
const posts = (verb = ''): number => graph.pi.count(`POST /payments/${id}/${verb}`);
const upToDate = (): void => graph.pi.intercept(undefined);

const sentTwice: Sending = { applied: true, answer: refused('already_completed') };
const lost: Sending = { applied: true, answer: 'lost' };

describe('a completion that a balancer sent twice, or whose answer was lost', () => {
  it.each<[string, number, readonly Sending[]]>([
    ['is told at once where the second look shows it', 1, [sentTwice]],
    ['is told at once behind a lost answer and a look that is behind', 1, [lost, sentTwice]],
  ])('%s', async (_what, looks, sendings) => {
    graph.pi.put(id, paid);
    behind(looks, ...sendings);
    expect(await run('complete')).toMatchObject({ already: false });
    expect(await run('complete')).toMatchObject({ already: true });
    expect(posts()).toBe(sendings.length);
  });

  it.each<[string, readonly Sending[]]>([
    ['Pi says already_completed', [sentTwice]],
    ['Pi says so behind a lost answer', [lost, sentTwice]],
    ['Pi says not_verified behind a lost answer', [lost, { applied: false, answer: refused('not_verified') }]],
    [
      'Pi knows no such payment behind a lost answer',
      [lost, { applied: false, answer: refused('payment_not_found', 404) }],
    ],
    ['a proxy refuses behind a lost answer', [lost, { applied: false, answer: refused('odd') }]],
    ['both answers are lost', [lost]],
  ])('is unknown while no look shows it, and told to exactly one who finds it: %s', async (_what, sendings) => {
    for (const [first, next] of [
      ['complete', 'complete'],
      ['settle', 'complete'],
      ['settle', 'settle'],
    ] as const) {
      count += 1;
      id = `p${count}`;
      graph.pi.put(id, paid);
      behind(9, ...sendings);
      expect(await run(first)).toMatchObject({ is: 'OutcomeUnknownError' });
      upToDate();
      const told = [await run(next), await run(next), await run('complete')];
      const won = told.map(({ already, action }) => already === false || action === 'COMPLETED');
      expect(won).toEqual([true, false, false]);
    }
  });

  it('is unknown where no look can be made', async () => {
    graph.pi.put(id, paid);
    graph.pi.intercept(({ method, path }) => {
      if (method === 'GET') return posts() > 0 ? { status: 400, body: '' } : undefined;
      carryOut(path.split('/').at(-1) ?? '');
      return refused('already_completed');
    });
    expect(await run('complete')).toMatchObject({ is: 'OutcomeUnknownError' });
    upToDate();
    expect([await run('complete'), await run('complete')]).toMatchObject([{ already: false }, { already: true }]);
  });

  it("is told to whoever finds it, behind a proxy's 409", async () => {
    graph.pi.put(id, paid);
    behind(9, { applied: true, answer: { status: 409, headers: { 'content-type': 'text/html' }, body: '<p>no' } });
    expect(await run('complete')).toMatchObject({ is: 'ConflictError' });
    upToDate();
    expect([await run('complete'), await run('complete')]).toMatchObject([{ already: false }, { already: true }]);
  });

  it('is told once, however often it is asked for behind a replica', async () => {
    graph.pi.put(id, paid);
    behind(0, { applied: true, answer: 'lost' });
    expect(await run('complete')).toMatchObject({ already: false });
    graph.pi.put(id, paid);
    behind(9, sentTwice);
    expect(await run('complete')).toMatchObject({ is: 'OutcomeUnknownError' });
    upToDate();
    graph.pi.put(id, { ...paid, status: flags('developer_approved', 'developer_completed') });
    expect([await run('complete'), await run('settle')]).toMatchObject([{ already: true }, { action: 'NONE' }]);
  });
});

describe('a payment that is settled', () => {
  it.each<[string, unknown]>([
    ['no transaction', null],
    ['a transaction that is not verified', linked(TXID, false)],
  ])('is told as completed once Pi shows that it is verified, and not with %s', async (_what, transaction) => {
    graph.pi.put(id, paid);
    const status = flags('developer_approved', 'developer_completed');
    graph.pi.intercept(({ method }) => {
      if (method !== 'POST') return undefined;
      return { body: graph.pi.put(id, { ...paid, status, transaction }) };
    });
    for (const _again of [1, 2])
      expect(await run('settle')).toMatchObject({
        action: 'NONE',
        why: expect.stringMatching(/not.*verified.*deliver/),
      });
    graph.pi.put(id, { ...paid, status });
    expect([await run('settle'), await run('settle')]).toMatchObject([{ action: 'COMPLETED' }, { action: 'NONE' }]);
    expect(await run('complete')).toMatchObject({ already: true });
    expect(posts()).toBe(1);
  });
});

describe('a payment that was approved here, whatever the replicas show', () => {
  const isLeft = { action: 'NONE', why: expect.stringContaining('approved here') };
  /** Approves the payment; all looks from then on, or so many, show it as it was before. */
  async function approvedBehind(looks: number, start: Wire = opened): Promise<void> {
    graph.pi.put(id, start);
    expect(await run('approve')).toMatchObject({ already: false });
    const before = { ...start, identifier: id };
    let left = looks;
    graph.pi.intercept(({ method, path }) => {
      if (method !== 'GET' || !path.endsWith(id) || left === 0) return undefined;
      left -= 1;
      return { body: { ...graph.pi.payments.get(id), ...before } };
    });
  }

  it.each([0, 1, 9])(
    'is not settled by cancelling it within 10 minutes, though it is older: %d looks behind',
    async (looks) => {
      await approvedBehind(looks);
      expect(await run('settle')).toMatchObject(isLeft);
      expect(posts('cancel')).toBe(0);
    },
  );

  it('is not cancelled while the ledger has its transaction', async () => {
    horizon.add({ from: USER, to: WALLET, amount: '4.2500000', memo: id });
    await approvedBehind(9);
    expect(await run('cancel')).toMatchObject({ reason: 'HAS_TRANSACTION' });
    expect(posts('cancel')).toBe(0);
    upToDate();
    expect(await run('settle')).toMatchObject({ action: 'COMPLETED' });
  });

  it('is not cancelled while the ledger cannot be asked, and is once it knows none', async () => {
    await approvedBehind(9);
    horizon.intercept(() => ({ status: 503, body: '' }));
    expect(await run('cancel')).toEqual({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(posts('cancel')).toBe(0);
    horizon.intercept(undefined);
    upToDate();
    expect(await run('cancel')).toMatchObject({ is: 'CancelPaymentPayload' });
  });

  it('counts as approved where the answer to the approval was lost', async () => {
    graph.pi.put(id, opened);
    behind(9, { applied: true, answer: 'lost' });
    expect(await run('approve')).toMatchObject({ is: 'OutcomeUnknownError' });
    behind(9);
    expect(await run('settle')).toMatchObject(isLeft);
    expect(posts('cancel')).toBe(0);
  });

  it('counts as never approved where Pi refused to, in its own words', async () => {
    graph.pi.put(id, opened);
    behind(0, { applied: false, answer: refused('cancelled_payment') });
    expect(await run('approve')).toMatchObject({ is: 'ConflictError' });
    upToDate();
    expect(await run('settle')).toMatchObject({ action: 'CANCELLED' });
  });
});

describe('a payment that is to be cancelled, at the second look', () => {
  /** Shows the first look what `first` says, and all others what is there. */
  const atFirst = (first: Wire): void => {
    let looks = 0;
    graph.pi.intercept(({ method, path }) =>
      method === 'GET' && path.endsWith(id) && (looks += 1) === 1
        ? { body: { ...graph.pi.payments.get(id), ...first } }
        : undefined,
    );
  };
  const young = new Date().toISOString();

  it.each<[string, Wire, object]>([
    [
      'is approved, and young',
      { ...approved, created_at: young },
      { action: 'NONE', why: expect.stringContaining('younger') },
    ],
    ['has a transaction', paid, { action: 'COMPLETED' }],
    ['is cancelled', { ...opened, status: flags('cancelled') }, { action: 'NONE', why: 'It was cancelled before.' }],
  ])('%s: that decides', async (_what, now, settled) => {
    graph.pi.put(id, now);
    atFirst({ ...opened, transaction: null, created_at: now['created_at'] });
    expect(await run('settle')).toMatchObject(settled);
    expect(posts('cancel')).toBe(0);
    expect(graph.pi.count('GET')).toBe(2);
  });
});

describe('a payment that is cancelled, and paid all the same', () => {
  const cancelled: Wire = { ...paid, status: flags('developer_approved', 'cancelled') };
  const lookAtIt = expect.stringMatching(`transaction ${TXID}.*People have to look`);

  it.each<[string, FakeAnswer | 'handled']>([
    ["Pi's answer", { body: cancelled }],
    ['the look after a lost answer', 'handled'],
  ])('is told so by %s', async (_what, answer) => {
    graph.pi.put(id, opened);
    graph.pi.intercept(({ method }, response) => {
      if (method !== 'POST') return undefined;
      const body = graph.pi.put(id, cancelled);
      if (answer !== 'handled') return { body };
      response.destroy();
      return answer;
    });
    expect(await run('settle')).toMatchObject({ action: 'CANCELLED', why: lookAtIt });
    expect(await run('settle')).toMatchObject({ action: 'NONE', why: lookAtIt });
    expect(posts()).toBe(1);
  });
});

describe('an approval or a cancellation that a balancer sent twice, or that was answered with what was there before', () => {
  const cases = [
    ['approve', opened, 'already_approved'],
    ['cancel', approved, 'cancelled_payment'],
  ] as const;
  const firsts: readonly (readonly [string, readonly Sending[]])[] = [
    ['at once', []],
    ['after a stale answer', [{ applied: true, answer: 'stale' }]],
    ['after a lost answer', [{ applied: true, answer: 'lost' }]],
  ];
  const rows = cases.flatMap((one) => firsts.map((two) => [...two, ...one] as const));

  it.each(rows)(
    'is unknown while no look shows it, never refused: %s, %j, %s',
    async (_when, first, verb, start, code) => {
      for (const more of [refused(code), refused('payment_not_found', 404)]) {
        if (first.length === 0 && more.status === 404) continue;
        graph.pi.put(id, start);
        behind(9, ...first, { applied: true, answer: more });
        expect(await run(verb), JSON.stringify(more)).toMatchObject({ is: 'OutcomeUnknownError' });
        expect(posts(verb)).toBe(first.length + 1);
        graph.pi.requests.length = 0;
      }
      upToDate();
      const done = verb === 'approve' ? { already: false } : { is: 'CancelPaymentPayload' };
      expect(await run(verb)).toMatchObject(done);
      expect(posts()).toBe(0);
    },
  );

  it.each(cases)('is made where the second look shows it: %s', async (verb, start, code) => {
    graph.pi.put(id, start);
    behind(1, { applied: true, answer: refused(code) });
    const done = verb === 'approve' ? { already: false } : { is: 'CancelPaymentPayload' };
    expect(await run(verb)).toMatchObject(done);
  });
});
