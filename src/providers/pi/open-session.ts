import { UpstreamError, type UpstreamErrorKind } from '../../errors.js';
import type { PollReading, PollSource } from '../../polling/polling.js';
import type { RecentIds } from '../../values/recent-ids.js';
import { callScope, type OperationScope, type ProviderDeps } from '../provider.js';
import type { PiClient } from './client.js';
import type { PiConfig } from './config.js';
import { isPisRefusalOfRead, saysNoPayment } from './errors.js';
import { settleInParallel } from '../../values/in-parallel.js';
import { createPiLoaders, PARALLEL } from './loaders.js';
import type { Payment } from './model.js';
import { approvePayment, cancelPayment, completePayment, settlePayment } from './payment-writes.js';
import { checkOpened, type SeenNetworks } from './networks.js';
import { createPayout, findPayout } from './payouts.js';
import type { PiCredential, PiSession } from './session.js';
import { checkAdId, checkPaymentId, checkPaymentInput, normalTxid } from './validate.js';
import type { WriteContext } from './write-context.js';
import { monotonicNow } from '../../values/clock.js';

/** What sessions are made from. */
export interface SessionParts {
  readonly client: PiClient;
  readonly config: PiConfig;
  /** Payouts begun here a moment ago: Pi may not find them yet. */
  readonly made: RecentIds;
  /** Which network this gateway's payments turned out to be on. */
  readonly networks: SeenNetworks;
  readonly deps: Pick<ProviderDeps, 'log' | 'readbackDelayMs' | 'upstreamTimeoutMs' | 'writeTimeoutMs'>;
}

/** Opens the Platform API with the server key for one operation. */
export function openPiSession(
  { client, config, made, networks, deps }: SessionParts,
  credential: PiCredential,
  operation: OperationScope,
): PiSession {
  const scope = callScope(operation, credential);
  const { apiKey } = credential.fields;
  const { paymentById, rewardedAdById } = createPiLoaders(client, apiKey, scope);
  const context: WriteContext = {
    client,
    apiKey,
    scope,
    network: config.network,
    readbackDelayMs: deps.readbackDelayMs,
    upstreamTimeoutMs: deps.upstreamTimeoutMs,
    writeTimeoutMs: deps.writeTimeoutMs,
    log: deps.log,
  };

  const seen = (payment: Payment): Payment => {
    networks.note(credential.fingerprint, payment);
    return payment;
  };

  let openPayouts: Promise<readonly (Payment | UpstreamError)[]> | undefined;
  const readOpenPayouts = () =>
    client.getIncompleteServerPayments(scope, apiKey).then(
      (rows) => rows.map(({ payment }) => payment),
      (error: unknown) => {
        openPayouts = undefined;
        throw error;
      },
    );

  /** Later reads of this operation see what a write left behind, also a failed one. */
  const written = async (paymentId: string | undefined, write: Promise<Payment>): Promise<Payment> => {
    try {
      const payment = await write;
      paymentById.clear(payment.paymentId).prime(payment.paymentId, payment);
      return seen(payment);
    } catch (error) {
      if (paymentId !== undefined) paymentById.clear(paymentId);
      throw error;
    } finally {
      openPayouts = undefined;
    }
  };

  const begun = (payment: Payment): Payment => {
    made.add(credential.fingerprint, payment.paymentId);
    return payment;
  };

  return {
    fingerprint: credential.fingerprint,
    async payment(paymentId) {
      checkPaymentId(paymentId, 'paymentId');
      const payment = await paymentById.load(paymentId);
      return payment && seen(payment);
    },
    incompleteServerPayments: () => (openPayouts ??= readOpenPayouts()),
    async rewardedAd(adId) {
      checkAdId(adId, 'adId');
      return rewardedAdById.load(adId);
    },
    async approve(paymentId, check, begin) {
      checkPaymentId(paymentId, 'input.paymentId');
      return written(paymentId, approvePayment(context, paymentId, check, begin));
    },
    async complete(paymentId, txid, check, begin) {
      checkPaymentId(paymentId, 'input.paymentId');
      const normal = normalTxid(txid, 'input.txid');
      return written(paymentId, completePayment(context, paymentId, normal, check, begin));
    },
    async cancel(paymentId, check, evidence) {
      checkPaymentId(paymentId, 'input.paymentId');
      return written(paymentId, cancelPayment(context, paymentId, check, evidence));
    },
    async settle(paymentId, evidence, check, begin) {
      checkPaymentId(paymentId, 'input.paymentId');
      const settling = settlePayment(context, paymentId, evidence, check, begin);
      await written(
        paymentId,
        settling.then(({ payment }) => payment),
      );
      return settling;
    },
    async create(input, attempt) {
      const known = networks.of(credential.fingerprint);
      const opened = begun(await written(undefined, createPayout(context, checkPaymentInput(input), attempt, known)));
      return checkOpened(context, opened);
    },
    async findCreated(input, attempt) {
      const found = await findPayout(context, checkPaymentInput(input), attempt);
      return found && checkOpened(context, seen(begun(found)));
    },
    pollSource: () => ({
      ...paymentPollSource(client, config.paymentPollIntervalMs, deps.upstreamTimeoutMs, credential),
      expects: (id) => made.has(credential.fingerprint, id),
    }),
  };
}

const REFUSED: ReadonlySet<UpstreamErrorKind> = new Set(['unauthorized', 'forbidden', 'rejected', 'conflict']);

/** Watches payments one read each: the upstream has no way to ask for several. */
function paymentPollSource(
  client: PiClient,
  firstIntervalMs: number,
  timeoutMs: number,
  credential: PiCredential,
): PollSource<Payment> {
  const { fingerprint, source, fields } = credential;
  return {
    key: JSON.stringify([client.provider, client.baseUrl, fingerprint]),
    firstIntervalMs,
    async read(ids, known, signal) {
      const readings = await settleInParallel<PollReading<Payment>>(ids, PARALLEL, async (id) => {
        const scope = { fingerprint, credential: source, signal, deadline: monotonicNow() + timeoutMs };
        try {
          return await client.getPayment(scope, fields.apiKey, id);
        } catch (error) {
          if (!(error instanceof UpstreamError && meansAbsent(error, known.has(id)))) throw error;
          return null;
        }
      });
      return new Map(ids.map((id, index) => [id, readings[index] ?? null]));
    },
    changed: (before, after) => mark(before) !== mark(after),
    goesBack,
    final: ({ state }) => state === 'COMPLETED' || state === 'CANCELLED',
    hopeless: (error, before) =>
      isRefusal(error) && (isPisRefusalOfRead(error) || (before !== undefined && isRefusal(before))),
    notBefore: () => client.pausedUntil(fingerprint),
  };
}

/** Whoever stands in between refuses a look now and then: only Pi's own word, or the second refusal in a row, is one. */
function isRefusal(error: Error): error is UpstreamError {
  return error instanceof UpstreamError && REFUSED.has(error.kind);
}

/** A payment that was never seen and is forbidden is another app's; one that was seen is forbidden because the key changed. */
function meansAbsent(error: UpstreamError, known: boolean): boolean {
  return saysNoPayment(error) && (error.kind === 'not_found' || !known);
}

/** Whether a flag that was set is not set any more, or a transaction is not there or not verified any more. */
function goesBack(before: Payment, after: Payment): boolean {
  const { status } = after;
  const lost = (flag: keyof Payment['status']) => before.status[flag] && !status[flag];
  if (lost('developerApproved') || lost('transactionVerified') || lost('developerCompleted')) return true;
  if (before.transaction === null) return false;
  return after.transaction === null || (before.transaction.verified && !after.transaction.verified);
}

/** All that can change about a payment, as one text. */
function mark({ state, status, transaction }: Payment): string {
  return JSON.stringify([state, Object.values(status), transaction?.txid, transaction?.verified]);
}
