import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  closeAll,
  linked,
  startPaymentsGraph,
  TXID,
  type PaymentsGraph,
  type Wire,
} from '../support/graph-payments.js';
import type { FakeAnswer } from '../support/fake-upstream.js';
import { flags } from '../providers/pi-support.js';

/**
 * Whatever becomes of the sendings of a completion, and however far Pi's replicas are behind: once they show it, exactly one of all
 * calls has been told that it completed the payment.
 */

let graph: PaymentsGraph;
beforeAll(async () => {
  graph = await startPaymentsGraph({ BREAKER_MIN_REQUESTS: '1000000', READBACK_DELAY_MS: '1' });
});
afterAll(closeAll);

const page = (status: number): FakeAnswer => ({ status, headers: { 'content-type': 'text/html' }, body: '<p>no' });
/** What is answered to a sending that was carried out, or not; it never refuses in Pi's own words what was. */
const answers = {
  lost: 'lost',
  stale: 'stale',
  yes: 'yes',
  proxy: { status: 400, body: { message: 'Bad Request' } },
  oops: { status: 500, body: { error: 'unknown_error' } },
  empty: { status: 200, body: '' },
  page401: page(401),
  page403: page(403),
  page409: page(409),
} as const satisfies Record<string, FakeAnswer | 'lost' | 'stale' | 'yes'>;
type Answer = keyof typeof answers;
const names = Object.keys(answers) as Answer[];

const sending = fc.record({ arrives: fc.integer({ min: 0, max: 2 }), answer: fc.constantFrom(...names) });
const call = fc.record({
  verbs: fc.array(fc.constantFrom('complete' as const, 'settle' as const), { minLength: 1, maxLength: 3 }),
  /** So many looks show the payment as it was at first. */
  behind: fc.constantFrom(0, 1, 2, 4, 20, 20),
  sendings: fc.array(sending, { minLength: 1, maxLength: 2 }),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

let count = 0;

/** One payment, which a user has paid. */
class Life {
  private readonly id = `p${(count += 1)}`;
  private readonly paid: Wire = {
    direction: 'user_to_app',
    status: flags('developer_approved'),
    transaction: linked(TXID, true),
  };
  private readonly first = graph.pi.put(this.id, this.paid);
  told = 0;

  async takes({ verbs, behind, sendings }: Call): Promise<void> {
    let looks = behind;
    let posts = 0;
    graph.pi.intercept(({ method }, response) => {
      if (method === 'GET') return looks-- > 0 ? { body: this.first } : undefined;
      const { arrives, answer } = sendings[Math.min(posts, sendings.length - 1)] ?? { arrives: 1, answer: 'yes' };
      posts += 1;
      // A balancer may pass it on twice; Pi refuses the second one.
      const twice = [...Array(arrives)].map(() => this.completes()).at(-1);
      const said = answers[answer];
      if (said === 'yes') return twice ?? { status: 502, body: '' };
      if (said === 'stale') return { body: this.first };
      if (said !== 'lost') return said;
      response.destroy();
      return 'handled';
    });
    for (const won of await Promise.all(verbs.map((verb) => this.ask(verb)))) this.told += Number(won);
  }

  private completes(): FakeAnswer {
    const now = graph.pi.payments.get(this.id) ?? {};
    if (this.isCompleted()) return { status: 400, body: { error: 'already_completed' } };
    return { body: graph.pi.put(this.id, { ...now, status: flags('developer_approved', 'developer_completed') }) };
  }

  isCompleted(): boolean {
    const status = graph.pi.payments.get(this.id)?.['status'] as Record<string, boolean>;
    return status['developer_completed'] === true;
  }

  private async ask(verb: 'complete' | 'settle'): Promise<boolean> {
    const title = verb === 'complete' ? 'Complete' : 'Settle';
    const payload = verb === 'complete' ? 'already: alreadyCompleted' : 'action';
    const { data } = await graph.query<{ result: { already?: boolean; action?: string } | null }>(
      `mutation ($input: ${title}PaymentInput!) { result: ${verb}Payment(input: $input) ` +
        `{ __typename ... on ${title}PaymentPayload { ${payload} } } }`,
      { input: { paymentId: this.id, ...(verb === 'complete' ? { txid: TXID } : {}) } },
    );
    return data?.result?.already === false || data?.result?.action === 'COMPLETED';
  }
}

const fair: Call = { verbs: ['complete', 'settle'], behind: 0, sendings: [{ arrives: 1, answer: 'yes' }] };

it('exactly one of all calls is told that it completed a payment', async () => {
  let [open, told] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), async (calls) => {
      const life = new Life();
      for (const one of calls) {
        await life.takes(one);
        expect(life.told).toBeLessThanOrEqual(1);
      }
      if (life.isCompleted() && life.told === 0) open += 1;
      else told += life.told;
      await life.takes(fair);
      expect(life.isCompleted()).toBe(true);
      expect(life.told).toBe(1);
    }),
    { numRuns: 60 },
  );
  // Both ways to get there were taken.
  expect([open > 5, told > 5]).toEqual([true, true]);
}, 120_000);
