import type { Incoming } from './routes.js';
import { Refusal } from './routes.js';

/**
 * What can go wrong on demand, so that an app can rehearse it: `blink` = "no such thing" once, in between; `drop` = the
 * request is carried out and the connection breaks before the answer; `limit` = 429 with `Retry-After`; `late` = the answer
 * takes its time.
 */
export const faultNames = ['blink', 'drop', 'limit', 'late'] as const;
export type FaultName = (typeof faultNames)[number];

/** The header that asks for a fault of this very request, whatever it is about. */
const FAULT_HEADER = 'x-sandbox-fault';
/** How long a `limit` asks to wait, in seconds, and how long a `late` answer takes at the sandbox's usual speed. */
export const LIMIT_SECONDS = 2;
export const LATE_MS = 3_000;
/** Objects whose faults have struck; older ones are forgotten first, and would be struck again. */
const MOST_OBJECTS = 10_000;

/** What a request is about, for faults asked for by name. */
export interface Subject {
  /** The name (memo, title) of the object, which may begin with the name of a fault and a dash. */
  readonly name: string | undefined;
  readonly effect: 'read' | 'write';
  /** Nothing is ever written here: then the answer of a read is what can be lost. */
  readonly readOnly?: boolean;
}

/** Decides which fault a request meets. One per running service: a fault named by an object strikes once, `late` each time. */
export class Faults {
  /** How often each object was read or written so far. */
  readonly #met = new Map<string, number>();

  /** The fault that the header asks for, if any; refuses a name that is none. */
  byHeader({ headers }: Pick<Incoming, 'headers'>): FaultName | undefined {
    const asked = headers[FAULT_HEADER];
    if (asked === undefined) return undefined;
    const fault = faultNames.find((name) => name === asked);
    if (!fault) throw new Refusal(400, 'BAD_REQUEST', `${FAULT_HEADER} may be ${faultNames.join(', ')}`);
    return fault;
  }

  /** The fault that the object asks for by its name, and that is due at this request. */
  byName(subject: Subject | undefined): FaultName | undefined {
    const fault = faultNames.find((name) => subject?.name?.startsWith(`${name}-`));
    if (!subject || !fault) return undefined;
    if (fault === 'late') return fault;
    // A blink interrupts what was seen already: the second look. What is dropped is the answer of a write, where there are any.
    // A limit stops the first of both.
    if (fault === 'blink' && subject.effect === 'write') return undefined;
    if (fault === 'drop' && subject.effect === 'read' && subject.readOnly !== true) return undefined;
    return this.#count(JSON.stringify([subject.effect, subject.name])) === (fault === 'blink' ? 2 : 1)
      ? fault
      : undefined;
  }

  #count(key: string): number {
    const times = (this.#met.get(key) ?? 0) + 1;
    this.#met.set(key, times);
    const oldest = this.#met.size > MOST_OBJECTS ? this.#met.keys().next().value : undefined;
    if (oldest !== undefined) this.#met.delete(oldest);
    return times;
  }
}
