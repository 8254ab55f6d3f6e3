import { badgeChanges } from './changes-badges.js';
import { paymentChanges } from './changes-payments.js';
import { pinChanges } from './changes-pins.js';
import type { Service } from './asked.js';
import type { StormWorld } from './world.js';
import type { Told } from './writes.js';

/** A mutation's result, as far as the storm asks. */
export interface Result {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly idempotencyKey?: string | null;
  /** `alreadyApproved` or `alreadyCompleted`: of all that ask, one is told false. */
  readonly first?: boolean;
  readonly action?: string;
  readonly payment?: { readonly paymentId: string; readonly memo: string; readonly state: string } | null;
  readonly pin?: { readonly requestId: string; readonly name: string | null; readonly cid: string } | null;
  readonly badgeTemplate?: { readonly templateId: string; readonly name: string } | null;
  readonly holder?: { readonly holderId: string; readonly name: string } | null;
  readonly results?: readonly {
    readonly recipientId: string;
    readonly outcome: string;
    readonly badgeId: string | null;
  }[];
}

/** A change that is ready to be asked for, and how often the upstream has carried it out by now. */
export interface Prepared {
  readonly input: object;
  /** For what changes something that is there: 1 when it stands as it was asked to, else 0. */
  effects(): number | Promise<number>;
}

/** One mutation of the graph. */
export interface Change {
  readonly name: string;
  readonly service: Service;
  readonly payload: string;
  readonly keys: 'must' | 'may' | 'no';
  /** Whether it makes something, so that twice would be too much. */
  readonly adds: boolean;
  /** Never sent twice: an end that nobody knows may stay so. */
  readonly once?: true;
  prepare(world: StormWorld): Promise<Prepared>;
  /** What a payload tells when it is not simply that the change was made. */
  told?(result: Result): Told;
  madeId?(result: Result): string | undefined;
  /** What of the payload is not as it should be. */
  faults?(result: Result, prepared: Prepared, excused: ReadonlySet<string>): string[];
}

/** Every mutation but `resolveOpenWrite`, which is for people. */
export const changes: readonly Change[] = [...pinChanges, ...paymentChanges, ...badgeChanges];
