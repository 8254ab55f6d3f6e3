import { afterAll, expect, it } from 'vitest';
import type { Settings } from '../../src/settings.js';
import { fields, json, lastPage, wireTemplate } from '../providers/mypit-support.js';
import { describeWithChromium, shareBrowser } from '../support/browser.js';
import { gatewayKey, operatorHeaders, type GraphAnswer } from '../support/create-test-app.js';
import { fakeUpstream, type SeenRequest } from '../support/fake-upstream.js';
import { BEN, closeAll, closeLater, fakePi, SERVER_KEY } from '../support/graph-payments.js';
import { startShopStreet } from '../support/shop-street.js';
import { LATE_MS, openTab, realTime } from '../support/shop-tab.js';
import { until } from '../support/until.js';
import { startProduct, type StartedProduct } from '../support/start-product.js';
import { describeWithRedis, startRedis } from '../support/start-redis.js';
import { ALL_SCOPES } from '../trust/support.js';

afterAll(closeAll);

type Result = {
  readonly result: {
    readonly __typename: string;
    readonly idempotencyKey?: string | null;
    readonly payment?: { readonly state: string };
    readonly results?: { readonly outcome: string; readonly message: string | null }[];
  } | null;
};
const members = '__typename ... on OutcomeUnknownError { idempotencyKey }';
const changes = {
  createPayment: [
    'CreatePaymentInput',
    `${members} ... on CreatePaymentPayload { payment { state } }`,
    { userUid: BEN, amount: '1.5', memo: 'm', idempotencyKey: 'payout-key' },
  ],
  approvePayment: [
    'ApprovePaymentInput',
    `${members} ... on ApprovePaymentPayload { payment { state } }`,
    { paymentId: 'p1' },
  ],
  issueBadge: [
    'IssueBadgeInput',
    `${members} ... on IssueBadgePayload { results { outcome message } }`,
    {
      templateId: 't1',
      recipientIds: Array.from({ length: 25 }, (_, index) => `h${index}`),
      idempotencyKey: 'issue-key',
    },
  ],
} as const;

async function start(settings: Settings): Promise<StartedProduct> {
  const started = await startProduct(settings);
  closeLater(async () => void started.child.kill('SIGKILL'));
  return started;
}

async function send(
  { address }: StartedProduct,
  name: keyof typeof changes,
): Promise<GraphAnswer<Result> & { readonly at: number }> {
  const [type, selection, input] = changes[name];
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...operatorHeaders },
    body: JSON.stringify({
      query: `mutation ($input: ${type}!) { result: ${name}(input: $input) { ${selection} } }`,
      variables: { input },
    }),
  });
  return { ...((await response.json()) as GraphAnswer<Result>), at: performance.now() };
}

/** What waits in full, with the limits of time that the product has: side by side, so that it is waited for once. */
describeWithRedis('an instance that is told to stop while changes are under way', { concurrent: true }, () => {
  it(
    'finishes what it can, answers the rest as unknown at second 18, and leaves the looking to the next one',
    { timeout: 90_000 },
    async () => {
      const redis = await startRedis();
      closeLater(() => redis.stop());
      const pi = await fakePi();
      closeLater(() => pi.close());
      pi.put('p1');
      // Both are carried out, and nobody hears of it.
      pi.meet('silence after');
      const batches: SeenRequest[] = [];
      let stopped = false;
      const mypit = await fakeUpstream(async (request) => {
        if (request.path === '/getASingleBadgeTemplate') return json(wireTemplate({ _id: 't1' }));
        if (request.path === '/getIssuedBadges') return lastPage();
        batches.push(request);
        await until(() => stopped, 30_000);
        return json({
          issuedBadges: (JSON.parse(request.body) as { recipientIds: string[] }).recipientIds.map((id) => `b-${id}`),
          status: 'success',
        });
      });
      closeLater(() => mypit.close());
      const settings: Settings = {
        REDIS_URL: redis.url,
        HEADGATE_SECRET: 'the-secret-of-these-instances',
        GATEWAY_KEYS: gatewayKey(ALL_SCOPES),
        PI_BASE_URL: `${pi.url}/v2`,
        PI_API_KEY: SERVER_KEY,
        PAYOUT_MAX_PER_CALL: '10',
        PAYOUT_MAX_PER_DAY: '100',
        MYPIT_BASE_URL: mypit.url,
        MYPIT_CLIENT_ID: fields.clientId,
        MYPIT_SECRET_KEY: fields.secretKey,
        MYPIT_USER_ID: fields.userId,
        MYPIT_ISSUER_DID: fields.issuerDid ?? '',
      };
      const [one, two] = await Promise.all([start(settings), start(settings)]);
      const answers = {
        createPayment: send(one, 'createPayment'),
        approvePayment: send(one, 'approvePayment'),
        issueBadge: send(one, 'issueBadge'),
      };
      await until(() => pi.effects() === 2 && batches.length === 1);
      one.child.kill('SIGUSR1');
      const stoppedAt = performance.now();
      one.child.kill('SIGTERM');
      while ((await fetch(`${one.address}/health/ready`).catch(() => null))?.ok === true);
      stopped = true;

      const issued = await answers.issueBadge;
      expect(issued.data?.result?.results?.map(({ outcome }) => outcome)).toEqual([
        ...Array.from({ length: 10 }, () => 'ISSUED'),
        ...Array.from({ length: 15 }, () => 'FAILED'),
      ]);
      expect(issued.data?.result?.results?.[24]?.message).toMatch(/not sent/i);
      expect(batches).toHaveLength(1);

      const [paid, approved] = await Promise.all([answers.createPayment, answers.approvePayment]);
      expect(paid.data?.result).toEqual({ __typename: 'OutcomeUnknownError', idempotencyKey: 'payout-key' });
      expect(approved.data?.result).toEqual({ __typename: 'OutcomeUnknownError', idempotencyKey: null });
      for (const { at } of [paid, approved]) {
        expect(at - stoppedAt).toBeGreaterThan(17_000);
        expect(at - stoppedAt).toBeLessThan(19_500);
      }
      expect(await one.exited).toBe(0);
      expect(performance.now() - stoppedAt).toBeLessThan(20_000);
      expect(one.said.err).toBe('');

      // Whoever asks next looks, and finds; nothing is sent twice.
      pi.meet('ok');
      expect((await send(two, 'createPayment')).data?.result).toEqual({
        __typename: 'CreatePaymentPayload',
        payment: { state: 'APPROVED' },
      });
      expect((await send(two, 'approvePayment')).data?.result).toEqual({
        __typename: 'ApprovePaymentPayload',
        payment: { state: 'APPROVED' },
      });
      expect([pi.count('POST'), pi.effects()]).toEqual([2, 2]);
      two.child.kill('SIGTERM');
      two.child.kill('SIGTERM');
      await two.exited;
    },
  );
});

describeWithChromium('examples/pay-with-pi in a browser, at the pace of life', { concurrent: true }, () => {
  it('sells once when Pi is eight seconds late', { timeout: 90_000 }, async () => {
    const street = await startShopStreet(realTime);
    const browser = await shareBrowser();
    try {
      street.pi.lateMs = LATE_MS;
      const tab = await openTab(browser, street, realTime);
      await tab.buy();
      await tab.untilSays('delivered');
      expect((await tab.askedAt('/approve')).length).toBeGreaterThanOrEqual(2);
      expect(street.delivered).toHaveLength(1);
    } finally {
      await browser.close();
      await street.close();
    }
  });
});
