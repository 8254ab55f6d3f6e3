import { describe, expect, it } from 'vitest';
import type { IssueRow } from '../../src/providers/mypit/model.js';
import {
  attempt,
  cut,
  json,
  lastPage,
  MARKER,
  openHarness,
  upstreamError,
  wireBadge,
  wireHolder,
  wireTemplate,
  type Handler,
  type MyPitHarness,
} from './mypit-support.js';

const TEMPLATE = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const people = ['h1', 'h2', 'h3'];
const holders = people.map((id) => wireHolder({ _id: id, holderId: `crew-${id}` }));
type Wire = Record<string, unknown>;

/** An upstream that names the recipients of its badges by the integrator's ids, whatever it was asked with. */
async function start(show: 'marker' | 'nothing', issueBadge: (make: () => string[]) => ReturnType<Handler>) {
  const badges: Wire[] = [];
  const made = await openHarness({
    getASingleBadgeTemplate: () => json(wireTemplate({ _id: TEMPLATE })),
    getIssuedBadges: () => lastPage(...badges),
    getHolders: () => lastPage(...holders),
    getHolderById: ({ holderId }) =>
      json(holders.find((row) => row['_id'] === holderId || row['holderId'] === holderId) ?? { error: 'none' }),
    issueBadge: ({ recipientIds, badgeData, templateId }) =>
      issueBadge(() =>
        (recipientIds as string[]).map((id) => {
          put({ _id: `b-${id}`, recipientId: `crew-${id}`, templateId, badgeData });
          return `b-${id}`;
        }),
      ),
  });
  const put = (badge: Wire): void => {
    const { badgeData, ...rest } = badge;
    badges.push(wireBadge({ issuedAt: Date.now(), ...rest, badgeData: show === 'marker' ? badgeData : undefined }));
  };
  return { made, put };
}

const issue = (made: MyPitHarness, recipientIds: readonly string[] = people): Promise<IssueRow[]> =>
  made.session.issue(
    { templateId: TEMPLATE, recipientIds, validityPeriodDays: undefined, type: undefined, data: {} },
    attempt(made),
  );
const short = (rows: readonly IssueRow[] | undefined) =>
  rows?.map(({ recipientId, outcome, badgeId }) => `${recipientId} ${outcome} ${badgeId ?? '-'}`);
const all = people.map((id) => `${id} ISSUED b-${id}`);

describe('badges that name their recipients by the other id', () => {
  it.each(['marker', 'nothing'] as const)('are found after a lost answer; data shown: %s', async (show) => {
    const { made } = await start(show, (make) => (make(), cut({}, 0)));
    expect(short(await issue(made))).toEqual(all);
    expect(made.bodies('issueBadge')).toHaveLength(1);
  });

  it('are told apart where the answer names badges only', async () => {
    const { made } = await start('marker', (make) => json({ issuedBadges: make().toReversed(), status: 'success' }));
    expect(short(await issue(made))).toEqual(all);
  });

  it('are not issued again for a key that an earlier life of this process has used', async () => {
    const { made, put } = await start('marker', (make) => json({ issuedBadges: make(), status: 'success' }));
    for (const id of people)
      put({ _id: `b-${id}`, recipientId: `crew-${id}`, templateId: TEMPLATE, badgeData: { gw_idem: MARKER } });
    expect(short(await issue(made))).toEqual(all);
    expect(made.bodies('issueBadge')).toEqual([]);
    const input = { templateId: TEMPLATE, recipientIds: people, validityPeriodDays: undefined, type: undefined };
    expect(short(await made.session.findIssued({ ...input, data: {} }, attempt(made)))).toEqual(all);
  });

  it('stop the sending when nobody can tell whose badge of this key it is', async () => {
    const { made, put } = await start('marker', (make) => json({ issuedBadges: make(), status: 'success' }));
    put({ _id: 'b-1', recipientId: 'nobody-knows', templateId: TEMPLATE, badgeData: { gw_idem: MARKER } });
    expect((await upstreamError(issue(made))).kind).toBe('outcome_unknown');
    expect(made.bodies('issueBadge')).toEqual([]);
  });

  it('of others cost nothing: who is asked for by that id is found without the holders', async () => {
    const { made, put } = await start('marker', (make) => json({ issuedBadges: make(), status: 'success' }));
    put({ _id: 'b-0', recipientId: 'somebody-else', templateId: TEMPLATE, badgeData: { gw_idem: 'another' } });
    for (const id of people)
      put({ _id: `b-${id}`, recipientId: `crew-${id}`, templateId: TEMPLATE, badgeData: { gw_idem: MARKER } });
    const rows = await issue(
      made,
      people.map((id) => `crew-${id}`),
    );
    expect(rows.map(({ outcome }) => outcome)).toEqual(['ISSUED', 'ISSUED', 'ISSUED']);
    expect(made.seen()).toEqual(['getASingleBadgeTemplate', 'getIssuedBadges']);
  });
});
