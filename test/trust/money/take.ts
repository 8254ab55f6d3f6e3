import { expect } from 'vitest';
import { flags, wirePayment } from '../../providers/pi-support.js';
import { cids } from '../../support/graph-pins.js';
import type { End } from './documents.js';
import { type History, type Kind, operationOf } from './history.js';
import type { Beside, Step } from './steps.js';
import { wait, type World } from './world.js';

const WALLET = 'GCXC6QBLLO42GK2TA3445NLY6MHENLKXDGRHX3VCIOXBZ4RGKL3DIQP6';
const USER = 'GAG6JP4O2VF32FTUSVJCW4NURJ7DPMGZGM57OD72KLNPUWY556OFL53K';
const TXID = 'ab'.repeat(32);
const DAY_MS = 86_400_000;

/** What else may come along with an operator's key: none of it makes another caller. */
const companions: readonly Record<string, string>[] = [
  {},
  { authorization: 'Bearer somebody-or-other' },
  { 'x-bitminter-key': 'any-key' },
  { 'x-request-id': 'another' },
];

export function inputOf(kind: Kind, key: string, variant: number): object {
  switch (kind) {
    case 'pay':
      return {
        userUid: 'uid-of-ben',
        amount: variant === 0 ? '1' : '2',
        memo: `for ${key}`,
        metadata: { key },
        idempotencyKey: key,
      };
    case 'badge': {
      const recipientIds = variant === 0 ? ['h1', 'h2'] : ['h3'];
      return { templateId: 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa', recipientIds, data: { key }, idempotencyKey: key };
    }
    case 'pin':
      return { cid: cids.a, name: `pin ${variant}`, meta: { key }, idempotencyKey: key };
  }
}

/** Lives through one step. */
export async function take(history: History, step: Step): Promise<void> {
  const { world } = history;
  const { upstreams } = world;
  switch (step.do) {
    case 'write': {
      const { kind, key, who, more } = step;
      const input = inputOf(kind, key, step.variant);
      history.tries(kind, key, input);
      const ask = async (instance: number, companion: number): Promise<End | undefined> => {
        const end = await world.ask(instance, operationOf[kind], input, companions[companion]);
        history.hears(kind, key, input, end);
        return end;
      };
      return during(world, step, (instance) => ask(instance, instance === who ? more : (more + 1) % companions.length));
    }
    case 'complete':
    case 'cancel':
    case 'settle': {
      const paymentId = nthPayment(world, step.nth);
      if (paymentId === undefined) return;
      const { operation, input } = changeOf(world, step.do, paymentId);
      if (step.do === 'cancel' && step.beside.is.startsWith('no store')) history.behindItsBack.add(paymentId);
      return during(world, step, async (instance) => {
        const end = await world.ask(instance, operation, input);
        history.hearsCompletion(paymentId, end);
        // A ledger that cannot be asked any more, because the instance ends, leaves Pi's word.
        if (step.beside.is !== 'a stop') history.hearsSettlement(paymentId, end);
        return end;
      });
    }
    case 'recovery job':
      return recover(history, step.who);
    case 'buy':
      return buy(world, step);
    case 'finish elsewhere': {
      const id = nthPayment(world, step.nth);
      const payment = upstreams.payments.get(id ?? '');
      if (id === undefined || !payment || (payment['status'] as Record<string, boolean>)['cancelled']) return;
      history.behindItsBack.add(id);
      const txid = txidOf(world, id);
      upstreams.payments.set(id, {
        ...payment,
        status: flags('developer_approved', 'developer_completed', 'transaction_verified'),
        transaction: { txid, verified: true, _link: 'https://a.example/' },
      });
      return;
    }
    case 'the clock jumps':
      return world.setClock(step.ms);
    case 'restart':
      return world.restart(step.who, step.how, step.clockMs);
    case 'eviction':
      return world.evict(step.on);
    case 'the store is lost':
      return world.lose(step.isBack);
    case 'the loss is accepted':
      return world.accept();
    case 'people resolve':
      return void (await resolve(history, step.kind, step.key));
  }
}

/** Closes a key that took effect, and frees one that did not, or whose payout was cancelled, as people do who have looked. */
export async function resolve(history: History, kind: Kind, key: string): Promise<End | undefined> {
  const isCancelled = (id: string): boolean =>
    (history.world.upstreams.payments.get(id)?.['status'] as Record<string, boolean> | undefined)?.['cancelled'] ===
    true;
  const applied = history.effectsOf(kind, key).some(({ id }) => !isCancelled(id));
  const input = { operation: operationOf[kind], idempotencyKey: key, applied };
  const end = await history.world.ask(0, 'resolveOpenWrite', input);
  if (end?.what !== 'ResolveOpenWritePayload') return end;
  if (applied) history.closed.add(`${kind} ${key}`);
  else history.frees(kind, key);
  return end;
}

const nthPayment = ({ upstreams }: World, nth: number): string | undefined => [...upstreams.payments.keys()][nth];

const txidOf = ({ ledger }: World, paymentId: string): string =>
  ledger.transactions.find(({ memo }) => memo === paymentId)?.hash ?? TXID;

function changeOf(world: World, name: 'complete' | 'cancel' | 'settle', paymentId: string) {
  if (name === 'complete')
    return { operation: 'completePayment', input: { paymentId, txid: txidOf(world, paymentId) } } as const;
  return { operation: `${name}Payment`, input: { paymentId } } as const;
}

type Ask = (instance: number) => Promise<End | undefined>;

/** Makes a call while something else happens. */
async function during(world: World, step: Extract<Step, { fate: unknown }>, ask: Ask): Promise<void> {
  const { who, fate, blind, beside } = step;
  world.upstreams.meet(fate, blind);
  if (beside.is === 'no store') world.away = true;
  if (beside.is === 'no store after sending') world.upstreams.onPost = () => void (world.away = true);
  if (beside.is === 'a kill') world.killAt(who, beside.moment);
  const asked: Promise<unknown>[] = [];
  const first = ask(who);
  if (beside.is === 'the same elsewhere') asked.push(ask(1 - who));
  if (beside.is === 'a stop') asked.push(wait(2).then(() => world.restart(who, 'stop')));
  await Promise.all([first, ...asked]);
  await after(world, who, beside);
  if (beside.is === 'no store after sending') await remembers(world, await first, () => ask(who));
}

/** What an upstream answered stays with the process while the store is away: nobody has to look for it. */
async function remembers(world: World, told: End | undefined, ask: () => Promise<End | undefined>): Promise<void> {
  if (told?.what !== 'CreatePaymentPayload' && told?.what !== 'IssueBadgePayload') return;
  world.upstreams.meet('refused', 'at once');
  const again = await ask();
  const codes = told.what === 'CreatePaymentPayload' ? [told.what, 'UPSTREAM_UNAVAILABLE'] : [told.what];
  expect(codes, `after ${JSON.stringify(told)}`).toContain(again?.what);
}

async function after(world: World, who: number, beside: Beside): Promise<void> {
  world.upstreams.onPost = () => {};
  if (beside.is.startsWith('no store')) world.away = false;
  if (beside.is === 'a kill') await world.restart(who);
}

/** Completes every open payout, as a job does that finds them in the list. */
async function recover(history: History, who: number): Promise<void> {
  const { world } = history;
  world.upstreams.meet('ok', false);
  const open = await world.query<{ incompleteServerPayments: { paymentId: string }[] | null }>(
    who,
    '{ incompleteServerPayments { paymentId } }',
  );
  for (const { paymentId } of open?.incompleteServerPayments ?? []) {
    const end = await world.ask(who, 'completePayment', { paymentId, txid: TXID });
    history.hearsCompletion(paymentId, end);
  }
}

/** The ledger's clock never goes back, whatever ours does. */
function ledgerTime({ transactions }: World['ledger']): string {
  const now = new Date().toISOString();
  const last = transactions.at(-1)?.createdAt ?? now;
  return last > now ? last : now;
}

/** A user opens a payment, and pays it or not; twice by mistake. Anybody can name one that was never approved, too. */
function buy({ upstreams, ledger }: World, { approved, paid, days }: Extract<Step, { do: 'buy' }>): void {
  const id = `buy-${upstreams.payments.size}`;
  const created = new Date(Date.now() - days * DAY_MS).toISOString();
  upstreams.payments.set(
    id,
    wirePayment({
      identifier: id,
      user_uid: 'uid-of-ann',
      amount: 4.25,
      direction: 'user_to_app',
      created_at: created,
      from_address: USER,
      to_address: WALLET,
      status: approved ? flags('developer_approved') : flags(),
    }),
  );
  for (let times = paid; times > 0; times -= 1)
    ledger.add({ from: USER, to: WALLET, amount: '4.2500000', memo: id, createdAt: ledgerTime(ledger) });
}
