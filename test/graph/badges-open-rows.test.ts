import { describe, expect, it } from 'vitest';
import { json, lastPage, wireBadge, wireTemplate } from '../providers/mypit-support.js';
import { startBadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach } from '../support/graph-payments.js';

closeAfterEach();

type Wire = Record<string, unknown>;
interface Row {
  readonly recipientId: string;
  readonly outcome: string;
  readonly badgeId: string | null;
}
const people = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`);

/** An issuer that loses the answer to the first batch, and whose list is late until it is told otherwise. */
async function issuer(show: 'marker' | 'nothing' = 'marker') {
  const badges: Wire[] = [];
  const state = { late: true, broken: false };
  const graph = await startBadgesGraph({
    getASingleBadgeTemplate: () => json(wireTemplate({ _id: 't1' })),
    getIssuedBadges: () => (state.broken ? json('', 401) : lastPage(...(state.late ? [] : badges))),
    issueBadge: ({ recipientIds, badgeData }, nth) => {
      const made = (recipientIds as string[]).map((recipientId) => {
        const badge = { _id: `b-${recipientId}`, templateId: 't1', recipientId, issuedAt: Date.now() };
        badges.push(wireBadge({ ...badge, badgeData: show === 'marker' ? badgeData : undefined }));
        return badge._id;
      });
      if (nth === 0) return undefined;
      const [refused] = (recipientIds as string[]).filter((id) => id === 'h12');
      if (refused === undefined) return json({ status: 'success', issuedBadges: made });
      const successful = (recipientIds as string[]).filter((id) => id !== refused);
      return json({ status: 'partial', details: { successful, failed: [{ recipientId: refused, error: 'limit' }] } });
    },
  });
  const issue = async (count: number): Promise<readonly Row[]> => {
    const answer = await graph.query<{ field: { results: Row[] } }>(
      `mutation ($input: IssueBadgeInput!) { field: issueBadge(input: $input) {
         ... on IssueBadgePayload { results { recipientId outcome badgeId } } } }`,
      { input: { templateId: 't1', recipientIds: people(count), idempotencyKey: 'key-1' } },
    );
    return answer.data?.field.results ?? [];
  };
  return { graph, badges, state, issue };
}
const short = (rows: readonly Row[]) => rows.map(({ outcome, badgeId }) => `${outcome} ${badgeId ?? '-'}`);
const all = (count: number) => people(count).map((id) => `ISSUED b-${id}`);
const outcomes = (rows: readonly Row[]) => rows.map(({ outcome }) => outcome);

describe('rows that stayed unknown under a key', () => {
  it.each(['marker', 'nothing'] as const)(
    'are told as issued once the list shows them; data shown: %s',
    async (show) => {
      const { graph, state, issue } = await issuer(show);
      const first = await issue(12);
      expect(outcomes(first)).toEqual([...Array(10).fill('UNKNOWN'), 'ISSUED', 'ISSUED']);
      expect(await issue(12)).toEqual(first);
      state.late = false;
      expect(short(await issue(12))).toEqual(all(12));
      const calls = graph.seen().length;
      expect(short(await issue(12))).toEqual(all(12));
      expect(graph.seen()).toHaveLength(calls);
      expect(graph.bodies('issueBadge')).toHaveLength(2);
    },
  );

  it('stay as they were while the list cannot be read, or shows some of them only', async () => {
    const { badges, state, issue } = await issuer();
    const first = await issue(12);
    state.broken = true;
    expect(await issue(12)).toEqual(first);
    Object.assign(state, { broken: false, late: false });
    const [taken] = badges.splice(0, 1);
    expect(outcomes(await issue(12))).toEqual(['UNKNOWN', ...Array(11).fill('ISSUED')]);
    if (taken) badges.push(taken);
    expect(short(await issue(12))).toEqual(all(12));
  });

  it('take one with them that was told as failed, by our mark alone', async () => {
    for (const show of ['marker', 'nothing'] as const) {
      const { state, issue } = await issuer(show);
      expect((await issue(13))[12]?.outcome).toBe('FAILED');
      state.late = false;
      const rows = await issue(13);
      expect(short(rows.slice(0, 12))).toEqual(all(12));
      expect(rows[12]?.outcome).toBe(show === 'marker' ? 'ISSUED' : 'FAILED');
    }
  });
});
