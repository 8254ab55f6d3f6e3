import { expect } from 'vitest';
import type { GraphAnswer } from '../../support/create-test-app.js';
import { changes, type Change, type Prepared, type Result } from './changes.js';
import { expectErrorsToBeOwed, meeting } from './compare.js';
import type { StormWorld } from './world.js';

/** What a client was told about its change. */
export type Told = 'done' | 'denied' | 'unknown' | 'nothing';

/** A change that was asked for, with all that was said of it. */
interface Story {
  readonly change: Change;
  readonly prepared: Prepared;
  readonly told: Told[];
  /** The upstream's ids of what was made, as told. */
  readonly made: Set<string>;
  key: string | undefined;
  firsts: number;
  readonly log: string[];
}

const unions = `__typename ... on UserError { code message } ... on OutcomeUnknownError { idempotencyKey }
  ... on ConflictError { reason }`;
const MOST_REPEATS = 60;

/** The changes of one history. */
export class Writes {
  readonly #stories: Story[] = [];
  constructor(readonly world: StormWorld) {}

  /** How often each thing was told. */
  tally(): Record<Told, number> {
    const counts = { done: 0, denied: 0, unknown: 0, nothing: 0 };
    for (const { told } of this.#stories) for (const one of told) counts[one] += 1;
    return counts;
  }

  /** Asks for a change, perhaps twice at the same time, and holds what was said to what was done. */
  async write(which: number, keyed: boolean, twice: boolean): Promise<void> {
    const change = changes[which % changes.length] as Change;
    const prepared = await change.prepare(this.world);
    const key = change.keys === 'must' || (change.keys === 'may' && keyed) ? this.world.tag() : undefined;
    const story: Story = { change, prepared, told: [], made: new Set(), key, firsts: 0, log: [] };
    this.#stories.push(story);
    // Without a key, two that make something are two.
    const both = twice && !(change.adds && key === undefined);
    const asked = await Promise.all((both ? [1, 2] : [1]).map(() => this.#ask(story)));
    await this.#check(story, asked);
  }

  /** Under a clear sky: whatever has a key comes to the truth, and everything said before was true. */
  async settle(): Promise<void> {
    for (const story of this.#stories) {
      const { change, told, prepared } = story;
      for (let tries = 0; story.key !== undefined && !told.includes('done') && tries < MOST_REPEATS; tries += 1) {
        const end = await this.#ask(story);
        if (end === 'done' || end === 'nothing' || (end === 'denied' && isFinal(story))) break;
        if (end === 'unknown' && change.once && (await prepared.effects()) === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const effects = await prepared.effects();
      const what = this.#name(story);
      if (story.key !== undefined) {
        if (effects === 1) expect(told, `${what}: it happened, and nobody says so`).toContain('done');
        if (change.adds) expect(effects, what).toBeLessThanOrEqual(1);
        expect(story.made.size, `${what}: two are told of`).toBeLessThanOrEqual(1);
      }
      if (told.includes('done') && change.adds) expect(effects, `${what}: told as done`).toBe(1);
      expect(story.firsts, `${what}: told to be the first`).toBeLessThanOrEqual(1);
    }
  }

  async #ask(story: Story): Promise<Told> {
    const { change, prepared } = story;
    const title = `${change.name[0]?.toUpperCase()}${change.name.slice(1)}`;
    const text = `mutation ($input: ${title}Input!) {
      result: ${change.name}(input: $input) { ${unions} ... on ${title}Payload { ${change.payload} } } }`;
    const input = { ...prepared.input, ...(story.key === undefined ? {} : { idempotencyKey: story.key }) };
    const [answer, met] = await meeting(this.world.weather, () =>
      this.world.storm<{ result: Result | null }>(text, { input }),
    );
    const told = toldBy(answer, change);
    story.told.push(told);
    story.log.push(
      `${told} ${JSON.stringify(answer.data?.result ?? answer.errors?.[0]?.extensions)} after [${met.exchanges
        .filter(({ asked }) => asked.service === change.service)
        .map(
          ({ asked, oddity, done }) =>
            `${asked.route}: ${oddity ?? 'well'}${asked.isWrite ? (done ? ' (done)' : ' (not done)') : ''}`,
        )
        .join('; ')}]`,
    );
    expectErrorsToBeOwed(this.#name(story), answer, met);
    const result = answer.data?.result;
    if (told === 'unknown' && result?.idempotencyKey) story.key ??= result.idempotencyKey;
    if (told === 'done' && result) {
      const id = change.madeId?.(result);
      if (id) story.made.add(id);
      if (result.first === false) story.firsts += 1;
      const wrong = change.faults?.(result, prepared, this.world.weather.excused) ?? [];
      expect(wrong, this.#name(story)).toEqual([]);
    }
    return told;
  }

  async #check(story: Story, asked: readonly Told[]): Promise<void> {
    const { change, prepared } = story;
    const effects = await prepared.effects();
    const what = this.#name(story);
    if (asked.every((told) => told === 'denied' || told === 'nothing'))
      expect(effects, `${what}: told as not done`).toBe(0);
    if (asked.includes('done'))
      expect(effects, `${what}: told as done`)[change.adds ? 'toBe' : 'toBeGreaterThanOrEqual'](1);
    if (change.adds) expect(effects, `${what}: done more than once`).toBeLessThanOrEqual(1);
  }

  #name({ change, prepared, key, log }: Story): string {
    return `${change.name} ${JSON.stringify(prepared.input)} key ${key}:\n  ${log.join('\n  ')}\n`;
  }
}

/** Whether the last answer is the provider's word, which is kept: not one about pace or transport. */
function isFinal({ log }: Story): boolean {
  return log.at(-1)?.includes('__typename') === true;
}

function toldBy({ data, errors }: GraphAnswer<{ result: Result | null }>, change: Change): Told {
  const result = data?.result;
  if (!result) return errors?.some(({ extensions }) => extensions['outcome'] === 'unknown') ? 'unknown' : 'denied';
  if (result.__typename === 'OutcomeUnknownError') return 'unknown';
  if (!result.__typename.endsWith('Payload')) return 'denied';
  return change.told?.(result) ?? 'done';
}
