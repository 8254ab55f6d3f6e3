import { expect } from 'vitest';
import type { End, Operation } from './documents.js';
import type { Effect } from './upstreams.js';
import { CAP, type World } from './world.js';

export type Kind = Effect['kind'];
export const operationOf: Readonly<Record<Kind, Operation>> = {
  pay: 'createPayment',
  badge: 'issueBadge',
  pin: 'addPin',
};

/** What callers asked for and were told in one history, and what may be counted at the upstreams after it. */
export class History {
  /** Inputs that each key was sent with, in order. */
  readonly tried = new Map<string, object[]>();
  /** The object that each key was told of first. */
  private readonly told = new Map<string, string>();
  /** Payments of which somebody was told to be the first to complete them. */
  private readonly first: string[] = [];
  /** Payments that changed without the gateway, or while it could not write down what it saw. */
  readonly behindItsBack = new Set<string>();
  /** Keys that people have closed. */
  readonly closed = new Set<string>();
  /** How often people have freed a key. */
  private readonly freed = new Map<string, number>();
  /** The epoch in which each effect came about, and how often its key had been freed by then. */
  private readonly epochs: number[] = [];
  private readonly generations: number[] = [];
  private readonly epochsOfPayouts: number[] = [];

  constructor(readonly world: World) {}

  tries(kind: Kind, key: string, input: object): void {
    const name = `${kind} ${key}`;
    this.tried.set(name, [...(this.tried.get(name) ?? []), input]);
  }

  /** People free a key: what it stood for is nothing that it may tell from now on. */
  frees(kind: Kind, key: string): void {
    this.freed.set(`${kind} ${key}`, this.generationOf(kind, key) + 1);
  }

  private generationOf(kind: Kind, key: string): number {
    return this.freed.get(`${kind} ${key}`) ?? 0;
  }

  /** A key that told an object tells no other one afterwards, until people free it. */
  hears(kind: Kind, key: string, input: object, end: End | undefined): void {
    const id = end && idIn(end);
    if (id === undefined) return;
    if (kind === 'pay')
      expect(input, `${key} stands for another amount`).toMatchObject({ amount: end?.payment?.amount });
    const generation = this.generationOf(kind, key);
    const former = this.world.upstreams.effects.filter(
      (one, index) => one.id === id && this.isBefore(index, generation),
    );
    expect(former, `${kind} ${key} tells what it stood for before people freed it`).toEqual([]);
    const name = `${this.world.epoch} ${generation} ${kind} ${key}`;
    const before = this.told.get(name);
    if (before === undefined) this.told.set(name, id);
    else expect(id, `${name} told otherwise`).toBe(before);
  }

  hearsCompletion(paymentId: string, end: End | undefined): void {
    if (end?.alreadyCompleted === false || end?.action === 'COMPLETED')
      this.first.push(`${this.world.epoch} ${paymentId}`);
  }

  /** A settlement knows the ledger: whatever carries the payment's id there bars it from cancelling. */
  hearsSettlement(paymentId: string, end: End | undefined): void {
    if (end?.action === 'CANCELLED')
      expect(this.onLedger(paymentId), `${paymentId} was settled by cancelling it, and is on the ledger`).toBe(false);
  }

  private onLedger(paymentId: string): boolean {
    return this.world.ledger.transactions.some(({ memo }) => memo === paymentId);
  }

  private isBefore(index: number, generation: number): boolean {
    // What a store that was lost had held, it tells of nobody.
    return this.world.epoch === 0 && (this.generations[index] ?? generation) < generation;
  }

  /** Since people last freed the key. */
  effectsOf(kind: Kind, key: string): Effect[] {
    const generation = this.generationOf(kind, key);
    return this.world.upstreams.effects.filter(
      (effect, index) =>
        effect.kind === kind &&
        effect.key.split(' ')[0] === key &&
        (this.generations[index] ?? generation) === generation,
    );
  }

  /**
   * Counted at the upstreams: at most one effect a key, and one more each time that people freed it, no day above its cap, nobody
   * told twice, nothing cancelled that is paid.
   */
  check(): void {
    const { effects, payouts, payments } = this.world.upstreams;
    for (const { kind, key } of effects.slice(this.epochs.length)) {
      this.epochs.push(this.world.epoch);
      this.generations.push(this.generationOf(kind, key.split(' ')[0] ?? key));
    }
    while (this.epochsOfPayouts.length < payouts.length) this.epochsOfPayouts.push(this.world.epoch);
    const seen = new Set<string>();
    for (const [index, { kind, key }] of effects.entries()) {
      const name = `${this.epochs[index]} ${this.generations[index]} ${kind} ${key}`;
      expect(seen.has(name), `twice: ${name}`).toBe(false);
      seen.add(name);
    }
    const sums = new Map<string, number>();
    for (const [index, { day, amount, counts }] of payouts.entries()) {
      const name = `${this.epochsOfPayouts[index]} ${day}`;
      if (counts) sums.set(name, (sums.get(name) ?? 0) + amount);
    }
    expect(
      payouts.filter(({ day }) => day === 'in doubt'),
      'sent on a day that nobody knows',
    ).toEqual([]);
    for (const [name, sum] of sums) expect(sum, `sent on ${name}`).toBeLessThanOrEqual(CAP);
    expect(new Set(this.first).size, 'told once').toBe(this.first.length);
    for (const [id, { status }] of payments) {
      const {
        cancelled,
        developer_approved: approved,
        developer_completed: completed,
      } = status as Record<string, boolean>;
      // One that was never approved cannot have been signed: Pi's word is enough to cancel it.
      const paid = completed === true || (approved === true && this.onLedger(id));
      expect(cancelled === true && paid, `${id} is paid and cancelled`).toBe(false);
    }
  }
}

/** What names the object that a payload shows. */
function idIn({ what, payment, pin, results }: End): string | undefined {
  if (what === 'CreatePaymentPayload') return payment?.paymentId;
  if (what === 'AddPinPayload') return pin?.requestId;
  if (what !== 'IssueBadgePayload') return undefined;
  return results?.map(({ recipientId, outcome, badgeId }) => `${recipientId} ${outcome} ${badgeId}`).join();
}
