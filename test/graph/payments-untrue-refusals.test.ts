import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { callers, closeAll, linked, startPaymentsGraph, TXID, type PaymentsGraph } from '../support/graph-payments.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { flags } from '../providers/pi-support.js';

let graph: PaymentsGraph;
let count = 0;
beforeAll(async () => {
  graph = await startPaymentsGraph();
});
afterAll(closeAll);

const approved = { direction: 'user_to_app', status: flags('developer_approved'), transaction: linked(TXID, false) };
const completed = {
  ...approved,
  status: flags('developer_approved', 'developer_completed'),
  transaction: linked(TXID),
};
const put = (): string => {
  count += 1;
  graph.pi.put(`p${count}`, approved);
  return `p${count}`;
};

type Told = { readonly already: boolean } | { readonly code: string };
async function complete(paymentId: string): Promise<Told> {
  const answer = await graph.query<{ result: Told | null }>(
    `mutation ($input: CompletePaymentInput!) { result: completePayment(input: $input) {
       ... on UserError { code } ... on CompletePaymentPayload { already: alreadyCompleted } } }`,
    { input: { paymentId, txid: TXID } },
    callers.operator,
  );
  return answer.data?.result ?? { code: String(answer.errors?.[0]?.extensions['code']) };
}
/** Has the next POSTs take effect, or not, and then be refused with this. */
function refuseWith(answer: FakeAnswer, applied = true): void {
  graph.pi.intercept(({ method, path }) => {
    if (method !== 'POST') return undefined;
    if (applied) graph.pi.put(path.split('/').at(-2) ?? '', completed);
    return answer;
  });
}

const page = (status: number): FakeAnswer => ({ status, headers: { 'content-type': 'text/html' }, body: '<p>no' });

describe('a completion that took effect and was told otherwise', () => {
  it.each<[string, FakeAnswer]>([
    ['500 and missing_txid', { status: 500, body: { error: 'missing_txid' } }],
    ['502 and payment_not_found', { status: 502, body: { error: 'payment_not_found' } }],
    ['504 and too_many_payments', { status: 504, body: { error: 'too_many_payments' } }],
    ['500 and forbidden', { status: 500, body: { error: 'forbidden' } }],
    ['408 and invalid_arguments', { status: 408, body: { error: 'invalid_arguments' } }],
    ['503 and not_verified', { status: 503, body: { error: 'not_verified' } }],
    ['an empty 404', { status: 404, body: '' }],
    ['a 404 of a proxy', { status: 404, body: { message: 'no Route matched' } }],
    ['a 400 of a proxy', { status: 400, body: { message: 'Bad Request' } }],
    ['a page with 401', page(401)],
    ['a page with 403', page(403)],
    ['a page with 409', page(409)],
    ['a page with 429', page(429)],
    ['a 403 that says forbidden', { status: 403, body: { error: 'forbidden' } }],
    ['a 401 with words', { status: 401, body: { error: 'unauthorized', error_message: 'x' } }],
    ['a 400 with words', { status: 400, body: { error: 'invalid_request', error_message: 'x' } }],
  ])('is found at once behind %s', async (_what, answer) => {
    const id = put();
    refuseWith(answer);
    const told = [await complete(id), await complete(id), await complete(id)];
    expect(told).toEqual([{ already: false }, { already: true }, { already: true }]);
  });

  it.each<[string, FakeAnswer]>([["a 404 in Pi's words", { status: 404, body: { error: 'payment_not_found' } }]])(
    'is told once to whoever asks next, after %s',
    async (_what, answer) => {
      const id = put();
      refuseWith(answer);
      expect(await complete(id)).toHaveProperty('code');
      graph.pi.intercept(undefined);
      const told = await Promise.all([complete(id), complete(id), complete(id)]);
      expect(
        told.toSorted((a, b) => Number('already' in a && a.already) - Number('already' in b && b.already)),
      ).toEqual([{ already: false }, { already: true }, { already: true }]);
    },
  );

  it('is nobody here when a look has shown that the refusal was true', async () => {
    const id = put();
    refuseWith({ status: 400, body: { error: 'not_verified' } }, false);
    expect(await complete(id)).toEqual({ code: 'CONFLICT' });
    graph.pi.put(id, completed);
    expect(await complete(id)).toEqual({ already: true });
  });
});
