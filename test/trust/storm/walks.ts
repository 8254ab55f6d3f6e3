import { expect } from 'vitest';
import type { GraphAnswer } from '../../support/create-test-app.js';
import { expectErrorsToBeOwed, meeting, wrongFields } from './compare.js';
import { RENAMED } from './odd-content.js';
import type { StormWorld } from './world.js';

type Row = Readonly<Record<string, unknown>>;
interface Page {
  readonly it: {
    readonly totalCount?: number | null;
    readonly edges: readonly ({ readonly cursor: string; readonly node: Row | null } | null)[] | null;
    readonly pageInfo: {
      readonly hasNextPage: boolean;
      readonly hasPreviousPage: boolean;
      readonly startCursor: string | null;
      readonly endCursor: string | null;
    };
  } | null;
}
interface Listing {
  readonly field: string;
  readonly id: string;
  readonly node: string;
  readonly more?: string;
  /** Pins can be walked from their end too. */
  readonly backward?: true;
}

const pinNode = 'requestId status createdAt cid name meta info delegates';
const pins = (more = ''): Listing => ({ field: 'pins', id: 'requestId', node: pinNode, more, backward: true });
const listings: readonly Listing[] = [
  pins(),
  pins(),
  pins('filter: { status: [PINNED] }'),
  pins('filter: { status: [PINNED, QUEUED, PINNING, FAILED], name: "a", match: IPARTIAL }'),
  pins('filter: { createdAfter: "2020-01-01T00:00:00Z" }'),
  { field: 'badgeTemplates', id: 'templateId', node: 'templateId name type price isActive' },
  { field: 'holders', id: 'holderId', node: 'holderId name email externalId' },
  { field: 'issuedBadges', id: 'badgeId', node: 'badgeId templateId recipientId state data' },
  {
    field: 'issuedBadges',
    id: 'badgeId',
    node: 'badgeId state template { name } recipient { name }',
    more: 'filter: { state: ACTIVE }',
  },
  { field: 'poolBlocks', id: 'blockId', node: 'blockId chain hash height' },
  { field: 'poolBlocks', id: 'blockId', node: 'blockId chain hash', more: 'commodity: "BTC"' },
  { field: 'poolShifts', id: 'shiftId', node: 'shiftId difficulty score' },
];
export const listingCount = listings.length;
export const pinListings = listings.flatMap(({ field }, index) => (field === 'pins' ? [index] : []));
const MOST_PAGES = 120;
const MOST_TRIES = 4;

function documentOf({ field, node, more = '' }: Listing, direction: 'first' | 'last'): string {
  const cursor = direction === 'first' ? 'after' : 'before';
  const total = field === 'pins' ? 'totalCount' : '';
  return `query ($n: Int, $at: String) {
    it: ${field}(${direction}: $n, ${cursor}: $at ${more}) {
      ${total} edges { cursor node { ${node} } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }`;
}

/** Rows in the order of the listing; null where one could not be read. */
interface Walked {
  readonly rows: readonly (Row | null)[];
  readonly totals: readonly (number | null | undefined)[];
}

async function walk(
  ask: (text: string, variables: object) => Promise<GraphAnswer<Page>>,
  listing: Listing,
  direction: 'first' | 'last',
  size: number,
): Promise<Walked> {
  const text = documentOf(listing, direction);
  const rows: (Row | null)[] = [];
  const totals: (number | null | undefined)[] = [];
  let at: string | null = null;
  for (let pages = 0; ; pages += 1) {
    expect(pages, `pages of ${listing.field}`).toBeLessThan(MOST_PAGES);
    const { data } = await ask(text, { n: size, at });
    const page = data?.it;
    if (!page) throw new Error(`${listing.field}: no page under a clear sky`);
    const found = (page.edges ?? []).map((edge) => edge?.node ?? null);
    if (direction === 'first') rows.push(...found);
    else rows.unshift(...found);
    totals.push(page.totalCount);
    const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
    if (!(direction === 'first' ? hasNextPage : hasPreviousPage)) return { rows, totals };
    at = direction === 'first' ? endCursor : startCursor;
    expect(at, `${listing.field}: more pages without a cursor`).not.toBeNull();
  }
}

/** Walks a listing to its end, and holds it to hold every row once. A page that fails is asked for again, at last when it is calm. */
export async function walkAll(world: StormWorld, which: number, size: number, backward: boolean): Promise<void> {
  const listing = listings[which % listings.length] as Listing;
  const direction = backward && listing.backward === true ? 'last' : 'first';
  const { weather } = world;
  const truth = await walk((text, values) => world.clear<Page>(text, values), listing, direction, 100);
  const names: string[] = [];
  const ask = async (text: string, values: object): Promise<GraphAnswer<Page>> => {
    for (let tries = 1; ; tries += 1) {
      weather.calm = tries >= MOST_TRIES;
      const [answer, met] = await meeting(weather, () => world.storm<Page>(text, values));
      weather.calm = false;
      names.push(...met.names);
      const what = `${listing.field}(${direction}) [${met.names.join(', ')}]`;
      expectErrorsToBeOwed(what, answer, met);
      const { it } = answer.data ?? { it: null };
      if (it) {
        const wrong = (it.edges ?? []).flatMap((edge, index) =>
          rowFaults(edge?.node ?? null, index, answer, listing, truth, {
            excused: weather.excused,
            missing: met.blinked,
          }),
        );
        expect(wrong, what).toEqual([]);
        return answer;
      }
      expect(answer.errors?.length, `${what}: no page and no code`).toBeGreaterThan(0);
      if (tries > 60) throw new Error(`${what}: ${JSON.stringify(answer.errors)} though it is calm`);
      if (tries >= MOST_TRIES) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const { rows, totals } = await walk(ask, listing, direction, size);
  const what = `${listing.field}(${direction}: ${size} ${listing.more ?? ''}) [${names.join(', ')}]`;
  const idsOf = (list: readonly (Row | null)[]) => list.flatMap((row) => (row ? [String(row[listing.id])] : []));
  const [got, wanted] = [idsOf(rows), idsOf(truth.rows)];
  expect(new Set(got).size, `${what}: rows are there twice`).toBe(got.length);
  const named = listing.more?.includes('name:') === true;
  const lost = named && weather.excused.has(RENAMED) ? [] : wanted.filter((id) => !got.includes(id));
  const unreadable = rows.length - got.length;
  expect(lost.length <= unreadable ? [] : lost, `${what}: rows are lost`).toEqual([]);
  expect(got, `${what}: in the upstream’s order`).toEqual(wanted.filter((id) => got.includes(id)));
  if (listing.field === 'pins' && !weather.excused.has('totalCount'))
    for (const total of totals) expect([wanted.length, null], what).toContain(total);
}

/** What is wrong with one row of a page. */
function rowFaults(
  node: Row | null,
  index: number,
  answer: GraphAnswer<unknown>,
  { id, more }: Listing,
  truth: Walked,
  allowed: { readonly excused: ReadonlySet<string>; readonly missing: boolean },
): string[] {
  const errors = answer.errors ?? [];
  const path = ['it', 'edges', index, 'node'];
  const right = node === null ? {} : truth.rows.find((row) => row?.[id] === node[id]);
  // Nobody knows whether a row whose name cannot be read is one of those that were asked for.
  if (!right && more?.includes('name:') && allowed.excused.has('name')) return [];
  if (!right) return [`a row that is not there: ${JSON.stringify(node)}`];
  return wrongFields(node, right, errors, allowed, path);
}
