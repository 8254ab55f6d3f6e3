import { payment } from '../bench/data.js';
import { sleep, type Rig } from './stream-rig.js';

/** The queries beside the streams: at a steady pace, of every kind that leaves something behind in some cache. */

/** From when to when, on this process's clock; the end comes earlier when something fails. */
export interface Span {
  readonly began: number;
  until: number;
}

/** What was asked, and what came late or not as it should. */
export interface QueryReport {
  readonly asked: number;
  /** Left out because too many were under way. */
  readonly leftOut: number;
  /** Failed for a reason that passes: the gateway had too much to do, or an upstream was too slow for it. */
  readonly passing: number;
  readonly byKind: Readonly<Record<string, number>>;
}

/** Above what a cache remembers of tokens, and of documents and credentials. */
const FILL_TOKENS = 11_000;
const FILL_OTHERS = 1_200;

interface Query {
  readonly kind: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The one code that its answer must have; no error at all when left out. */
  readonly code?: string;
}

type Kind = (number: number) => Query;

const MOST_UNDER_WAY = 100;
const PASSING = /"code":"(OVERLOADED|CIRCUIT_OPEN|AUTH_PROVIDER_UNAVAILABLE|UPSTREAM_TIMEOUT|UPSTREAM_UNAVAILABLE)"/;
/** Fewer than an upstream's bulkhead admits. */
const FILLERS = 25;
const TICK_MS = 20;

const list = '{ pins(first: 50) { nodes { id requestId status cid name origins meta delegates info } } }';
const badges = '{ issuedBadges(first: 50) { nodes { badgeId template { name } recipient { name } } } }';
const four =
  '{ pin(requestId: "pin-7") { status } badgeTemplate(templateId: "template1") { name } poolStats { ' +
  `activeWorkers } payment(paymentId: "${payment.identifier}") { memo } }`;

/** Each token comes twice: the second time it is remembered. */
const newUser: Kind = (number) => ({
  kind: 'a user new to it',
  body: { query: '{ me { uid username } }' },
  headers: { authorization: `Bearer user-${Math.floor(number / 2)}` },
});
const refusedToken: Kind = (number) => ({
  kind: 'a token that is refused',
  body: { query: '{ me { uid } }' },
  headers: { authorization: `Bearer bad-${Math.floor(number / 3)}` },
  code: 'UNAUTHENTICATED',
});
const ownCredential: Kind = (number) => ({
  kind: 'a credential of the caller',
  body: { query: '{ pin(requestId: "pin-1") { status } }' },
  headers: { 'x-pinning-token': `token-${number}` },
});
/** Each three times, so that it is worth compiling. */
const newDocument: Kind = (number) => ({
  kind: 'a document new to it',
  body: {
    query: `query q${Math.floor(number / 3)} { pin(requestId: "pin-2") { status name } poolStats { activeWorkers } }`,
  },
});
const wrongDocument: Kind = (number) => ({
  kind: 'a document that is wrong',
  body: { query: `{ pin(requestId: "pin-3") { nothing${number} } }` },
  code: 'GRAPHQL_VALIDATION_FAILED',
});

const kinds: readonly (readonly [share: number, kind: Kind])[] = [
  [
    40,
    (number) => ({
      kind: 'one pin',
      body: {
        query: 'query pin($id: ID!) { pin(requestId: $id) { requestId status cid name } }',
        variables: { id: `pin-${number % 200}` },
      },
    }),
  ],
  [14, () => ({ kind: 'a page of pins', body: { query: list } })],
  [4, () => ({ kind: 'badges, templates and holders', body: { query: badges } })],
  [8, () => ({ kind: 'all four providers', body: { query: four } })],
  [18, newUser],
  [4, refusedToken],
  [4, ownCredential],
  [4, newDocument],
  [2, wrongDocument],
  [
    2,
    (number) => ({
      kind: 'a payment that is not there',
      body: { query: `{ payment(paymentId: "payment${number}") { memo } }` },
    }),
  ],
];

const order = shuffled(kinds.flatMap(([share, kind]) => Array.from({ length: share }, () => kind)));

/** Kinds that follow one another as evenly as their shares allow. */
function shuffled<T>(items: readonly T[]): T[] {
  const step = 37;
  return items.map((_item, index) => items[(index * step) % items.length] as T);
}

/** Queries at a steady pace. */
export interface Queries {
  /** Fills the caches, which would grow for a long time at the pace of `run`. */
  fill(): Promise<void>;
  /** Asks so many a second for the time given; throws at the first answer that is not what it should be. */
  run(perSecond: number, span: Span): Promise<QueryReport>;
  /** Does something while no query is under way: what stops the gateway for long would fail those. */
  rest(work: () => Promise<void>): Promise<void>;
}

/** Makes the queries of one gateway. */
export function createQueries(rig: Rig): Queries {
  const byKind: Record<string, number> = {};
  const numbers = new Map<Kind, number>();
  const underWay = new Set<Promise<void>>();
  let [asked, leftOut, passing] = [0, 0, 0];
  let resting = false;
  let failure: unknown;

  function next(kind: Kind): Query {
    const number = numbers.get(kind) ?? 0;
    numbers.set(kind, number + 1);
    return kind(number);
  }

  function ask(): void {
    if (underWay.size >= MOST_UNDER_WAY) return void (leftOut += 1);
    const query = next(order[asked % order.length] as Kind);
    asked += 1;
    byKind[query.kind] = (byKind[query.kind] ?? 0) + 1;
    const ended = askOne(rig, query)
      .then((answered) => {
        if (!answered) passing += 1;
      })
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => underWay.delete(ended));
    underWay.add(ended);
  }

  return {
    async fill() {
      const queries = [
        [newUser, 2 * FILL_TOKENS],
        [refusedToken, 3 * FILL_TOKENS],
        [ownCredential, FILL_OTHERS],
        [newDocument, 3 * FILL_OTHERS],
        [wrongDocument, FILL_OTHERS],
      ] as const;
      for (const [kind, count] of queries) {
        let left = count;
        await Promise.all(
          Array.from({ length: FILLERS }, async () => {
            for (; left > 0; left -= 1) await askOne(rig, next(kind));
          }),
        );
      }
    },
    async run(perSecond, span) {
      let due = 0;
      let last = performance.now();
      while (performance.now() < span.until && failure === undefined) {
        await sleep(TICK_MS);
        const now = performance.now();
        // What a long pause held back is not made up for.
        due = resting ? 0 : Math.min(due + ((now - last) * perSecond) / 1_000, MOST_UNDER_WAY);
        last = now;
        for (; due >= 1; due -= 1) ask();
      }
      await Promise.all(underWay);
      if (failure !== undefined) throw failure;
      return { asked, leftOut, passing, byKind };
    },
    async rest(work) {
      resting = true;
      await Promise.all(underWay);
      await work().finally(() => {
        resting = false;
      });
    },
  };
}

/** False when it failed for a reason that passes. */
async function askOne(rig: Rig, { kind, body, headers = rig.headers, code }: Query): Promise<boolean> {
  const response = await fetch(`${rig.gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (PASSING.test(text)) return false;
  const good =
    code === undefined ? response.status === 200 && !text.includes('"errors"') : text.includes(`"code":"${code}"`);
  if (!good) throw new Error(`${kind}: ${response.status} ${text.slice(0, 200)}`);
  return true;
}
