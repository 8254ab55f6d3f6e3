import { randomUUID } from 'node:crypto';
import { numberOf } from '../names.js';
import type { SandboxClock } from '../part.js';
import { Refusal } from '../routes.js';
import { courseOf, phaseAt, type Course, type Phase } from './lifecycle.js';
import type { PinBody } from './pin-body.js';

/** A pin as it is kept. */
export interface PinRecord {
  readonly requestid: string;
  /** Epoch milliseconds; no two pins have the same. */
  readonly createdMs: number;
  readonly pin: PinBody;
  readonly course: Course;
  /** Bytes, counted when it is pinned. */
  readonly dagSize: number;
}

/** A pin as it stands now. */
export interface CurrentPin {
  readonly record: PinRecord;
  readonly phase: Phase;
  /** How many pins are queued before it; meaningless unless it is queued itself. */
  readonly queuedBefore: number;
}

/** All pins of one token. */
export interface PinStore {
  /** Newest first. */
  all(): CurrentPin[];
  get(requestid: string): CurrentPin | undefined;
  /** Throws a 409 when the plan is used up. */
  add(pin: PinBody): CurrentPin;
  /** Removes one pin and adds another in one step; undefined when there is no such pin. */
  replace(requestid: string, pin: PinBody): CurrentPin | undefined;
  /** False when there is no such pin. */
  remove(requestid: string): boolean;
}

/** Keeps pins in memory, `capacity` of them at most, beginning with `seed` (oldest first). */
export function createPinStore(seed: readonly PinRecord[], capacity: number, clock: SandboxClock): PinStore {
  // Insertion order is the order of creation: `created` only grows.
  const records = new Map(seed.map((record) => [record.requestid, record]));
  let newestMs = seed.at(-1)?.createdMs ?? 0;

  const phaseOf = ({ course, createdMs }: PinRecord, now: number): Phase =>
    phaseAt(course, Math.max(0, now - createdMs), clock.speed);
  /** Oldest first. */
  const snapshot = (): CurrentPin[] => {
    const now = clock.now();
    let queuedBefore = 0;
    return Array.from(records.values(), (record) => {
      const pin = { record, phase: phaseOf(record, now), queuedBefore };
      if (pin.phase.status === 'queued') queuedBefore += 1;
      return pin;
    });
  };
  const current = (record: PinRecord): CurrentPin => {
    const now = clock.now();
    const phase = phaseOf(record, now);
    // Only a place in the queue depends on other pins.
    const queuedBefore =
      phase.status !== 'queued'
        ? 0
        : Array.from(records.values()).filter(
            (other) => other.createdMs < record.createdMs && phaseOf(other, now).status === 'queued',
          ).length;
    return { record, phase, queuedBefore };
  };
  const insert = (pin: PinBody): CurrentPin => {
    // Two pins in one millisecond get two times, or paging by `created` would lose one of them.
    newestMs = Math.max(Math.floor(clock.now()), newestMs + 1);
    const record: PinRecord = {
      requestid: randomUUID(),
      createdMs: newestMs,
      pin,
      course: courseOf(pin.name),
      dagSize: 1024 + numberOf(pin.cid, 4_000_000),
    };
    records.set(record.requestid, record);
    return current(record);
  };

  return {
    all: () => snapshot().reverse(),
    get(requestid) {
      const record = records.get(requestid);
      return record && current(record);
    },
    add(pin) {
      if (records.size >= capacity) {
        throw new Refusal(409, 'INSUFFICIENT_FUNDS', `This plan holds ${capacity} pins; remove some to add more`);
      }
      return insert(pin);
    },
    replace: (requestid, pin) => (records.delete(requestid) ? insert(pin) : undefined),
    remove: (requestid) => records.delete(requestid),
  };
}
