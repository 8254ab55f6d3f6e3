import { monotonicNow } from '../values/clock.js';
import { unwatchDeparture, watchDeparture, type Departing, type Presence } from '../values/departure.js';
import { nextTurn } from '../values/next-turn.js';
import type { Holding } from './answer-room.js';
import type { Comer } from './bulkhead.js';
import type { Answer } from './http.js';
import { Rounds } from './rounds.js';

/** Who wants what is made of an answer, and until when. */
export interface Wish {
  readonly comer: Comer;
  /** What the answer takes of the room for long ones. */
  readonly holding?: Holding | undefined;
  readonly signal: Presence | undefined;
  /** On the monotonic clock; Infinity for what is read to its end whatever comes. */
  readonly endsAt: number;
  /** The error for who got nothing by then. */
  late(): Error;
}

/** Throws when nobody wants it any more. */
function look({ signal, endsAt, late }: Wish): void {
  signal?.throwIfAborted();
  if (monotonicNow() >= endsAt) throw late();
}

/** A long answer, of which no more is made than somebody wants. */
class LongAnswer implements Answer {
  constructor(
    private readonly answer: Answer,
    private readonly wish: Wish,
  ) {}

  get status(): number {
    return this.answer.status;
  }

  get headers(): Answer['headers'] {
    return this.answer.headers;
  }

  get text(): string {
    return this.answer.text;
  }

  async turn(): Promise<void> {
    await nextTurn();
    look(this.wish);
  }
}

/** What is made of a long text takes many times its room. */
const AT_A_TIME = 2;
/** What a timer can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The line before the reading of long answers of one class of calls: who waits in it holds bytes alone. Answers to writes go
 * before all others, since whoever changed something has to learn of it, and what operators read before what others do; among
 * equals the callers take turns.
 */
export class LongAnswers {
  private reading = 0;
  private readonly lines = {
    writes: new Rounds<Waiter>(),
    operators: new Rounds<Waiter>(),
    others: new Rounds<Waiter>(),
  };

  /** Reads it when its turn comes. Rejects as `read` does, and as soon as nobody wants it any more. */
  async inTurn<T>(
    effect: 'read' | 'write',
    answer: Answer,
    wish: Wish,
    read: (answer: Answer) => T,
  ): Promise<Awaited<T>> {
    look(wish);
    if (this.reading < AT_A_TIME) this.reading += 1;
    else await this.wait(this.lineFor(effect, wish.comer), wish);
    try {
      const long = new LongAnswer(answer, wish);
      // What was read before is used first.
      await long.turn();
      return await read(long);
    } finally {
      this.leave();
    }
  }

  private lineFor(effect: 'read' | 'write', { byStranger }: Comer): Rounds<Waiter> {
    if (effect === 'write') return this.lines.writes;
    return byStranger === true ? this.lines.others : this.lines.operators;
  }

  private wait(line: Rounds<Waiter>, wish: Wish): Promise<void> {
    return new Promise((resolve, reject) => line.add(wish.comer.caller, new Waiter(line, wish, resolve, reject)));
  }

  private leave(): void {
    const { writes, operators, others } = this.lines;
    const next = writes.next() ?? operators.next() ?? others.next();
    if (next === undefined) this.reading -= 1;
    else next.admit();
  }
}

/** One who waits; leaves with its signal, when it is too late, or when there is no room for its answer. */
class Waiter implements Departing {
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly line: Rounds<Waiter>,
    private readonly wish: Wish,
    private readonly resolve: () => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    const { signal, endsAt, late, holding } = wish;
    if (endsAt < Infinity)
      this.timer = setTimeout(() => this.depart(late()), Math.min(endsAt - monotonicNow(), LONGEST_TIMER_MS));
    if (signal) watchDeparture(signal, this);
    if (holding) holding.keeper = this;
  }

  admit(): void {
    this.end();
    this.resolve();
  }

  depart(reason: unknown): void {
    this.end();
    this.reject(reason);
  }

  private end(): void {
    const { comer, signal, holding } = this.wish;
    this.line.delete(comer.caller, this);
    clearTimeout(this.timer);
    if (signal) unwatchDeparture(signal, this);
    if (holding) holding.keeper = undefined;
  }
}
