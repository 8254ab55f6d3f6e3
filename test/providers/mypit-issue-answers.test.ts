import { describe, expect, it } from 'vitest';
import type { IssueRow } from '../../src/providers/mypit/model.js';
import {
  attempt,
  json,
  lastPage,
  openHarness,
  upstreamError,
  wireBadge,
  wireTemplate,
  type Handler,
  type MyPitHarness,
} from './mypit-support.js';

const TEMPLATE = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
type Wire = Record<string, unknown>;
type Shown = 'at once' | 'late' | 'without data';
const people = (count: number) => Array.from({ length: count }, (_, index) => `ext-${index + 1}`);

/** Issues to the recipients it is told to, who are known as `int-1` and `ext-1`, and answers what it is told to. */
async function start(
  answer: (make: (...recipients: string[]) => string[], asked: string[], nth: number) => unknown,
  shown: Shown = 'at once',
): Promise<{ made: MyPitHarness; badges: Wire[] }> {
  const badges: Wire[] = [];
  const holder: Handler = ({ holderId }) => {
    const number = /^(?:int|ext)-(\d+)$/.exec(String(holderId))?.[1];
    if (number === undefined) return json({ error: 'holder not found' }, 404);
    return json({ _id: `int-${number}`, holderId: `ext-${number}`, name: 'n' });
  };
  const made = await openHarness({
    getASingleBadgeTemplate: () => json(wireTemplate({ _id: TEMPLATE })),
    getIssuedBadges: () => lastPage(...(shown === 'late' ? [] : badges)),
    getHolders: () => lastPage(),
    getHolderById: holder,
    issueBadge: ({ recipientIds, badgeData }, nth) => {
      const make = (...recipients: string[]): string[] =>
        recipients.map((recipientId) => {
          const _id = `badge${badges.length + 1}`;
          const data = shown === 'without data' ? undefined : badgeData;
          badges.push(wireBadge({ _id, templateId: TEMPLATE, recipientId, issuedAt: Date.now(), badgeData: data }));
          return _id;
        });
      return json(answer(make, recipientIds as string[], nth));
    },
  });
  return { made, badges };
}

const issue = (made: MyPitHarness, recipientIds: readonly string[]): Promise<IssueRow[]> =>
  made.session.issue(
    { templateId: TEMPLATE, recipientIds, validityPeriodDays: undefined, type: undefined, data: {} },
    attempt(made),
  );
const outcomes = (rows: readonly IssueRow[]) => rows.map(({ outcome }) => outcome);
const short = (rows: readonly IssueRow[]) =>
  rows.map(({ recipientId, outcome, badgeId }) => `${recipientId} ${outcome} ${badgeId ?? '-'}`);
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

type Answer = Parameters<typeof start>[0];
/** What a service may say that has issued to the first two of four, and not to the others. */
const half: readonly (readonly [string, Answer])[] = [
  [
    'by its own ids, with the refused ones',
    (make) => ({
      issuedBadges: make('int-1', 'int-2'),
      status: 'partial',
      details: { successful: ['int-1', 'int-2'], failed: ['int-3', 'int-4'].map((recipientId) => ({ recipientId })) },
    }),
  ],
  [
    'by its own ids and as a success',
    (make) => ({
      issuedBadges: make('int-1', 'int-2'),
      status: 'success',
      details: { successful: ['int-1', 'int-2'], failed: ['int-3', 'int-4'].map((recipientId) => ({ recipientId })) },
    }),
  ],
  [
    'by its own ids, with words in place of badges',
    (make) => ({
      issuedBadges: [...make('int-1', 'int-2'), 'none', 'nothing'],
      status: 'success',
      details: { failed: ['int-3', 'int-4'].map((recipientId) => ({ recipientId })) },
    }),
  ],
  [
    'with more badges than recipients',
    (make) => ({ issuedBadges: [...make('ext-1', 'ext-2'), 'x', 'y', 'z'], status: 'success' }),
  ],
  [
    'with two kinds of badge ids',
    (make) => {
      const ids = make('ext-1', 'ext-2');
      return {
        issuedBadges: ids.map((id) => `urn:${id}`),
        status: 'partial',
        details: { successful: ids, failed: [] },
      };
    },
  ],
  [
    'with two kinds of badge ids, without a status',
    (make) => {
      const ids = make('ext-1', 'ext-2');
      return { issuedBadges: ids.map((id) => `urn:${id}`), details: { successful: ids } };
    },
  ],
  [
    'with the recipients in place of badges',
    (make, asked) => ({ issuedBadges: asked, status: 'partial', details: { successful: make('ext-1', 'ext-2') } }),
  ],
  ['with the recipients in place of badges alone', (make, asked) => (make('ext-1', 'ext-2'), { issuedBadges: asked })],
  [
    'with words in place of badges',
    (make) => ({ issuedBadges: [...make('ext-1', 'ext-2'), 'error:ext-3', 'error:ext-4'], status: 'partial' }),
  ],
  [
    'with one badge of each twice',
    (make) => {
      const ids = make('ext-1', 'ext-2');
      return { issuedBadges: [...ids, ...ids], status: 'success' };
    },
  ],
  [
    'with a word of its own',
    (make) => ({ issuedBadges: [...make('ext-1', 'ext-2'), 'x', 'y'], status: 'some_issued' }),
  ],
  [
    'in capitals',
    (make) => ({
      status: 'partial',
      issuedBadges: make('EXT-1', 'EXT-2'),
      details: { successful: ['EXT-1', 'EXT-2'], failed: ['EXT-3', 'EXT-4'].map((recipientId) => ({ recipientId })) },
    }),
  ],
];

describe('an answer that names not everybody', () => {
  it.each(half)('gives nobody a badge who is not named: %s', async (_name, answer) => {
    const late = await start(answer, 'late');
    expect((await upstreamError(issue(late.made, people(4)))).kind).toBe('outcome_unknown');
  });

  it.each(half.filter(([name]) => name !== 'in capitals'))('is looked behind: %s', async (_name, answer) => {
    for (const shown of ['at once', 'without data'] as const) {
      const { made } = await start(answer, shown);
      expect(outcomes(await issue(made, people(4)))).toEqual(['ISSUED', 'ISSUED', 'UNKNOWN', 'UNKNOWN']);
      expect(made.bodies('issueBadge')).toHaveLength(1);
    }
  });

  it('is believed when it counts as many new badges as there are others than those it refuses by name', async () => {
    const { made } = await start(
      (make) => ({
        issuedBadges: make('ext-1', 'ext-2'),
        status: 'partial',
        details: { failed: [{ recipientId: 'ext-3' }] },
      }),
      'late',
    );
    expect(short(await issue(made, people(3)))).toEqual(['ext-1 ISSUED -', 'ext-2 ISSUED -', 'ext-3 FAILED -']);
  });

  it('of a failure believes no success, not even by name', async () => {
    const { made } = await start(
      (make) => (
        make('ext-1'),
        { status: 'failed', details: { successful: ['ext-2'], failed: [{ recipientId: 'ext-1' }] } }
      ),
    );
    expect(short(await issue(made, people(2)))).toEqual(['ext-1 ISSUED badge1', 'ext-2 UNKNOWN -']);
  });

  it('takes no id of a recipient for that of a badge', async () => {
    const { made } = await start(
      () => ({ status: 'partial', details: { successful: ['int-1'], failed: [{ recipientId: 'ext-2' }] } }),
      'late',
    );
    expect(short(await issue(made, people(2)))).toEqual(['ext-1 ISSUED -', 'ext-2 FAILED -']);
  });
});

describe('an answer that came before', () => {
  it.each(['at once', 'late', 'without data'] as const)(
    'is none to the next batches; the list shows: %s',
    async (shown) => {
      let first: unknown;
      const { made, badges } = await start(
        (make, asked) => (first ??= { issuedBadges: make(...asked), status: 'success' }),
        shown,
      );
      const rows = await issue(made, people(25));
      expect(outcomes(rows)).toEqual([...times(10, 'ISSUED'), ...times(15, 'UNKNOWN')]);
      expect(badges).toHaveLength(10);
    },
  );

  it('and named everybody is none either', async () => {
    const { made, badges } = await start(() => ({ issuedBadges: ['badge0'], details: { successful: ['ext-1'] } }));
    badges.push(wireBadge({ _id: 'badge0', templateId: TEMPLATE, recipientId: 'ext-1', badgeData: undefined }));
    expect((await upstreamError(issue(made, people(1)))).kind).toBe('outcome_unknown');
  });
});

it('a badge that an answer names and that bears the mark of another key is none of these', async () => {
  const { made, badges } = await start((make) => {
    const issuedBadges = make('ext-1', 'ext-2');
    badges[1] = { ...badges[1], badgeData: { gw_idem: 'another' } };
    return { issuedBadges, status: 'success' };
  });
  expect(short(await issue(made, people(2)))).toEqual(['ext-1 ISSUED badge1', 'ext-2 UNKNOWN -']);
});

describe('a look that shows fewer badges than the answer counted', () => {
  it('leaves those unknown who are not among them', async () => {
    const { made } = await start((make) => ({ issuedBadges: make(...times(4, 'ext-1')), status: 'success' }));
    expect(short(await issue(made, people(4)))).toEqual([
      'ext-1 ISSUED badge1',
      ...['ext-2', 'ext-3', 'ext-4'].map((id) => `${id} UNKNOWN -`),
    ]);
    const ghosts = await start((make) => ({ issuedBadges: [...make('ext-1', 'ext-2'), 'x', 'y'], status: 'success' }));
    expect(outcomes(await issue(ghosts.made, people(4)))).toEqual(['ISSUED', 'ISSUED', 'UNKNOWN', 'UNKNOWN']);
    expect(ghosts.made.bodies('getIssuedBadges')).toHaveLength(3);
  });

  it('proves nothing while one of the badges cannot be read, or nobody can tell whose it is', async () => {
    for (const odd of [{ _id: 'badge9', templateId: 7 }, undefined]) {
      const { made, badges } = await start((make) => {
        const issuedBadges = make('ext-1', odd === undefined ? 'whoever' : 'ext-2');
        if (odd) badges[1] = odd;
        return { issuedBadges, status: 'success' };
      });
      expect(short(await issue(made, people(2)))).toEqual(['ext-1 ISSUED badge1', 'ext-2 ISSUED -']);
    }
  });

  it('is late when it shows none at all', async () => {
    const { made } = await start((make, asked) => ({ issuedBadges: make(...asked), status: 'success' }), 'late');
    expect(outcomes(await issue(made, people(3)))).toEqual(times(3, 'ISSUED'));
  });
});

describe('a failure of one recipient', () => {
  const failing = (error: string, done: boolean, shown: Shown = 'at once') =>
    start((make) => {
      const [issued] = make('ext-1');
      if (done) make('ext-2');
      return { issuedBadges: [issued], status: 'partial', details: { failed: [{ recipientId: 'ext-2', error }] } };
    }, shown);

  it.each([
    'Unknown error',
    'unknown',
    'Recipient: unknown error',
    'template not found',
    'limit',
    'wallet does not exist',
    'recipient: unknown wallet',
  ])('that says nothing of the holder is looked behind: %s', async (error) => {
    const { made } = await failing(error, true);
    expect(short(await issue(made, people(2)))).toEqual(['ext-1 ISSUED badge1', 'ext-2 ISSUED badge2']);
  });

  it.each(['Unknown error', 'unknown', 'Internal Server Error', 'request timed out', 'Recipient: unknown error'])(
    'that knows no end has none: %s',
    async (error) => {
      const { made } = await failing(error, false);
      expect(short(await issue(made, people(2)))).toEqual(['ext-1 ISSUED badge1', 'ext-2 UNKNOWN -']);
    },
  );

  it.each([
    'holder not found',
    'Holder ext-2 not found',
    'recipient with id "ext-2" does not exist',
    'unknown recipient',
    'no such holder: ext-2',
    'HOLDER_NOT_FOUND',
    'recipientId is unknown',
    "The holder doesn't exist",
  ])('for want of the holder is told as that: %s', async (error) => {
    const { made } = await failing(error, false);
    expect((await issue(made, people(2)))[1]).toMatchObject({
      outcome: 'FAILED',
      message: 'The provider knows no such holder.',
    });
  });
});
