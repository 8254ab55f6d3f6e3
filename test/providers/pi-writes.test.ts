import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors.js';
import type { Logger } from '../../src/log.js';
import type { PiConfig } from '../../src/providers/pi/config.js';
import { PaymentConflict, type Payment } from '../../src/providers/pi/model.js';
import type { PiSession } from '../../src/providers/pi/session.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { flags, piHarness, rejection, upstreamError, wirePayment, type PiHarness } from './pi-support.js';

const TXID = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const link = (txid: string, verified = true) => ({
  txid,
  verified,
  _link: `https://api.mainnet.minepi.com/transactions/${txid}`,
});

type Wire = Record<string, unknown>;
/** What one POST meets: its effect happens or not, and then something happens to the answer. */
type Fate =
  | 'ok'
  | 'cut before'
  | 'cut after'
  | 'half'
  | '500 after'
  | '500 before'
  | 'silence after'
  | 'html after'
  | 'redirect after'
  | 'stale answer'
  | 'empty yes before'
  | { readonly after: FakeAnswer }
  | FakeAnswer;

interface Harness extends PiHarness {
  readonly payment: Wire;
  posts(): number;
  effects(): number;
}

const open: PiHarness[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/**
 * One payment behind a fake upstream; each POST takes the next fate, the last one stays. GETs answer the state unless
 * `reads` says otherwise.
 */
async function harness(
  start: Wire,
  fates: Fate[],
  options: { config?: Partial<PiConfig>; reads?: (count: number) => FakeAnswer | undefined; log?: Logger } = {},
): Promise<Harness> {
  const payment: Wire = wirePayment({ identifier: 'p1', ...start });
  let posts = 0;
  let effects = 0;
  let reads = 0;
  const made = await piHarness(
    ({ method, path, body }, response) => {
      if (method === 'GET') return options.reads?.(++reads) ?? { body: payment };
      const fate = fates[Math.min(posts++, fates.length - 1)] ?? 'ok';
      if (typeof fate === 'object' && !('after' in fate)) return fate;
      const before = structuredClone(payment);
      if (typeof fate === 'object' || !fate.endsWith('before')) {
        effects += 1;
        apply(payment, path.split('/').at(-1) ?? '', body);
      }
      if (typeof fate === 'object') return fate.after;
      return answer(fate === 'stale answer' ? before : payment, fate, response);
    },
    options.config,
    options.log,
    fates.includes('silence after') ? { writeTimeoutMs: 500 } : {},
  );
  open.push(made);
  return { ...made, payment, posts: () => posts, effects: () => effects };
}

function apply(payment: Wire, verb: string, body: string): void {
  const status = { ...(payment['status'] as Record<string, boolean>) };
  if (verb === 'approve') status['developer_approved'] = true;
  if (verb === 'cancel') status['cancelled'] = true;
  if (verb === 'complete') {
    Object.assign(status, { developer_completed: true, transaction_verified: true });
    payment['transaction'] = link((JSON.parse(body) as { txid: string }).txid);
  }
  payment['status'] = status;
}

function answer(payment: Wire, fate: Extract<Fate, string>, response: ServerResponse): FakeAnswer | undefined {
  switch (fate) {
    case 'cut before':
    case 'cut after':
      response.destroy();
      return undefined;
    case 'half':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
      response.write('{"identifier":"p1');
      setTimeout(() => response.destroy(), 5);
      return undefined;
    case '500 before':
    case '500 after':
      return { status: 500, headers: { 'content-type': 'text/html' }, body: '<html>oops</html>' };
    case 'silence after':
      return undefined;
    case 'html after':
      return { headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' };
    case 'redirect after':
      return { status: 307, headers: { location: 'https://elsewhere.example/' } };
    default:
      return { body: payment };
  }
}

const writes: Record<string, { start: Wire; run: (session: PiSession) => Promise<Payment>; state: string }> = {
  approve: { start: {}, run: (session) => session.approve('p1'), state: 'APPROVED' },
  complete: {
    start: { status: flags('developer_approved'), transaction: link(TXID, false) },
    run: (session) => session.complete('p1', TXID.toUpperCase()),
    state: 'COMPLETED',
  },
  cancel: { start: {}, run: (session) => session.cancel('p1'), state: 'CANCELLED' },
};

describe.each(Object.entries(writes))('%s', (verb, { start, run, state }) => {
  it('reads first, sends once, and is seen by the next read', async () => {
    const made = await harness(start, ['ok']);
    await made.session.payment('p1');
    expect(await run(made.session)).toMatchObject({ paymentId: 'p1', state });
    expect(await made.session.payment('p1')).toMatchObject({ state });
    expect(made.seen()).toEqual(['GET /payments/p1', 'GET /payments/p1', `POST /payments/p1/${verb}`]);
  });

  it('sends nothing when it is done already', async () => {
    const made = await harness(start, ['ok']);
    await run(made.session);
    expect(await run(made.open())).toMatchObject({ state });
    expect(made.posts()).toBe(1);
  });

  it.each(['cut after', 'half', '500 after', 'html after', 'redirect after', 'silence after', 'stale answer'] as const)(
    'finds the effect behind: %s',
    async (fate) => {
      const made = await harness(start, [fate]);
      expect(await run(made.session)).toMatchObject({ state });
      expect([made.posts(), made.effects()]).toEqual([1, 1]);
    },
  );

  it.each(['cut before', '500 before', 'empty yes before'] as const)(
    'sends once more after a look that shows no effect: %s',
    async (fate) => {
      const made = await harness(start, [fate, 'ok']);
      expect(await run(made.session)).toMatchObject({ state });
      expect([made.posts(), made.effects()]).toEqual([2, 1]);
      expect(made.seen()).toEqual([
        'GET /payments/p1',
        `POST /payments/p1/${verb}`,
        'GET /payments/p1',
        `POST /payments/p1/${verb}`,
      ]);
    },
  );

  it('finds the effect of the second sending', async () => {
    const made = await harness(start, ['cut before', 'cut after']);
    expect(await run(made.session)).toMatchObject({ state });
    expect([made.posts(), made.effects()]).toEqual([2, 1]);
  });

  it('says that it does not know, after two sendings and two looks', async () => {
    const made = await harness(start, ['500 before']);
    const began = Date.now();
    expect(await upstreamError(run(made.session))).toMatchObject({
      kind: 'outcome_unknown',
      delivery: 'unclear',
      status: 500,
      operation: `${verb}Payment`,
    });
    expect(made.posts()).toBe(2);
    expect(made.seen().filter((request) => request.startsWith('GET'))).toHaveLength(3);
    expect(Date.now() - began).toBeGreaterThanOrEqual(20);
  });

  it('never sends again blindly: no look, no second sending', async () => {
    const made = await harness(start, ['cut before', 'ok'], {
      reads: (count) => (count > 1 ? { status: 400, body: '' } : undefined),
    });
    expect(await upstreamError(run(made.session))).toMatchObject({ kind: 'outcome_unknown' });
    expect(made.posts()).toBe(1);
  });

  it('uses the second look when the first fails', async () => {
    const made = await harness(start, ['cut after'], {
      reads: (count) => (count === 2 ? { status: 400, body: '' } : undefined),
    });
    expect(await run(made.session)).toMatchObject({ state });
    expect(made.posts()).toBe(1);
  });

  it('finishes for a client that has left, and past every limit', async () => {
    const controller = new AbortController();
    const made = await harness(start, ['cut after']);
    const seen: string[] = [];
    const session = made.open({
      signal: controller.signal,
      onAttempt(_provider, operation) {
        seen.push(operation);
        if (operation.startsWith(verb)) controller.abort(new Error('left'));
        if (seen.length > 2) throw new GatewayError('TOO_MANY_REQUESTS', 'enough');
      },
    });
    expect(await run(session)).toMatchObject({ state });
    expect(seen).toEqual(['getPayment', `${verb}Payment`, 'getPayment']);
  });

  it('sends nothing when the payment cannot be read, is not there, or is not to be touched', async () => {
    for (const [reply, kind] of [
      [{ status: 404, body: '' }, 'not_found'],
      [{ status: 403, body: { error: 'forbidden' } }, 'not_found'],
      [{ status: 403, body: '' }, 'forbidden'],
      [{ status: 401, body: '' }, 'unauthorized'],
      [{ body: '<html>' }, 'bad_response'],
    ] as const) {
      const made = await harness(start, ['ok'], { reads: () => reply });
      expect(await upstreamError(run(made.session))).toMatchObject({ kind });
      expect(made.posts()).toBe(0);
    }
    const made = await harness(start, ['ok']);
    const refuse = (payment: Payment) => {
      throw new GatewayError('FORBIDDEN', payment.userUid);
    };
    const refused =
      verb === 'approve'
        ? made.session.approve('p1', refuse)
        : verb === 'cancel'
          ? made.session.cancel('p1', refuse)
          : made.session.complete('p1', TXID, refuse);
    expect(await rejection(refused)).toMatchObject({ code: 'FORBIDDEN', message: made.payment['user_uid'] });
    expect(made.posts()).toBe(0);
  });

  const documented: readonly (readonly [FakeAnswer, string])[] = [
    [{ status: 404, body: { error: 'payment_not_found' } }, 'not_found'],
    ...(verb === 'cancel' ? [[{ status: 403, body: { error: 'forbidden' } }, 'forbidden'] as const] : []),
    ...(verb === 'complete' ? [[{ status: 400, body: { error: 'missing_param' } }, 'rejected'] as const] : []),
  ];
  it.each(documented)("passes a refusal in Pi's documented words on without another look: %j", async (reply, kind) => {
    const made = await harness(start, [reply]);
    expect(await upstreamError(run(made.session))).toMatchObject({ kind, delivery: 'answered' });
    expect(made.seen()).toHaveLength(2);
  });

  const words = (error: string) => ({ error, error_message: 'x' });
  const foreign = [
    ...(verb === 'cancel' ? [] : [[{ status: 403, body: { error: 'forbidden' } }, 'forbidden'] as const]),
    ...(verb === 'complete' ? [] : [[{ status: 400, body: { error: 'missing_param' } }, 'rejected'] as const]),
    [{ status: 429, body: { error: 'too_many_payments' } }, 'rate_limited'],
    [{ status: 401, body: words('unauthorized') }, 'unauthorized'],
    [{ status: 403, body: words('access_denied') }, 'forbidden'],
    [{ status: 429, body: words('too_many_requests') }, 'rate_limited'],
    [{ status: 400, body: words('invalid_request') }, 'bad_response'],
    [{ status: 400, body: words('bad_request') }, 'bad_response'],
    [{ status: 404, body: words('not_found') }, 'bad_response'],
    [{ status: 401, body: '' }, 'unauthorized'],
    [{ status: 401, body: { message: 'Unauthorized' } }, 'unauthorized'],
    [{ status: 403, body: '<html>' }, 'forbidden'],
    [{ status: 429, body: '' }, 'rate_limited'],
    [{ status: 404, body: '' }, 'bad_response'],
    [{ status: 404, body: { message: 'no Route matched' } }, 'bad_response'],
    [{ status: 400, body: { message: 'Bad Request' } }, 'bad_response'],
    [{ status: 402, body: { message: 'pay' } }, 'bad_response'],
    [{ status: 412, body: { error: 'odd_thing' } }, 'bad_response'],
    [{ status: 451, body: {} }, 'bad_response'],
    [{ status: 409, body: '<html>' }, 'conflict'],
  ] as const;
  it.each(foreign)(
    "reads back once what was refused in words that are not Pi's, and sends nothing more: %j",
    async (reply, kind) => {
      const undone = await harness(start, [reply]);
      expect(await upstreamError(run(undone.session))).toMatchObject({ kind, status: reply.status });
      expect([undone.seen().length, undone.posts()]).toEqual([3, 1]);
      const done = await harness(start, [{ after: reply }]);
      expect(await run(done.session)).toMatchObject({ state });
      expect([done.seen().length, done.posts()]).toEqual([3, 1]);
    },
  );

  it.each(foreign)('leaves the end open when that cannot be read back: %j', async (reply) => {
    const reads = (count: number) => (count > 1 ? { status: 400, body: '' } : undefined);
    const blind = await harness(start, [reply], { reads });
    const error = await upstreamError(run(blind.session));
    const told = [401, 403, 429].includes(reply.status);
    expect([error.kind === 'outcome_unknown', error.endOpen === true]).toEqual([!told, told]);
    expect(blind.posts()).toBe(1);
  });

  it.each([
    { status: 500, body: { error: 'missing_txid' } },
    { status: 502, body: { error: 'payment_not_found' } },
    { status: 504, body: { error: 'too_many_payments' } },
    { status: 408, body: { error: 'forbidden' } },
    { status: 500, body: { error: 'not_verified' } },
  ])('believes no code that comes with %j: it looks, and sends once more', async (reply) => {
    const made = await harness(start, [reply, 'ok']);
    expect(await run(made.session)).toMatchObject({ state });
    expect([made.posts(), made.effects()]).toEqual([2, 1]);
    expect(made.seen().filter((request) => request.startsWith('GET'))).toHaveLength(2);
    const lost = await harness(start, [reply]);
    expect(await upstreamError(run(lost.session))).toMatchObject({ kind: 'outcome_unknown', status: reply.status });
    expect(lost.posts()).toBe(2);
  });

  it('looks once at a conflict, and shows the payment as it is', async () => {
    const made = await harness(start, [
      {
        status: 400,
        body: { error: 'verification_failed', verification_error: 'tx_memo_payment_identifier_mismatch' },
      },
    ]);
    const error = await upstreamError(run(made.session));
    expect(error).toBeInstanceOf(PaymentConflict);
    expect(error).toMatchObject({
      kind: 'conflict',
      upstreamCode: 'verification_failed',
      payment: { paymentId: 'p1' },
    });
    expect(made.posts()).toBe(1);
  });

  it('refuses another network when it knows its own', async () => {
    const made = await harness(start, ['ok'], { config: { network: 'TESTNET' } });
    if (verb === 'cancel') expect(await run(made.session)).toMatchObject({ state });
    else
      expect(await upstreamError(run(made.session))).toMatchObject({
        kind: 'conflict',
        payment: { network: 'MAINNET' },
      });
    expect(made.posts()).toBe(verb === 'cancel' ? 1 : 0);
    const unknown = await harness({ ...start, network: 'Pi Moonnet' }, ['ok'], { config: { network: 'TESTNET' } });
    if (verb !== 'cancel')
      expect(await upstreamError(run(unknown.session))).toMatchObject({
        kind: 'conflict',
        payment: { network: 'UNKNOWN' },
      });
    expect(unknown.posts()).toBe(0);
    const unnamed = await harness({ ...start, network: undefined }, ['ok'], { config: { network: 'TESTNET' } });
    expect(await run(unnamed.session)).toMatchObject({ state, network: null });
  });
});

describe('a 429 and a minute to wait', () => {
  const limited: FakeAnswer = { status: 429, headers: { 'retry-after': '60' }, body: '' };
  /** Refuses what matches, once, and answers all else. */
  async function limitedHarness(what: RegExp, start: Wire = {}): Promise<PiHarness> {
    const payment: Wire = wirePayment({ identifier: 'p1', ...start });
    let refused = false;
    const made = await piHarness(({ method, path, body }) => {
      if (!refused && what.test(`${method} ${path}`)) {
        refused = true;
        return limited;
      }
      if (path.endsWith('incomplete_server_payments')) return { body: { incomplete_server_payments: [] } };
      if (method === 'POST') apply(payment, path.split('/').at(-1) ?? '', body);
      return { body: payment };
    });
    open.push(made);
    return made;
  }

  it.each<[string, (session: PiSession) => Promise<unknown>]>([
    ['an ad', (session) => session.rewardedAd('ad-1')],
    ['the list of open payouts', (session) => session.incompleteServerPayments()],
  ])('for %s holds up no change of a payment', async (_what, ask) => {
    for (const [verb, { start, run, state }] of Object.entries(writes)) {
      const made = await limitedHarness(/ads_network|incomplete_server/, start);
      expect(await upstreamError(ask(made.open()))).toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000 });
      expect(await upstreamError(ask(made.open())), verb).toMatchObject({ kind: 'rate_limited', delivery: 'unsent' });
      expect(await run(made.open())).toMatchObject({ state });
    }
  });

  it('for a change holds up changes, and no reading', async () => {
    const made = await limitedHarness(/POST/);
    expect(await upstreamError(made.open().approve('p1'))).toMatchObject({ kind: 'rate_limited' });
    expect(await upstreamError(made.open().cancel('p1'))).toMatchObject({ kind: 'rate_limited', delivery: 'unsent' });
    expect(await made.open().payment('p1')).toMatchObject({ paymentId: 'p1' });
    expect(await made.open().incompleteServerPayments()).toEqual([]);
    expect(made.seen().filter((request) => request.startsWith('POST'))).toHaveLength(1);
    // Watchers come last: they rest with anything that is about payments.
    expect(made.open().pollSource().notBefore()).toBeGreaterThan(0);
  });
});

describe('what a payment does not allow', () => {
  const cases: [string, Wire, keyof typeof writes][] = [
    ['approving a cancelled one', { status: flags('user_cancelled') }, 'approve'],
    ['approving a payout', { direction: 'app_to_user' }, 'approve'],
    [
      'completing a cancelled one',
      { status: flags('cancelled', 'developer_completed'), transaction: link(TXID) },
      'complete',
    ],
    [
      'completing one with another transaction',
      { status: flags('developer_approved'), transaction: link(OTHER) },
      'complete',
    ],
    [
      'completing one that another transaction completed',
      { status: flags('developer_approved', 'developer_completed'), transaction: link(OTHER) },
      'complete',
    ],
    ['cancelling one with a transaction', { transaction: link(TXID, false) }, 'cancel'],
    ['cancelling a completed one', { status: flags('developer_completed') }, 'cancel'],
  ];
  it.each(cases)('%s is a conflict and sends nothing', async (_name, start, verb) => {
    const made = await harness(start, ['ok']);
    const error = await upstreamError(writes[verb]?.run(made.session) ?? Promise.resolve());
    expect(error).toBeInstanceOf(PaymentConflict);
    expect(error).toMatchObject({ payment: { paymentId: 'p1' }, delivery: 'answered' });
    expect(made.posts()).toBe(0);
  });

  it('answers an approved payout without sending', async () => {
    const made = await harness({ direction: 'app_to_user', status: flags('developer_approved') }, ['ok']);
    expect(await made.session.approve('p1')).toMatchObject({ direction: 'APP_TO_USER', state: 'APPROVED' });
    expect(made.posts()).toBe(0);
  });

  it.each(['', 'ab', 'g'.repeat(64), 'ab'.repeat(33), `${TXID} `])('refuses the transaction id %j', async (txid) => {
    const made = await harness({}, ['ok']);
    expect(await rejection(made.session.complete('p1', txid))).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', 'txid'] }],
    });
    expect(made.seen()).toEqual([]);
  });
});

describe('complete believes only a completion by its own transaction', () => {
  const approved = { status: flags('developer_approved') };
  const completedBy = (txid: string | null): FakeAnswer => ({
    body: wirePayment({
      identifier: 'p1',
      status: flags('developer_approved', 'developer_completed'),
      transaction: txid === null ? null : link(txid),
    }),
  });

  it('and reports success on already_completed after reading it back', async () => {
    const made = await harness(approved, [{ status: 400, body: { error: 'already_completed' } }], {
      reads: (count) => (count > 1 ? completedBy(TXID) : undefined),
    });
    expect(await made.session.complete('p1', TXID)).toMatchObject({ state: 'COMPLETED', transaction: { txid: TXID } });
  });

  it('and raises the alarm when another one completed it meanwhile', async () => {
    const alarms: string[] = [];
    const log: Logger = { debug() {}, info() {}, warn() {}, error: (event) => alarms.push(event) };
    const made = await harness(approved, ['cut before'], {
      reads: (count) => (count > 1 ? completedBy(OTHER) : undefined),
      log,
    });
    expect(await upstreamError(made.session.complete('p1', TXID))).toMatchObject({
      kind: 'conflict',
      payment: { transaction: { txid: OTHER } },
    });
    expect(alarms).toContain('pi_completed_with_another_transaction');
    expect(made.posts()).toBe(1);
  });

  it('but shows one that Pi calls completed as it is, though Pi shows no transaction: it cannot be completed again', async () => {
    const made = await harness({ status: flags('developer_approved', 'developer_completed'), transaction: null }, [
      'ok',
    ]);
    expect(await made.session.complete('p1', TXID)).toMatchObject({ state: 'COMPLETED', transaction: null });
    expect(made.posts()).toBe(0);
  });

  it('and takes one that Pi shows as completed behind a lost answer for what was sent, transaction or not', async () => {
    const made = await harness(approved, ['cut after'], {
      reads: (count) => (count > 1 ? completedBy(null) : undefined),
    });
    expect(await made.session.complete('p1', TXID)).toMatchObject({ state: 'COMPLETED', transaction: null });
    expect(made.posts()).toBe(1);
  });

  it('and sends for one without a transaction to see, because that is no proof that there is none', async () => {
    const made = await harness({ ...approved, transaction: null }, ['ok']);
    expect(await made.session.complete('p1', TXID)).toMatchObject({ state: 'COMPLETED' });
    expect(made.posts()).toBe(1);
  });

  it('and does not take a missing transaction for proof of anything', async () => {
    const made = await harness(approved, [{ status: 400, body: { error: 'already_completed' } }], {
      reads: (count) => (count > 1 ? completedBy(null) : undefined),
    });
    expect(await upstreamError(made.session.complete('p1', TXID))).toMatchObject({
      kind: 'conflict',
      upstreamCode: 'already_completed',
    });
    const clear = await harness(approved, [completedBy(null)]);
    expect(await clear.session.complete('p1', TXID)).toMatchObject({ state: 'COMPLETED' });
    const other = await harness(approved, [completedBy(OTHER)]);
    expect(await upstreamError(other.session.complete('p1', TXID))).toMatchObject({ kind: 'conflict' });
  });
});
