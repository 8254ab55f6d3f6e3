import os from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createMemoryState } from '../../src/state/memory.js';
import { gatewayKey, operatorHeaders } from '../support/create-test-app.js';
import { codesIn } from '../support/graph-pins.js';
import {
  closeAfterEach,
  finishPayouts,
  kindOf,
  pay,
  PI_SCOPES,
  startPaymentsGraph,
  TXID,
  union,
} from '../support/graph-payments.js';

closeAfterEach();

const GATEWAY_KEYS = [
  gatewayKey(PI_SCOPES),
  gatewayKey(PI_SCOPES, 'second', 'second'),
  gatewayKey('ops:read+ops:write', 'ops', 'ops'),
  gatewayKey('ops:read', 'reader', 'reader'),
].join(',');
const ops = { 'x-gateway-key': 'ops' };
const listing = `query ($first: Int, $after: String) { openWrites(first: $first, after: $after) {
  nodes { operation provider objectId state startedAt sentAt lastFault } pageInfo { hasNextPage endCursor } } }`;
const resolution =
  `mutation ($input: ResolveOpenWriteInput!) { result: resolveOpenWrite(input: $input) { ${union} ... ` +
  'on ResolveOpenWritePayload { openWrite { operation state } } } }';
interface Listing {
  readonly openWrites: {
    readonly nodes: readonly Record<string, unknown>[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  } | null;
}
interface Resolved {
  readonly result: { readonly __typename: string; readonly reason?: string } | null;
}

async function lostPayouts(count: number, log = silentLogger) {
  const state = createMemoryState();
  const graph = await startPaymentsGraph({ GATEWAY_KEYS, PAYOUT_MAX_PER_DAY: '100' }, { log, state });
  graph.pi.meet(...Array.from({ length: count }, () => 'cut before' as const), 'ok');
  for (let key = 0; key < count; key += 1)
    expect(kindOf(await pay(graph, { idempotencyKey: `lost-${key}` }))).toBe('OutcomeUnknownError');
  const open = async (variables = {}) => (await graph.query<Listing>(listing, variables, ops)).data?.openWrites;
  const resolve = (key: string, applied: boolean, headers: Record<string, string> = ops, operation = 'createPayment') =>
    graph.query<Resolved>(resolution, { input: { operation, idempotencyKey: key, applied } }, headers);
  /** The names alone are gone, as when the store was away while they were written, or threw them out. */
  const loseNames = async (): Promise<void> => {
    for (let part = 0; part < 8; part += 1) {
      const found = await state.records.read(`open:${part}`);
      if (found) await state.records.remove(`open:${part}`, found.version);
    }
  };
  return { graph, open, resolve, loseNames };
}

describe('open writes', () => {
  it('are listed until their end is known, without their payload, page by page', async () => {
    const { graph, open } = await lostPayouts(3);
    await pay(graph, { idempotencyKey: 'fine' });
    const first = await open({ first: 2 });
    expect(first?.nodes).toHaveLength(2);
    expect(first?.nodes[0]).toEqual({
      operation: 'createPayment',
      provider: 'pi',
      objectId: null,
      state: 'UNKNOWN',
      startedAt: expect.any(String),
      sentAt: expect.any(String),
      lastFault: expect.any(String),
    });
    const rest = await open({ first: 2, after: first?.pageInfo.endCursor });
    expect([first?.pageInfo.hasNextPage, rest?.nodes.length, rest?.pageInfo.hasNextPage]).toEqual([true, 1, false]);
    expect(JSON.stringify([first, rest])).not.toMatch(/lost-|Thanks/);
  });

  it('that took effect show it, and close when their key comes again, completed or not', async () => {
    const { graph, open } = await lostPayouts(0);
    graph.pi.meet('html after');
    graph.pi.intercept(({ method }) =>
      method === 'GET' && graph.pi.effects() > 0 ? { status: 500, body: '' } : undefined,
    );
    expect(kindOf(await pay(graph, { idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    graph.pi.intercept(undefined);
    graph.pi.meet('ok');
    const [[paymentId = ''] = []] = graph.pi.payments;
    const done = await graph.query(
      `mutation ($input: CompletePaymentInput!) { completePayment(input: $input) { __typename } }`,
      { input: { paymentId, txid: TXID } },
    );
    expect(done.data).toEqual({ completePayment: { __typename: 'CompletePaymentPayload' } });
    expect((await open())?.nodes).toMatchObject([{ state: 'UNKNOWN', objectId: paymentId }]);
    expect((await pay(graph, { idempotencyKey: 'same' })).data?.result).toMatchObject({
      __typename: 'CreatePaymentPayload',
      payment: { paymentId, state: 'COMPLETED' },
    });
    expect(graph.pi.count('POST /payments')).toBe(2);
    await vi.waitFor(async () => expect((await open())?.nodes).toEqual([]), 20_000);
  });

  it('are listed again when their key comes again, should their names have got lost', async () => {
    const { graph, open, loseNames } = await lostPayouts(2);
    await loseNames();
    expect((await open())?.nodes).toEqual([]);
    expect(kindOf(await pay(graph, { idempotencyKey: 'lost-1' }))).toBe('OutcomeUnknownError');
    expect((await open())?.nodes).toMatchObject([{ operation: 'createPayment', state: 'UNKNOWN' }]);
  });

  it('are read by ops:read and resolved by ops:write alone', async () => {
    const { graph, resolve } = await lostPayouts(1);
    expect(codesIn(await graph.query(listing, {}, operatorHeaders))).toEqual(['FORBIDDEN']);
    expect(codesIn(await graph.query(listing, {}, {}))).toEqual(['UNAUTHENTICATED']);
    expect(codesIn(await graph.query(listing, {}, { 'x-gateway-key': 'reader' }))).toEqual([]);
    expect(codesIn(await resolve('lost-0', true, { 'x-gateway-key': 'reader' }))).toEqual(['FORBIDDEN']);
  });

  it('that were applied answer CONFLICT from then on, and that is logged with the name of the operator', async () => {
    const warn = vi.fn();
    const { graph, open, resolve } = await lostPayouts(1, { ...silentLogger, warn });
    expect((await resolve('lost-0', true)).data?.result).toMatchObject({ __typename: 'ResolveOpenWritePayload' });
    expect(warn).toHaveBeenCalledWith(
      'open_write_resolved',
      expect.objectContaining({ operator: 'ops', operation: 'createPayment', applied: true }),
    );
    expect((await open())?.nodes).toEqual([]);
    const posts = graph.pi.count('POST');
    const { result } = (await pay(graph, { idempotencyKey: 'lost-0' })).data ?? {};
    expect(result).toMatchObject({ __typename: 'ConflictError', reason: 'DUPLICATE' });
    expect(result?.message, 'it was paid: nobody is sent to a new key').not.toMatch(/new key|Nothing was made/);
    expect((await resolve('lost-0', false)).data?.result).toMatchObject({ __typename: 'NotFoundError' });
    expect(graph.pi.count('POST')).toBe(posts);
  });

  it('that were not applied may be sent once more, with the same input only', async () => {
    const { graph, resolve } = await lostPayouts(1);
    expect((await resolve('lost-0', false)).data?.result).toMatchObject({ __typename: 'ResolveOpenWritePayload' });
    expect(kindOf(await pay(graph, { idempotencyKey: 'lost-0', amount: 2 }))).toBe('IDEMPOTENCY_KEY_REUSED');
    graph.pi.meet('cut before', 'ok');
    expect(kindOf(await pay(graph, { idempotencyKey: 'lost-0' }))).toBe('OutcomeUnknownError');
    expect(kindOf(await pay(graph, { idempotencyKey: 'lost-0' }))).toBe('OutcomeUnknownError');
    expect(graph.pi.count('POST')).toBe(2);
    await resolve('lost-0', false);
    expect(kindOf(await pay(graph, { idempotencyKey: 'lost-0' }))).toBe('CreatePaymentPayload');
    expect(graph.pi.effects()).toBe(1);
  });

  it('of several callers under one key are told apart by whose it is', async () => {
    const { graph, resolve } = await lostPayouts(1);
    graph.pi.meet('cut before', 'ok');
    await pay(graph, { idempotencyKey: 'lost-0' }, { 'x-gateway-key': 'second' });
    expect((await resolve('lost-0', true)).data?.result).toMatchObject({ __typename: 'InvalidInputError' });
    expect((await resolve('other', true)).data?.result).toMatchObject({ __typename: 'NotFoundError' });
    expect((await resolve('lost-0', true, ops, 'issueBadge')).data?.result).toMatchObject({
      __typename: 'NotFoundError',
    });
    finishPayouts(graph);
  });

  it('that are sent once more are charged to the day of that sending, too', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 2, 9, 12) });
    const uptime = vi.spyOn(os, 'uptime').mockReturnValue(1_000);
    const graph = await startPaymentsGraph({ GATEWAY_KEYS, PAYOUT_MAX_PER_CALL: '1', PAYOUT_MAX_PER_DAY: '1' });
    graph.pi.meet('cut before', 'ok');
    expect(kindOf(await pay(graph, { amount: 1, idempotencyKey: 'same' }))).toBe('OutcomeUnknownError');
    const input = { operation: 'createPayment', idempotencyKey: 'same', applied: false };
    await graph.query(resolution, { input }, ops);
    expect(kindOf(await pay(graph, { amount: 1, idempotencyKey: 'same' })), 'today is charged').toBe('FORBIDDEN');
    // The machine sleeps for a day: its clock and the time since its start say so.
    vi.setSystemTime(Date.now() + 86_400_000);
    uptime.mockReturnValue(1_000 + 86_400);
    expect(kindOf(await pay(graph, { amount: 1, idempotencyKey: 'same' }))).toBe('CreatePaymentPayload');
    finishPayouts(graph);
    expect(kindOf(await pay(graph, { amount: '0.0000001' })), 'tomorrow is charged').toBe('FORBIDDEN');
    expect(graph.pi.effects()).toBe(1);
    uptime.mockRestore();
    vi.useRealTimers();
  });
});
