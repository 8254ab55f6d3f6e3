import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { silentLogger } from '../../src/log.js';
import { PaymentConflict, type PaymentInput } from '../../src/providers/pi/model.js';
import { parsePayment, toCreateBody } from '../../src/providers/pi/wire.js';
import { readJson } from '../../src/providers/reading.js';
import { checkPaymentInput } from '../../src/providers/pi/validate.js';
import type { Attempt } from '../../src/writes/writes.js';
import type { FakeAnswer, Script } from '../support/fake-upstream.js';
import { piHarness, rejection, upstreamError, wirePayment, flags, type PiHarness } from './pi-support.js';

const input: PaymentInput = {
  userUid: 'user-1',
  amount: '0.0000001',
  memo: 'A tiny thank you',
  metadata: { order: 7 },
};
const LIST = 'GET /payments/incomplete_server_payments';
const CREATE = 'POST /payments';

function payout(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return wirePayment({
    identifier: 'out1',
    user_uid: 'user-1',
    amount: 1e-7,
    memo: input.memo,
    metadata: { order: 7, gw_idem: 'm-1' },
    direction: 'app_to_user',
    status: flags('developer_approved'),
    ...changes,
  });
}

interface Sending extends Attempt {
  readonly sentAfter: string[][];
}
function attempt(made: PiHarness): Sending {
  const sentAfter: string[][] = [];
  return {
    marker: 'm-1',
    startedAt: Date.now(),
    keyed: true,
    sentAfter,
    sent: async () => {
      sentAfter.push(made.seen());
    },
  };
}

const open: PiHarness[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
/** Answers POST with `create`, the nth list with `lists[n]` (the last one stays). */
const silence: Script = () => undefined;

async function harness(create: Script, ...lists: (readonly unknown[] | FakeAnswer)[]): Promise<PiHarness> {
  let count = 0;
  const script: Script = (request, response) => {
    if (request.method === 'POST') return create(request, response);
    const list = lists[Math.min(count++, lists.length - 1)] ?? [];
    return Array.isArray(list) ? { body: { incomplete_server_payments: list } } : (list as FakeAnswer);
  };
  const made = await piHarness(script, {}, silentLogger, create === silence ? { writeTimeoutMs: 500 } : {});
  open.push(made);
  return made;
}
const refuse =
  (error: string, more: object = {}, status = 400): Script =>
  () => ({ status, body: { error, ...more } });
const cut: Script = (_request, response) => {
  response.destroy();
  return undefined;
};
const created: Script = () => ({ body: payout() });

describe('a payout', () => {
  it('looks first, records the sending, then sends one plain number', async () => {
    const made = await harness(created, []);
    const sending = attempt(made);
    expect(await made.session.create(input, sending)).toMatchObject({
      paymentId: 'out1',
      amount: '0.0000001',
      metadata: { order: 7 },
      marker: 'm-1',
      direction: 'APP_TO_USER',
    });
    expect(made.seen()).toEqual([LIST, CREATE]);
    expect(sending.sentAfter).toEqual([[LIST]]);
    expect(made.upstream.requests[1]?.body).toBe(
      '{"payment":{"amount":0.0000001,"memo":"A tiny thank you","metadata":{"order":7,"gw_idem":"m-1"},"uid":"user-1"}}',
    );
    expect(await made.session.payment('out1')).toMatchObject({ paymentId: 'out1' });
    expect(made.seen()).toHaveLength(2);
  });

  it('is the open one with its marker, sent by an earlier life', async () => {
    const made = await harness(created, [payout({ identifier: 'other', metadata: { gw_idem: 'm-2' } }), payout()]);
    const sending = attempt(made);
    expect(await made.session.create(input, sending)).toMatchObject({ paymentId: 'out1' });
    expect(made.seen()).toEqual([LIST]);
    expect(sending.sentAfter).toEqual([]);
  });

  it.each([{ user_uid: 'user-2' }, { amount: 2 }])('is not a payment with its marker but %j', async (changes) => {
    const made = await harness(created, [payout(changes)]);
    expect(await upstreamError(made.session.create(input, attempt(made)))).toBeInstanceOf(PaymentConflict);
    expect(await upstreamError(made.session.findCreated(input, attempt(made)))).toBeInstanceOf(PaymentConflict);
    expect(made.seen()).toEqual([LIST, LIST]);
  });

  it('is not sent when the look fails or the record cannot be kept', async () => {
    for (const reply of [{ status: 401, body: '' }, { body: {} }, { body: '<html>' }, { status: 400, body: '' }]) {
      const made = await harness(created, reply);
      await upstreamError(made.session.create(input, attempt(made)));
      expect(made.seen()).not.toContain(CREATE);
    }
    const made = await harness(created, []);
    const sending = { ...attempt(made), sent: () => Promise.reject(new Error('no store')) };
    expect((await rejection(made.session.create(input, sending))).message).toBe('no store');
    expect(made.seen()).toEqual([LIST]);
  });

  const unclear: [string, Script][] = [
    ['a cut', cut],
    ['silence', silence],
    ['500', () => ({ status: 500, body: '<html>' })],
    ['503', () => ({ status: 503, body: '' })],
    ['HTML', () => ({ body: '<html>' })],
    ['an empty answer', () => ({ status: 200 })],
    ['a redirect', () => ({ status: 302, headers: { location: '/' } })],
    ['another payment', () => ({ body: payout({ user_uid: 'user-2' }) })],
    ['another amount', () => ({ body: payout({ amount: 1 }) })],
    ['a payment without our marker', () => ({ body: payout({ metadata: { order: 7 } }) })],
    ['a wrong shape', () => ({ body: payout({ amount: 'little' }) })],
    [
      'half a body',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '900' });
        response.write('{"ident');
        setTimeout(() => response.destroy(), 5);
        return undefined;
      },
    ],
  ];
  it.each(unclear)(
    'behind %s is found by its marker, at the second look too, and never sent twice',
    async (_name, script) => {
      const found = await harness(script, [], [payout()]);
      const late = await harness(script, [], [], [payout()]);
      const lost = await harness(script, []);
      const [atOnce, later, error] = await Promise.all([
        found.session.create(input, attempt(found)),
        late.session.create(input, attempt(late)),
        upstreamError(lost.session.create(input, attempt(lost))),
      ]);
      expect(atOnce).toMatchObject({ paymentId: 'out1' });
      expect(found.seen()).toEqual([LIST, CREATE, LIST]);
      expect(later).toMatchObject({ paymentId: 'out1' });
      expect(error).toMatchObject({
        kind: 'outcome_unknown',
        delivery: 'unclear',
        operation: 'createPayment',
      });
      // An answer that shows the id of a payment has that payment read, too.
      expect(lost.seen().filter((request) => request !== 'GET /payments/out1')).toEqual([LIST, CREATE, LIST, LIST]);
    },
  );

  it('stays unknown when nobody can look', async () => {
    const made = await harness(cut, [], { status: 400, body: '' });
    expect(await upstreamError(made.session.create(input, attempt(made)))).toMatchObject({ kind: 'outcome_unknown' });
    expect(made.seen().filter((request) => request === CREATE)).toHaveLength(1);
  });

  it.each<[string, Script, readonly (readonly unknown[] | FakeAnswer)[]]>([
    ['another open one, which no list shows', refuse('ongoing_payment_found', {}, 409), [[]]],
    ['another open one, while nobody can look', refuse('ongoing_payment_found'), [[], { status: 500, body: '' }]],
    ['a conflict, while nobody can look', () => ({ status: 409, body: '{}' }), [[], { status: 500, body: '' }]],
    ['an amount, by an answer that proves nothing', refuse('invalid_amount', {}, 500), [[]]],
    ['a page that asks for money', () => ({ status: 402, body: '<html>pay</html>' }), [[]]],
    ['a page that says gone', () => ({ status: 410, body: '<html>gone</html>' }), [[]]],
    ['a page that speaks of a conflict', () => ({ status: 409, body: '<html>1001</html>' }), [[]]],
    ["a conflict in words that are not Pi's", () => ({ status: 409, body: '{}' }), [[]]],
  ])('stays unknown when it is refused for %s', async (_name, create, lists) => {
    const made = await harness(create, ...lists);
    const error = await upstreamError(made.session.create(input, attempt(made)));
    expect(error).toMatchObject({ kind: 'outcome_unknown' });
    expect(made.seen().filter((request) => request === CREATE)).toHaveLength(1);
  });

  it('is found by the second look when it is refused for itself', async () => {
    const made = await harness(refuse('ongoing_payment_found', {}, 409), [], [], [payout()]);
    expect(await made.session.create(input, attempt(made))).toMatchObject({ paymentId: 'out1' });
  });

  it("is over at once in Pi's words; a code that is not documented may be anybody's, with a message too", async () => {
    const pis = await harness(refuse('missing_wallet', { error_message: 'This user has no wallet.' }), []);
    expect(await upstreamError(pis.session.create(input, attempt(pis)))).toMatchObject({
      kind: 'rejected',
      delivery: 'answered',
    });
    expect(pis.seen()).toEqual([LIST, CREATE]);
    for (const more of [{}, { error_message: 'This wallet is frozen.' }])
      for (const code of ['wallet_frozen', 'bad_request', 'invalid_request', 'payment_not_found', 'missing_param']) {
        const anybodys = await harness(refuse(code, more), []);
        expect(await upstreamError(anybodys.session.create(input, attempt(anybodys))), code).toMatchObject({
          kind: 'outcome_unknown',
        });
        expect(anybodys.seen()).toEqual([LIST, CREATE, LIST, LIST]);
      }
  });

  it.each([400, 409])('is found by the second look, whatever %s says and whoever else has one open', async (status) => {
    const theirs = payout({ identifier: 'theirs', user_uid: 'user-2', metadata: { gw_idem: 'm-2' } });
    const either = [[], [theirs]];
    const cases = ['ongoing_payment_found', 'duplicate', 'already_approved', 'payment_exists'].flatMap((code) =>
      [{}, { payment: theirs }].flatMap((more) =>
        either.flatMap((before) => either.map((first) => ({ code, more, before, first }))),
      ),
    );
    await Promise.all(
      cases.map(async ({ code, more, before, first }) => {
        const made = await harness(refuse(code, more, status), before, first, [theirs, payout()]);
        const answer = await made.session.create(input, attempt(made)).catch((error: unknown) => error);
        expect(answer, JSON.stringify([code, more, before, first])).toMatchObject({ paymentId: 'out1' });
        expect(made.seen().filter((request) => request === CREATE)).toHaveLength(1);
      }),
    );
  });

  it('takes an ongoing payment as a hint to look', async () => {
    const named = await harness(refuse('ongoing_payment_found', { payment: payout() }), []);
    expect(await named.session.create(input, attempt(named))).toMatchObject({ paymentId: 'out1' });
    const listed = await harness(refuse('ongoing_payment_found'), [], [payout()]);
    expect(await listed.session.create(input, attempt(listed))).toMatchObject({ paymentId: 'out1' });
    const foreign = payout({ identifier: 'other', metadata: {} });
    for (const made of [
      await harness(refuse('ongoing_payment_found', { payment: foreign }), []),
      await harness(refuse('ongoing_payment_found'), [], [foreign]),
      await harness(refuse('ongoing_payment_found', { payment: { identifier: 5 } }), [foreign]),
    ]) {
      const error = await upstreamError(made.session.create(input, attempt(made)));
      expect(error).toMatchObject({
        kind: 'conflict',
        upstreamCode: 'ongoing_payment_found',
        payment: { paymentId: 'other' },
        delivery: 'answered',
      });
      expect(made.seen().filter((request) => request === CREATE)).toHaveLength(1);
    }
  });

  it.each([
    ['missing_scope', 401, 'rejected'],
    ['user_not_found', 404, 'not_found'],
    ['feature_not_available', 400, 'rejected'],
  ])('refused with %s is over at once', async (code, status, kind) => {
    const made = await harness(refuse(code, {}, status), []);
    expect(await upstreamError(made.session.create(input, attempt(made)))).toMatchObject({
      kind,
      upstreamCode: code,
      delivery: 'answered',
    });
    expect(made.seen()).toEqual([LIST, CREATE]);
  });

  it.each([
    ['too_many_payments', 400],
    ['too_many_payments', 429],
    ['too_many_cancelled_payments', 400],
  ])('throttled by %s (%i), which frees its key, is looked for first', async (code, status) => {
    const refused = refuse(code, {}, status);
    const none = await harness(refused, []);
    expect(await upstreamError(none.session.create(input, attempt(none)))).toMatchObject({
      kind: 'rate_limited',
      delivery: 'answered',
    });
    expect(none.seen()).toEqual([LIST, CREATE, LIST, LIST]);
    const found = await harness(refused, [], [], [payout()]);
    expect(await found.session.create(input, attempt(found))).toMatchObject({ paymentId: 'out1' });
    const blind = await harness(refused, [], { status: 400, body: '' });
    expect((await upstreamError(blind.session.create(input, attempt(blind)))).delivery).toBe('unclear');
  });

  const now = (): string => new Date().toISOString();
  it.each([
    ['no metadata', { metadata: null }],
    ['empty metadata', { metadata: {} }],
    ['metadata as a text', { metadata: '{"gw_idem":"m-1"}' }],
    ['no direction', { metadata: {}, direction: undefined }],
  ])('that a refusal may name, with %s, is unknown until its marker is seen', async (_what, changes) => {
    const seen = payout({ created_at: now(), ...changes });
    for (const script of [
      refuse('ongoing_payment_found', { payment: seen }),
      refuse('ongoing_payment_found', { payment: seen }, 409),
    ])
      for (const lists of [[[]], [[], [seen]]]) {
        const made = await harness(script, ...lists);
        const shown: string[] = [];
        const sending = { ...attempt(made), shows: async (id: string) => void shown.push(id) };
        expect(await upstreamError(made.session.create(input, sending))).toMatchObject({ kind: 'outcome_unknown' });
        expect(shown).toEqual(['out1']);
      }
    const listed = await harness(refuse('ongoing_payment_found'), [], [seen]);
    expect(await upstreamError(listed.session.create(input, attempt(listed)))).toMatchObject({
      kind: 'outcome_unknown',
    });
  });

  it.each([
    ['another marker', { metadata: { gw_idem: 'm-2' } }],
    ['another user', { metadata: null, user_uid: 'user-2' }],
    ['another amount', { metadata: null, amount: 3 }],
    ['an earlier time', { metadata: null, created_at: '2025-11-20T10:02:59.870Z' }],
    ['another direction', { metadata: null, direction: 'user_to_app' }],
  ])('is not one that a refusal names with %s', async (_what, changes) => {
    const other = payout({ created_at: now(), identifier: 'other', ...changes });
    const made = await harness(refuse('ongoing_payment_found', { payment: other }), []);
    expect(await upstreamError(made.session.create(input, attempt(made)))).toMatchObject({
      kind: 'conflict',
      conflict: 'PAYOUT_OPEN',
      payment: { paymentId: 'other' },
    });
  });

  it.each<[string, FakeAnswer, string]>([
    ['a 403 with a word that anybody says', { status: 403, body: { error: 'forbidden' } }, 'forbidden'],
    ['a 401 with a message', { status: 401, body: { error: 'unauthorized', error_message: 'x' } }, 'unauthorized'],
    ['a 429 with a message', { status: 429, body: { error: 'too_many_requests', error_message: 'x' } }, 'rate_limited'],
    ['a 401', { status: 401, body: '' }, 'unauthorized'],
    ['a 401 of a proxy', { status: 401, body: { message: 'x' } }, 'unauthorized'],
    ['a 401 with a code that is not known', { status: 401, body: { error: 'unauthorized' } }, 'unauthorized'],
    ['a page with 403', { status: 403, body: '<html>no</html>' }, 'forbidden'],
    ['a page with 429', { status: 429, body: '<html>slow</html>' }, 'rate_limited'],
  ])('refused by %s is looked for, and its end is open when it is not found', async (_name, answer, kind) => {
    const refused: Script = () => answer;
    for (const lists of [
      [[], [payout()]],
      [[], [], [payout()]],
    ]) {
      const found = await harness(refused, ...lists);
      expect(await found.session.create(input, attempt(found))).toMatchObject({ paymentId: 'out1' });
    }
    for (const lists of [[[]], [[], { status: 401, body: '' }]]) {
      const none = await harness(refused, ...lists);
      const error = await upstreamError(none.session.create(input, attempt(none)));
      expect(error).toMatchObject({ kind, delivery: 'unclear', endOpen: true });
      expect(none.seen()).toEqual([LIST, CREATE, LIST, LIST]);
    }
  });

  it('that its sending shows in a refusal of whatever words is the answer', async () => {
    const made = await harness(() => ({ status: 409, body: { message: 'x', payment: payout() } }), []);
    expect(await made.session.create(input, attempt(made))).toMatchObject({ paymentId: 'out1' });
  });

  it.each<[FakeAnswer, string]>([
    [{ status: 404, body: { error: 'payment_not_found' } }, 'bad_response'],
    [{ status: 404, body: { message: 'no Route matched' } }, 'bad_response'],
    [{ status: 400, body: { message: 'Bad Request' } }, 'bad_response'],
    [{ status: 409, body: '<html>1001</html>' }, 'bad_response'],
    [{ status: 401, body: { message: 'x' } }, 'unauthorized'],
    [{ status: 403, body: '<html>no</html>' }, 'forbidden'],
    [{ status: 429, body: '', headers: { 'retry-after': '60' } }, 'rate_limited'],
  ])('whose look beforehand met %j is not sent, and that is no fact about the user', async (reply, kind) => {
    const made = await harness(created, reply);
    expect(await upstreamError(made.session.create(input, attempt(made)))).toMatchObject({ kind });
    expect(made.seen()).not.toContain(CREATE);
  });

  it.each<[string, FakeAnswer]>([
    ['an empty 404', { status: 404, body: '' }],
    ['a 404 of a proxy', { status: 404, body: { message: 'no Route matched' } }],
    ['a 400 of a proxy', { status: 400, body: { message: 'Bad Request' } }],
    ['a 422 with a code that is not known', { status: 422, body: { error: 'odd_thing' } }],
  ])('refused by %s is looked for, and unknown when it is not found', async (_name, answer) => {
    const refused: Script = () => answer;
    const found = await harness(refused, [], [payout()]);
    expect(await found.session.create(input, attempt(found))).toMatchObject({ paymentId: 'out1' });
    const late = await harness(refused, [], [], [payout()]);
    expect(await late.session.create(input, attempt(late))).toMatchObject({ paymentId: 'out1' });
    const none = await harness(refused, []);
    expect(await upstreamError(none.session.create(input, attempt(none)))).toMatchObject({
      kind: 'outcome_unknown',
      status: answer.status,
    });
    expect(none.seen()).toEqual([LIST, CREATE, LIST, LIST]);
    for (const blind of [{ status: 400, body: '' }, [{ identifier: 'out1', amount: 'little' }]]) {
      const made = await harness(refused, [], blind);
      expect(await upstreamError(made.session.create(input, attempt(made)))).toMatchObject({ kind: 'outcome_unknown' });
    }
  });

  /** What Pi may list of a payout that was made: none of it can be told from another, and none is proof that nothing was made. */
  const doubtful: readonly (readonly [string, Record<string, unknown>])[] = [
    ['no metadata', { metadata: null }],
    ['metadata as a text', { metadata: '{"gw_idem":"m-1"}' }],
    ['our mark and no direction', { direction: undefined }],
    ['neither', { metadata: null, direction: undefined }],
    ['no date that can be read, and no mark', { metadata: null, created_at: 'yesterday' }],
  ];
  const recent = { created_at: new Date().toISOString() };
  describe.each(doubtful)('that the open list shows with %s', (_what, changes) => {
    const row = payout({ ...recent, ...changes });
    it.each<[string, Script]>([
      ['a throttle in its own words', refuse('too_many_payments', {}, 429)],
      ['a conflict in its own words', refuse('altered_amount')],
      ['no answer', cut],
    ])('stays unknown behind %s, and is sent once', async (_answer, answer) => {
      const made = await harness(answer, [], [row]);
      const error = await upstreamError(made.session.create(input, attempt(made)));
      expect(error.kind === 'outcome_unknown' || error.endOpen === true).toBe(true);
      expect(made.upstream.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    });

    it('keeps a key that people have freed from paying beside it', async () => {
      const made = await harness(created, [row]);
      const freed = { ...attempt(made), marker: 'm-2', former: [{ marker: 'm-1', objectId: undefined }] };
      expect(['conflict', 'outcome_unknown']).toContain((await upstreamError(made.session.create(input, freed))).kind);
      expect(made.seen()).toEqual([LIST]);
    });
  });

  it('is not sent again beside one with its mark that does not say its direction', async () => {
    const made = await harness(created, [payout({ direction: undefined })]);
    expect(await upstreamError(made.session.create(input, attempt(made)))).toMatchObject({ kind: 'outcome_unknown' });
    expect(made.seen()).toEqual([LIST]);
  });

  it('is sent beside a payment of a user that bears its mark, which anybody can write', async () => {
    const made = await harness(created, [payout({ identifier: 'theirs', direction: 'user_to_app' })]);
    expect(await made.session.create(input, attempt(made))).toMatchObject({ paymentId: 'out1' });
  });

  it('is looked for with a single read, which must succeed', async () => {
    const made = await harness(created, [], [payout()], { status: 400, body: '' });
    expect(await made.session.findCreated(input, attempt(made))).toBeUndefined();
    expect(await made.session.findCreated({ ...input, amount: '1e-7' }, attempt(made))).toMatchObject({
      paymentId: 'out1',
    });
    expect(await rejection(made.session.findCreated(input, attempt(made)))).toBeInstanceOf(UpstreamError);
    expect(made.seen()).toEqual([LIST, LIST, LIST]);
  });
});

describe('what may be paid out', () => {
  const faults: [Partial<PaymentInput>, string][] = [
    [{ amount: '0' }, 'amount'],
    [{ amount: '-1' }, 'amount'],
    [{ amount: 'much' }, 'amount'],
    [{ amount: '' }, 'amount'],
    [{ amount: 'NaN' }, 'amount'],
    [{ amount: '1e-8' }, 'amount'],
    [{ amount: '0.12345678' }, 'amount'],
    [{ amount: '1e13' }, 'amount'],
    [{ amount: '1e999' }, 'amount'],
    [{ userUid: '' }, 'userUid'],
    [{ userUid: 'x'.repeat(200) }, 'userUid'],
    [{ memo: '' }, 'memo'],
    [{ memo: ' \n' }, 'memo'],
    [{ memo: 'é'.repeat(513) }, 'memo'],
    [{ metadata: { gw_idem: 'mine' } }, 'metadata.gw_idem'],
    [{ metadata: { note: 'x'.repeat(16_384) } }, 'metadata'],
    [
      { metadata: JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as PaymentInput['metadata'] },
      'metadata',
    ],
  ];
  it.each(faults.map(([changes, at]) => [at, changes] as const))('refuses a wrong %s', async (at, changes) => {
    const made = await harness(created, []);
    expect(await rejection(made.session.create({ ...input, ...changes }, attempt(made)))).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', ...at.split('.')] }],
    });
    expect(made.seen()).toEqual([]);
  });

  it('names everything that is wrong at once', async () => {
    const made = await harness(created, []);
    const error = await rejection(
      made.session.create({ userUid: '', amount: 'x', memo: '', metadata: { gw_idem: 1 } }, attempt(made)),
    );
    expect(error).toMatchObject({ issues: [{}, {}, {}, {}] });
  });

  it('takes the most that is allowed', () => {
    expect(
      checkPaymentInput({
        ...input,
        amount: '900719925.4740991',
        memo: 'm'.repeat(1_024),
        metadata: { a: 'x'.repeat(16_384 - 8) },
      }).amount,
    ).toBe('900719925.4740991');
  });
});

describe('amounts', () => {
  const reading = { facts: { provider: 'pi', operation: 'test', credential: 'server' }, delivery: 'answered' } as const;
  const parse = (literal: string) => {
    const text = JSON.stringify(payout({ amount: 'AMOUNT' })).replace('"AMOUNT"', literal);
    return parsePayment(readJson({ status: 200, headers: {}, text }, reading), reading).amount;
  };
  const digits = fc.stringMatching(/^(0|[1-8][0-9]{0,8})$/);
  const amount = fc
    .tuple(digits, fc.stringMatching(/^[0-9]{0,6}[1-9]$/), fc.boolean())
    .map(([whole, part, fractional]) => (fractional || whole === '0' ? `${whole}.${part}` : whole));

  it('go out and come back with every digit', () => {
    fc.assert(
      fc.property(amount, (text) => {
        const checked = checkPaymentInput({ ...input, amount: text });
        const body = toCreateBody(checked, 'm-1');
        const literal = /"amount":([^,]+),/.exec(body)?.[1] ?? '';
        expect(literal).toBe(text);
        expect(parse(literal)).toBe(text);
      }),
    );
  });

  it('mean the same in every spelling', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 5 }), (text, zeros) => {
        const padded = text.includes('.') ? `${text}${'0'.repeat(zeros)}` : `${text}.${'0'.repeat(zeros + 1)}`;
        expect(parse(padded)).toBe(text);
        expect(parse(`${padded}E0`)).toBe(text);
        expect(parse(`${padded.replace('.', '')}e-${padded.split('.')[1]?.length}`.replace(/^0+(?=\d)/, ''))).toBe(
          text,
        );
      }),
    );
  });

  it.each([
    ['1e-7', '0.0000001'],
    ['0.0000001', '0.0000001'],
    ['3.1415926', '3.1415926'],
    ['12', '12'],
    ['12.0', '12'],
    ['"12"', '12'],
    ['9007199254740993.1', '9007199254740993.1'],
    ['1E2', '100'],
  ])('%s is %s', (literal, text) => {
    expect(parse(literal)).toBe(text);
  });

  it.each(['"12 Pi"', '""', '-1', 'null', 'true', '[1]', '1e400', '1e-400'])('%s is none', (literal) => {
    expect(() => parse(literal)).toThrow(UpstreamError);
  });
});
