import { vi } from 'vitest';
import { createTestApp, gatewayKey, type TestApp } from '../../support/create-test-app.js';
import { fakeLedger, type FakeLedger } from '../../support/fake-ledger.js';
import { ISSUER_DID, USER_ID } from '../../providers/mypit-support.js';
import { openDoor, type Door } from './door.js';
import { documents, endOf, type End as Told, type Operation } from './documents.js';
import { mortal, SECRET, type End, type MortalState, type Store } from './stores.js';
import { startUpstreams, type Upstreams } from './upstreams.js';

/** Pi that may go out a day, and at once. */
export const CAP = 3;
export const PER_CALL = 2;
/** So long a write of a process that has died counts as alive. */
export const CLAIM_MS = 60;
/** Longer than a request may take, so that nothing arrives after it. */
export const QUARANTINE_MS = 700;

/** One instance from its start to its end. */
interface Life {
  readonly app: TestApp;
  readonly state: MortalState;
  dead: boolean;
}

/** When a process ends: at a call of its state, or when a POST of anybody's reaches its upstream. */
export type Moment =
  { readonly at: 'state'; readonly end: End } | { readonly at: 'post'; readonly moment: 'before' | 'after' };

/** One or two instances over one store, in front of Pi, its ledger, MyPit and a pinning service. */
export class World {
  /** Grows when people accept that a store came back empty: what it had held is not promised any more. */
  epoch = 0;
  lost = false;
  /** Ends of processes, and times that the store was away, lost what it held or threw it out. */
  faults = 0;
  private evicting = false;
  private thrownOut = false;
  private readonly lives: Life[] = [];
  private readonly doors: (readonly Door[])[] = [];

  private constructor(
    readonly store: Store,
    readonly upstreams: Upstreams,
    readonly ledger: FakeLedger,
  ) {}

  static async open(store: Store): Promise<World> {
    const world = new World(store, await startUpstreams(() => store.calendar.day()), await fakeLedger('Pi Network'));
    for (let instance = 0; instance < store.instances; instance += 1) {
      const { pi, mypit, pinning } = world.upstreams;
      world.doors.push(await Promise.all([pi, mypit, pinning, world.ledger].map(({ url }) => openDoor(url))));
      world.lives.push(await world.start(instance));
    }
    return world;
  }

  /** Which instance is meant: over some stores there is only one. */
  at(instance: number): number {
    return instance % this.store.instances;
  }

  private async start(instance: number): Promise<Life> {
    const [pi, mypit, pinning, ledger] = (this.doors[instance] ?? []).map(({ url }) => url);
    const opened = await this.store.open();
    this.store.calendar.begin();
    const state = mortal(opened, () =>
      this.store.instances === 2 && opened.kind === 'memory' ? Promise.resolve() : opened.close(),
    );
    state.suspicion = this.suspicion;
    const app = await createTestApp(
      {
        PI_BASE_URL: `${pi}/v2`,
        PI_API_KEY: 'server-key',
        PI_LEDGER_URL: ledger ?? '',
        MYPIT_BASE_URL: mypit ?? '',
        MYPIT_CLIENT_ID: 'client',
        MYPIT_SECRET_KEY: 'secret',
        MYPIT_USER_ID: USER_ID,
        MYPIT_ISSUER_DID: ISSUER_DID,
        PINNING_SERVICES: 'acme',
        PINNING_ACME_URL: pinning ?? '',
        PINNING_ACME_TOKEN: 'token',
        GATEWAY_KEYS: gatewayKey(
          'pi:read+pi:complete+pi:cancel+pi:payout+mypit:read+mypit:issue+pin:read+pin:write+ops:read+ops:write',
        ),
        PAYOUT_MAX_PER_CALL: String(PER_CALL),
        PAYOUT_MAX_PER_DAY: String(CAP),
        BREAKER_MIN_REQUESTS: '1000000',
        READBACK_DELAY_MS: '1',
        UPSTREAM_TIMEOUT_MS: '500',
        WRITE_TIMEOUT_MS: '500',
        RESEND_QUARANTINE_MS: String(QUARANTINE_MS),
        HEADGATE_SECRET: SECRET,
        METRICS: 'off',
      },
      { state, writeTimes: { claimMs: CLAIM_MS, leaseMs: CLAIM_MS } },
    );
    return { app, state, dead: false };
  }

  /** Asks an instance; undefined when it did not live to answer. */
  async ask(
    instance: number,
    operation: Operation,
    input: object,
    more: Record<string, string> = {},
  ): Promise<Told | undefined> {
    const life = this.life(instance);
    const headers = { 'x-gateway-key': 'test-operator-key', ...more };
    const answer = await life.app.query(documents[operation], { input }, headers);
    return life.dead ? undefined : endOf(answer);
  }

  async query<Data>(instance: number, text: string): Promise<Data | undefined> {
    const life = this.life(instance);
    const { data } = await life.app.query<Data>(text);
    return life.dead ? undefined : (data ?? undefined);
  }

  private life(instance: number): Life {
    const life = this.lives[this.at(instance)];
    if (!life) throw new Error('there is no such instance');
    return life;
  }

  /** Ends an instance as `kill -9` does, at once. */
  kill(instance: number): void {
    const life = this.life(instance);
    if (!life.dead) this.faults += 1;
    life.dead = true;
    void life.state.die();
    for (const door of this.doors[this.at(instance)] ?? []) door.shut();
  }

  killAt(instance: number, moment: Moment): void {
    const kill = () => this.kill(instance);
    if (moment.at === 'state') return this.life(instance).state.dieAt(moment.end, kill);
    this.upstreams.onPost = (when) => {
      if (when === moment.moment && !this.life(instance).dead) kill();
    };
  }

  /** Somebody sets the clock on the wall, as every instance sees at its next question. */
  setClock(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
    this.store.calendar.look();
    for (const { dead, state } of this.lives) if (!dead) state.doubt();
  }

  /**
   * Starts an instance anew, with a clock that is so far off; one that lives is killed before, or stopped as a supervisor
   * stops it.
   */
  async restart(instance: number, how: 'kill' | 'stop' = 'kill', clockMs = 0): Promise<void> {
    const life = this.life(instance);
    this.upstreams.onPost = () => {};
    if (how === 'kill' && !life.dead) this.kill(instance);
    await life.app.close();
    await life.state.die();
    for (const door of this.doors[this.at(instance)] ?? []) door.open();
    this.acceptedLoss();
    // To set it at all would have it stand from here on, where it is real.
    if (clockMs !== 0) vi.setSystemTime(Date.now() + clockMs);
    this.lives[this.at(instance)] = await this.start(this.at(instance));
  }

  /** Whether an instance has died on the way and waits to be started. */
  isDead(instance: number): boolean {
    return this.life(instance).dead;
  }

  set away(away: boolean) {
    if (away) this.faults += 1;
    for (const { state } of this.lives) state.away = away;
  }

  private get suspicion(): 'evicts' | undefined {
    return this.evicting ? 'evicts' : undefined;
  }

  /** The store begins to throw out what it holds, as every instance sees; who has it end that accepts what is gone. */
  async evict(on: boolean): Promise<void> {
    this.evicting = on;
    if (on) this.faults += 1;
    for (const { state } of this.lives) state.suspicion = this.suspicion;
    if (on && this.store.evict) {
      await this.store.evict();
      this.thrownOut = true;
    }
    if (!on && this.thrownOut) this.epoch += 1;
    if (!on) this.thrownOut = false;
  }

  /** The store comes back empty; the next call meets it on its way, or finds it there again. */
  async lose(isBack: boolean): Promise<void> {
    if (!this.store.lose) return;
    await this.store.lose();
    this.lost = true;
    this.faults += 1;
    if (isBack) await this.reached();
  }

  /** Every instance has met the store again. */
  private async reached(): Promise<void> {
    for (const { dead, state } of this.lives) {
      const answers = (): Promise<boolean> =>
        state.records.read('nothing').then(
          () => true,
          () => false,
        );
      for (let left = 100; left > 0 && !dead && !(await answers()); left -= 1) await wait(20);
    }
  }

  /** People accept that the store came back empty, and what the clock says; it may take it a moment to be reached again. */
  async accept(): Promise<void> {
    for (const { state } of this.lives) {
      if (state.doubt() === 'clock') {
        this.store.calendar.accept();
        await state.acceptLoss();
      }
      while (state.doubt() === 'emptied' || this.lost) {
        const accepted = await state.acceptLoss().catch(() => undefined);
        if (accepted !== undefined) this.acceptedLoss();
        else await wait(20);
      }
    }
  }

  private acceptedLoss(): void {
    if (this.lost) this.epoch += 1;
    this.lost = false;
  }

  async close(): Promise<void> {
    for (const { app, state } of this.lives) {
      await app.close();
      await state.die();
    }
    await Promise.all(this.doors.flat().map((door) => door.close()));
    await Promise.all([this.upstreams.close(), this.ledger.close(), this.store.close()]);
  }
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
