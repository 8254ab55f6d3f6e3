import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type SeenRequest } from '../../support/fake-upstream.js';
import { askedOf, type Asked, type Service } from './asked.js';
import { oddities, type Given, type Kind, type Surroundings } from './oddities.js';

/** One answer and what befell it. */
export interface Exchange {
  readonly asked: Asked;
  readonly oddity: string | undefined;
  readonly kind: Kind | undefined;
  /** Whether the upstream carried a write out. */
  readonly done: boolean;
}

/** What the weather of one history is made of. */
export interface Forecast {
  readonly seed: number;
  /** How many of a hundred answers are odd. */
  readonly odds: number;
  /** The names of the oddities that occur in it. */
  readonly palette: readonly string[];
  /** The pinning service is one that never shows more rows than so many, however many are asked for, and counts those. */
  readonly mostRows?: number;
}

const HOP_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'accept-encoding',
]);
const MOST_BLINKS = 2;

/** Stands before each upstream and flips a coin at every answer; what it lands on follows from the seed alone. */
export class Weather {
  /** While it is calm, every answer passes as it is. */
  calm = true;
  readonly exchanges: Exchange[] = [];
  /** Fields of the graph that show what an oddity made of them. */
  readonly excused = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #before = new Map<string, { readonly subject: string | undefined; readonly text: string }>();
  readonly #fronts: FakeUpstream[] = [];

  constructor(readonly forecast: Forecast) {}

  /** Opens a front before one upstream, and gives its base URL. */
  async front(service: Service, baseUrl: string): Promise<string> {
    const { origin, pathname } = new URL(baseUrl);
    const front = await fakeUpstream((request, response) =>
      // A history that ends leaves calls behind whose upstream is gone.
      this.#answer(service, origin, request, response).catch(() => void response.destroy()),
    );
    this.#fronts.push(front);
    return `${front.url}${pathname === '/' ? '' : pathname}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.#fronts.map((front) => front.close()));
  }

  async #answer(
    service: Service,
    origin: string,
    request: SeenRequest,
    response: ServerResponse,
  ): Promise<FakeAnswer | undefined> {
    const asked = askedOf(service, request);
    const chance = this.#chances(`${service} ${asked.route}`);
    const drawn = this.calm || chance() * 100 >= this.forecast.odds ? undefined : this.#draw(asked, chance);
    const oddity = drawn === undefined ? undefined : oddities[drawn];
    const unheard =
      oddity?.kind === 'refusal' ||
      (oddity?.kind === 'blink' && asked.isWrite) ||
      (oddity?.kind === 'ruinous' && asked.isWrite && chance() < 0.5);
    const given: Given = unheard
      ? { status: 200, type: 'application/json', text: '' }
      : this.#shown(asked, await forward(origin, request));
    const done = asked.isWrite && !unheard && given.status < 300;
    const surroundings: Surroundings = {
      pick: (below) => Math.floor(chance() * below),
      before: this.#before.get(`${service} ${asked.route}`),
      excuse: (...fields) => {
        for (const field of fields) this.excused.add(field);
      },
    };
    const bent = oddity !== undefined && oddity.send(response, given, surroundings, asked) !== false;
    this.exchanges.push({ asked, oddity: bent ? drawn : undefined, kind: bent ? oddity.kind : undefined, done });
    if (!unheard && given.status < 300)
      this.#before.set(`${service} ${asked.route}`, { subject: asked.subject, text: given.text });
    if (bent) return undefined;
    return { status: given.status, headers: given.type === '' ? {} : { 'content-type': given.type }, body: given.text };
  }

  /** The answer as the service of this history gives it. */
  #shown({ service, route }: Asked, given: Given): Given {
    const { mostRows } = this.forecast;
    if (mostRows === undefined || `${service} ${route}` !== 'pinning GET /pins' || given.status !== 200) return given;
    const results = (JSON.parse(given.text) as { readonly results: readonly unknown[] }).results.slice(0, mostRows);
    this.excused.add('totalCount');
    return { ...given, text: JSON.stringify({ count: results.length, results }) };
  }

  #draw(asked: Asked, chance: () => number): string | undefined {
    const fitting = this.forecast.palette.filter((name) => oddities[name]?.fits?.(asked) ?? true);
    const name = fitting[Math.floor(chance() * fitting.length)];
    if (name === undefined || oddities[name]?.kind !== 'blink') return name;
    return this.#next(`blinks of ${asked.subject}`) < MOST_BLINKS ? name : undefined;
  }

  /** Numbers from 0 to 1 for the next request of this kind, however requests of other kinds come in between. */
  #chances(kind: string): () => number {
    const nth = this.#next(kind);
    let drawn = 0;
    return () => {
      drawn += 1;
      const digest = createHash('sha256').update(`${this.forecast.seed} ${kind} ${nth} ${drawn}`).digest();
      return digest.readUInt32BE(0) / 2 ** 32;
    };
  }

  #next(name: string): number {
    const nth = this.#counts.get(name) ?? 0;
    this.#counts.set(name, nth + 1);
    return nth;
  }
}

async function forward(origin: string, { method, url, headers, body }: SeenRequest): Promise<Given> {
  const passed = Object.entries(headers).filter(
    (header): header is [string, string] => !HOP_HEADERS.has(header[0]) && typeof header[1] === 'string',
  );
  const response = await fetch(`${origin}${url}`, { method, headers: passed, ...(body === '' ? {} : { body }) });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}
