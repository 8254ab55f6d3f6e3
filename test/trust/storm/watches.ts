import { expect } from 'vitest';
import { uncoded } from '../raw-answers.js';
import type { GraphAnswer } from '../../support/create-test-app.js';
import { putPin } from './changes-pins.js';
import type { StormWorld } from './world.js';

type Event = GraphAnswer<{ it: { state?: string; status?: string; requestId?: string } | null }>;

interface WirePayment {
  readonly status: { readonly developer_completed: boolean };
  readonly transaction: { readonly txid: string } | null;
}

/** A stream that is open, and what it has to come to. */
interface Watch {
  readonly name: string;
  /** The upstream's own. */
  readonly id: string;
  readonly events: Event[];
  ended: Promise<void>;
  /** Moves what is watched to its end, at the upstream, and tells the states that it may have ended with. */
  finish(): Promise<readonly string[]>;
  /** Every state that there can be, in order. */
  readonly course: readonly string[];
  close(): void;
  /** `open`, `ended`, or what broke it off. */
  end: string;
}

const pinUpdates = 'subscription ($id: ID!) { it: pinUpdates(requestIds: [$id]) { requestId status } }';
const paymentStatus = 'subscription ($id: ID!) { it: paymentStatus(paymentId: $id) { state } }';
export const watchCount = 5;

/** The state that an event tells, or the code of its error; empty for nothing. */
function wordOf({ data, errors }: Event): string {
  const code = errors?.[0]?.extensions['code'];
  return data?.it?.status ?? data?.it?.state ?? (typeof code === 'string' ? code : '');
}

/** The streams of one history. */
export class Watches {
  readonly #open: Watch[] = [];
  constructor(readonly world: StormWorld) {}

  async start(which: number): Promise<void> {
    const { world } = this;
    switch (which % watchCount) {
      case 0:
        return this.#pin(world.tag(), async () => (world.pass(60_000), ['PINNED']));
      case 1:
        return this.#pin(`${world.tag()}-fail`, async () => (world.pass(60_000), ['FAILED']));
      case 2:
        return this.#pin(`${world.tag()}-slow`, async (id) => {
          const { json } = await world.pinning('GET', `/pins/${id}`);
          await world.pinning('DELETE', `/pins/${id}`);
          // Time may have gone by until it was kept: then it depends on the polls what was seen of it.
          return (json as { status: string }).status === 'pinned' ? ['PINNED', 'REMOVED'] : ['REMOVED'];
        });
      default:
        return this.#payment(which % watchCount === 3);
    }
  }

  /** Under a clear sky: every stream comes to its end, and has told nothing but what was. */
  async settle(): Promise<void> {
    const ends = [];
    for (const watch of this.#open) ends.push({ watch, last: await watch.finish() });
    for (const { watch, last } of ends) {
      const patience = new Promise<void>((resolve) => setTimeout(resolve, 60_000).unref());
      await Promise.race([watch.ended, patience]);
      const told = watch.events.map(wordOf);
      const what = `${watch.name}: ${JSON.stringify(told)}`;
      expect(watch.end, what).toBe('ended');
      expect(watch.events.flatMap(uncoded), what).toEqual([]);
      const states = told.filter((state) => state !== 'UNKNOWN' && state !== '');
      const stopped = watch.events.at(-1)?.errors !== undefined;
      // Of what was never seen here, the first look is believed when it says that there is none.
      const never = told.length === 1 && ['', 'REMOVED'].includes(told[0] ?? '') && this.#blinked(watch.id);
      if (never) continue;
      if (!stopped) expect(last, what).toContain(told.at(-1));
      const places = states.slice(0, stopped ? -1 : undefined).map((state) => watch.course.indexOf(state));
      expect(places, what).toEqual(places.toSorted((a, b) => a - b));
      expect(places.includes(-1), what).toBe(false);
      expect(states.filter((state) => last.includes(state)).length, what).toBeLessThanOrEqual(1);
      watch.close();
    }
  }

  #blinked(id: string): boolean {
    return this.world.weather.exchanges.some(({ asked, kind }) => kind === 'blink' && asked.subject === id);
  }

  async #pin(name: string, finish: (id: string) => Promise<readonly string[]>): Promise<void> {
    const id = await putPin(this.world, name);
    const course = ['QUEUED', 'PINNING', 'PINNED', 'FAILED', 'REMOVED'];
    this.#follow(`pinUpdates of ${name}`, pinUpdates, id, course, () => finish(id));
  }

  async #payment(cancels: boolean): Promise<void> {
    const { pi, openPayment, tag, pass } = this.world;
    const id = await openPayment(tag());
    const verb = async (path: string, body: object = {}): Promise<void> =>
      void (await pi('POST', `/payments/${id}/${path}`, body));
    const look = async () => (await pi('GET', `/payments/${id}`)).json as WirePayment;
    const finish = async (): Promise<readonly string[]> => {
      if (cancels) await verb('cancel');
      else await verb('approve');
      pass(10_000);
      const { transaction } = await look();
      if (transaction) await verb('complete', { txid: transaction.txid });
      // The user may have begun another one meanwhile, which cancels this one.
      return (await look()).status.developer_completed ? ['COMPLETED'] : ['CANCELLED'];
    };
    const course = ['CREATED', 'APPROVED', 'SUBMITTED', 'VERIFIED', 'COMPLETED', 'CANCELLED'];
    this.#follow('paymentStatus', paymentStatus, id, course, finish);
  }

  #follow(
    name: string,
    text: string,
    id: string,
    course: readonly string[],
    finish: () => Promise<readonly string[]>,
  ): void {
    const abort = new AbortController();
    const events: Event[] = [];
    const follow = async (): Promise<void> => {
      const stream = this.world.watch<NonNullable<Event['data']>>(text, { id }, abort.signal);
      for await (const event of stream) events.push(event);
    };
    const watch: Watch = {
      name,
      id,
      events,
      course,
      finish,
      end: 'open',
      ended: Promise.resolve(),
      close: () => abort.abort(),
    };
    watch.ended = follow().then(
      () => void (watch.end = 'ended'),
      (error: unknown) => void (watch.end = String(error)),
    );
    this.#open.push(watch);
  }
}
