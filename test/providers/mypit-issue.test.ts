import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors.js';
import type { IssueInput, IssueRow } from '../../src/providers/mypit/model.js';
import {
  attempt,
  json,
  lastPage,
  MARKER,
  openHarness,
  rejection,
  upstreamError,
  USER_ID,
  wireBadge,
  wireTemplate,
  type Handler,
  type MyPitHarness,
} from './mypit-support.js';

const harness = (handlers: Record<string, Handler>, stopping?: () => boolean) =>
  openHarness(
    { getASingleBadgeTemplate: () => json(wireTemplate()), getIssuedBadges: () => lastPage(), ...handlers },
    stopping ? { stopping } : {},
  );

const T1 = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const people = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`);
const input = (recipientIds: readonly string[], changes: Partial<IssueInput> = {}): IssueInput => ({
  templateId: T1,
  recipientIds,
  validityPeriodDays: undefined,
  type: undefined,
  data: { rows: 2 },
  ...changes,
});
const short = (rows: readonly IssueRow[]) =>
  rows.map(({ recipientId, outcome, badgeId }) => `${recipientId} ${outcome} ${badgeId ?? '-'}`);
const recipients = (body: Record<string, unknown>) => body['recipientIds'] as string[];
const issue = (made: MyPitHarness, asked: IssueInput) => made.session.issue(asked, attempt(made));

/** An upstream that remembers the badges it issued. */
function memory(
  shown: 'marker' | 'hidden',
  send: (apply: () => string[], nth: number, body: Record<string, unknown>) => ReturnType<Handler>,
): Record<string, Handler> {
  const badges: Record<string, unknown>[] = [];
  return {
    getIssuedBadges: () => lastPage(...badges),
    issueBadge: (body, nth) =>
      send(
        () =>
          recipients(body).map((recipientId) => {
            const badge = wireBadge({
              _id: `b-${recipientId}`,
              recipientId,
              templateId: body['templateId'],
              issuedAt: Date.now(),
              badgeData: shown === 'marker' ? body['badgeData'] : undefined,
            });
            badges.push(badge);
            return `b-${recipientId}`;
          }),
        nth,
        body,
      ),
  };
}
const success = (issuedBadges: string[]) => json({ issuedBadges, status: 'success' });

describe('issuing', () => {
  it('sends none to those who have a badge of a sending that people called nothing, and tells none of those', async () => {
    const former = wireBadge({ _id: 'old', recipientId: 'h1', templateId: T1, badgeData: { gw_idem: 'former' } });
    const own = wireBadge({ _id: 'own', recipientId: 'h2', templateId: T1, badgeData: { gw_idem: MARKER } });
    const both = wireBadge({ _id: 'older', recipientId: 'h2', templateId: T1, badgeData: { gw_idem: 'former' } });
    const made = await harness({
      getIssuedBadges: () => lastPage(own, former, both),
      issueBadge: (body) => success(recipients(body).map((id) => `b-${id}`)),
    });
    const sending = { ...attempt(made), former: [{ marker: 'former', objectId: undefined }] };
    const rows = await made.session.issue(input(people(3)), sending);
    expect(short(rows)).toEqual(['h0 ISSUED b-h0', 'h1 FAILED -', 'h2 ISSUED own']);
    expect(rows[1]?.message).toMatch(/a sending before/);
  });

  it('reads the template and the badges, then sends batches of ten and learns whose badge is which', async () => {
    const made = await harness(memory('marker', (apply) => success(apply().toReversed())));
    const sending = attempt(made);
    const started = Date.now();
    const rows = await made.session.issue(input(people(23)), sending);
    expect(Date.now() - started).toBeGreaterThanOrEqual(195);
    expect(short(rows)).toEqual(people(23).map((id) => `${id} ISSUED b-${id}`));
    expect(made.seen()).toEqual([
      'getASingleBadgeTemplate',
      'getIssuedBadges',
      'issueBadge',
      'issueBadge',
      'issueBadge',
      'getIssuedBadges',
    ]);
    expect(sending.sentAfter.map((seen) => seen.length)).toEqual([2, 3, 4]);
    const bodies = made.bodies('issueBadge');
    expect(bodies.map((body) => recipients(body).length)).toEqual([10, 10, 3]);
    expect(bodies[0]).toEqual({
      userId: USER_ID,
      validityPeriod: 365,
      templateId: T1,
      type: 'achievement',
      badgeData: { rows: 2, gw_idem: MARKER },
      recipientIds: people(10),
    });
  });

  it('to one needs no look afterwards', async () => {
    const made = await harness({ issueBadge: () => success(['b1']) });
    expect(await issue(made, input(['h1'], { validityPeriodDays: 7 }))).toEqual([
      { recipientId: 'h1', outcome: 'ISSUED', badgeId: 'b1', message: null },
    ]);
    expect(made.seen()).toHaveLength(3);
    expect(made.bodies('issueBadge')[0]).toMatchObject({ validityPeriod: 7 });
  });

  it('sends nothing for a template that is missing, inactive or of another type', async () => {
    const missing = await harness({ getASingleBadgeTemplate: () => json({ error: 'none' }, 404) });
    expect((await upstreamError(issue(missing, input(['h1'])))).kind).toBe('not_found');
    const inactive = await harness({ getASingleBadgeTemplate: () => json(wireTemplate({ isActive: false })) });
    expect((await upstreamError(issue(inactive, input(['h1'])))).kind).toBe('conflict');
    const other = await harness({});
    expect(await rejection(issue(other, input(['h1'], { type: 'FINANCE' })))).toMatchObject({
      issues: [{ path: ['input', 'type'] }],
    });
    for (const made of [missing, inactive, other]) expect(made.seen()).not.toContain('issueBadge');
  });

  it('sends an unknown type back as it came', async () => {
    const made = await harness({
      getASingleBadgeTemplate: () => json(wireTemplate({ type: 'aviation', validityPeriod: null })),
      issueBadge: () => success(['b1']),
    });
    await issue(made, input(['h1']));
    expect(made.bodies('issueBadge')[0]).toMatchObject({ type: 'aviation', validityPeriod: 0 });
  });

  it('says for each recipient what the upstream said', async () => {
    const made = await harness({
      issueBadge: () =>
        json({
          status: 'partial',
          details: {
            successful: ['h0'],
            failed: [{ recipientId: 'h1', error: 'holder not found: secret detail' }, { recipientId: 'h2' }],
          },
        }),
    });
    const rows = await issue(made, input(people(3)));
    expect(short(rows)).toEqual(['h0 ISSUED -', 'h1 FAILED -', 'h2 FAILED -']);
    expect(rows.map(({ message }) => message)).toEqual([
      null,
      'The provider knows no such holder.',
      'The provider did not issue this badge.',
    ]);
  });

  it('goes on after a batch that is refused or lost', async () => {
    const made = await harness(
      memory('marker', (apply, nth) => {
        if (nth === 0) return json({ error: 'bad' }, 400);
        if (nth === 1) {
          apply();
          return undefined;
        }
        return nth === 2 ? json({ error: 'no' }, 403) : success(apply());
      }),
    );
    const rows = await issue(made, input(people(40)));
    expect(['UNKNOWN', 'ISSUED', 'UNKNOWN', 'ISSUED']).toEqual([0, 10, 20, 30].map((from) => rows[from]?.outcome));
    expect(new Set(rows.slice(0, 10).map(({ outcome }) => outcome))).toEqual(new Set(['UNKNOWN']));
    expect(rows[12]).toMatchObject({ badgeId: 'b-h12' });
    expect(made.bodies('issueBadge')).toHaveLength(4);
  });

  it.each([
    ['401', () => json({ error: 'x' }, 401), 'unauthorized'],
    ['429', () => json('', 429), 'rate_limited'],
    ['403', () => json('', 403), 'forbidden'],
  ] as const)('stops at the first batch when %s says that nothing can be sent', async (_name, handler, kind) => {
    const made = await harness({ issueBadge: handler });
    expect((await upstreamError(issue(made, input(people(30))))).kind).toBe(kind);
    expect(made.bodies('issueBadge')).toHaveLength(1);
  });

  it('is refused as a whole only when a limit of ours stops the first batch', async () => {
    const made = await harness(memory('marker', (apply) => success(apply())));
    const limited = (after: number) =>
      made.open({
        onAttempt: (_provider, operation) => {
          if (operation === 'issueBadge' && made.bodies('issueBadge').length >= after)
            throw new GatewayError('TOO_MANY_REQUESTS', 'enough');
        },
      });
    expect(await rejection(limited(0).issue(input(people(20)), attempt(made)))).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
    });
    const rows = await limited(1).issue(input(people(20)), attempt(made));
    expect([rows[0]?.outcome, rows[19]?.outcome]).toEqual(['ISSUED', 'FAILED']);
  });
});

describe('a lost answer', () => {
  const losses: [string, ReturnType<Handler>][] = [
    ['cut', undefined],
    ['500', json({ error: 'Server Error' }, 500)],
    ['html', json('<html>')],
    ['confirmation', json({ message: 'ok' })],
    ['fewer ids', json({ issuedBadges: ['b-h0'], status: 'success' })],
  ];

  it.each(losses)('(%s) is settled by looking, never by sending again', async (_name, answer) => {
    for (const shown of ['marker', 'hidden'] as const) {
      const made = await harness(
        memory(shown, (apply) => {
          apply();
          return answer;
        }),
      );
      expect(short(await issue(made, input(people(3))))).toEqual(people(3).map((id) => `${id} ISSUED b-${id}`));
      expect(made.bodies('issueBadge')).toHaveLength(1);
    }
  });

  it('leaves those unknown whose badge is not found, after two looks', async () => {
    const made = await harness({
      getIssuedBadges: (_body, nth) =>
        lastPage(...(nth === 0 ? [] : [wireBadge({ _id: 'b0', recipientId: 'h0', issuedAt: Date.now() })])),
      issueBadge: () => undefined,
    });
    const rows = await issue(made, input(people(2)));
    expect(short(rows)).toEqual(['h0 ISSUED b0', 'h1 UNKNOWN -']);
    expect(made.seen().filter((name) => name === 'getIssuedBadges')).toHaveLength(3);
  });

  it.each([
    [-299_000, 'ISSUED'],
    [-301_000, 'UNKNOWN'],
  ])('takes a new badge that the upstream dates %i ms from the sending for: %s', async (offset, outcome) => {
    const startedAt = Date.now();
    const badge = wireBadge({ _id: 'b0', recipientId: 'h0', issuedAt: startedAt + offset, badgeData: undefined });
    const marked = wireBadge({ _id: 'b1', recipientId: 'h1', badgeData: { gw_idem: MARKER } });
    const made = await harness({
      getIssuedBadges: (_body, nth) => lastPage(...(nth === 0 ? [] : [badge, marked])),
      issueBadge: () => undefined,
    });
    const rows = await made.session.issue(input(people(2)), attempt(made, startedAt));
    expect(rows.map((row) => row.outcome)).toEqual([outcome, 'ISSUED']);
  });

  it('is unknown when nothing at all is known', async () => {
    const made = await harness({ issueBadge: () => undefined });
    expect((await upstreamError(issue(made, input(people(20))))).kind).toBe('outcome_unknown');
    expect(made.bodies('issueBadge')).toHaveLength(2);
  });

  it('is not settled by badges of others, of before, or of another key', async () => {
    const strange = [wireBadge({ _id: 'before', recipientId: 'h0', issuedAt: Date.now(), badgeData: undefined })];
    const late = [
      wireBadge({ _id: 'key', recipientId: 'h0', issuedAt: Date.now(), badgeData: { gw_idem: 'other' } }),
      wireBadge({ _id: 'unmarked', recipientId: 'h0', issuedAt: Date.now(), badgeData: {} }),
      wireBadge({ _id: 'template', recipientId: 'h0', templateId: 'x', issuedAt: Date.now() }),
      wireBadge({ _id: 'old', recipientId: 'h0', issuedAt: Date.now() - 600_000, badgeData: undefined }),
    ];
    const made = await harness({
      getIssuedBadges: (_body, nth) => lastPage(...strange, ...(nth === 0 ? [] : late)),
      issueBadge: () => undefined,
    });
    expect((await upstreamError(issue(made, input(['h0'])))).kind).toBe('outcome_unknown');
  });

  it('is not guessed at when not all badges could be read before, but a marked one is', async () => {
    const likely = wireBadge({ _id: 'likely', recipientId: 'h0', issuedAt: Date.now(), badgeData: undefined });
    const marked = wireBadge({
      _id: 'marked',
      recipientId: 'h1',
      issuedAt: Date.now(),
      badgeData: { gw_idem: MARKER },
    });
    let look = -1;
    const made = await harness({
      getIssuedBadges: (body) => {
        const { cursor } = body['paginationOpts'] as { cursor: string | null };
        if (cursor === null) look += 1;
        if (look > 0) return lastPage(likely, marked);
        const page = Number(cursor ?? 0);
        return json({
          page: [wireBadge({ _id: `row-${page}`, recipientId: 'other', badgeData: { gw_idem: 'another' } })],
          hasMore: true,
          cursor: String(page + 1),
        });
      },
      issueBadge: () => undefined,
    });
    expect(short(await issue(made, input(people(2))))).toEqual(['h0 UNKNOWN -', 'h1 ISSUED marked']);
    expect(made.bodies('issueBadge')).toHaveLength(1);
  });

  it('leaves unknown what lies beyond twenty pages', async () => {
    const made = await harness({
      getIssuedBadges: (body) => {
        const page = Number((body['paginationOpts'] as { cursor: string | null }).cursor ?? 0);
        const row =
          page === 19
            ? wireBadge({ _id: 'last', recipientId: 'h0', badgeData: { gw_idem: MARKER } })
            : wireBadge({
                _id: page === 20 ? 'beyond' : `row-${page}`,
                recipientId: page === 20 ? 'h1' : 'other',
                badgeData: { gw_idem: page === 20 ? MARKER : 'another' },
              });
        return json({ page: [row], hasMore: page < 20, cursor: String(page + 1) });
      },
      issueBadge: () => undefined,
    });
    expect(short(await issue(made, input(people(2))))).toEqual(['h0 ISSUED last', 'h1 UNKNOWN -']);
    expect(made.bodies('issueBadge').map(recipients)).toEqual([['h1']]);
  });

  it('is not guessed at when two new badges could be it', async () => {
    const two = ['a', 'b'].map((_id) =>
      wireBadge({ _id, recipientId: 'h0', issuedAt: Date.now(), badgeData: undefined }),
    );
    const made = await harness({
      getIssuedBadges: (_body, nth) => lastPage(...(nth === 0 ? [] : two)),
      issueBadge: () => undefined,
    });
    expect((await upstreamError(issue(made, input(['h0'])))).kind).toBe('outcome_unknown');
  });
});

describe('after a restart', () => {
  const own = (recipientId: string) => wireBadge({ _id: `b-${recipientId}`, recipientId });

  it('whoever has a badge of this key gets no second one', async () => {
    const made = await harness({
      getIssuedBadges: () => lastPage(own('h0'), own('h2')),
      issueBadge: (body) => success(recipients(body).map((id) => `b-${id}`)),
    });
    expect(short(await issue(made, input(people(3))))).toEqual(['h0 ISSUED b-h0', 'h1 ISSUED b-h1', 'h2 ISSUED b-h2']);
    expect(made.bodies('issueBadge').map(recipients)).toEqual([['h1']]);
    const all = await harness({ getIssuedBadges: () => lastPage(own('h0'), own('h1')) });
    const sending = attempt(all);
    expect(short(await all.session.issue(input(people(2)), sending))).toEqual(['h0 ISSUED b-h0', 'h1 ISSUED b-h1']);
    expect(sending.sentAfter).toEqual([]);
  });

  it('a look finds what is there, and says nothing when nothing is', async () => {
    const some = await harness({ getIssuedBadges: () => lastPage(own('h1')) });
    expect(short((await some.session.findIssued(input(people(2)), attempt(some))) ?? [])).toEqual([
      'h0 UNKNOWN -',
      'h1 ISSUED b-h1',
    ]);
    const none = await harness({
      getIssuedBadges: () => lastPage(wireBadge({ recipientId: 'h1', badgeData: undefined, issuedAt: Date.now() })),
    });
    expect(await none.session.findIssued(input(people(2)), attempt(none))).toBeUndefined();
    const blind = await harness({ getIssuedBadges: () => json('', 401) });
    expect((await upstreamError(blind.session.findIssued(input(people(2)), attempt(blind)))).kind).toBe('unauthorized');
  });

  it('nothing is sent when it cannot be seen what is there', async () => {
    const made = await harness({ getIssuedBadges: () => json('', 401) });
    await upstreamError(issue(made, input(people(2))));
    expect(made.seen()).not.toContain('issueBadge');
  });
});

describe('a shutdown', () => {
  it('begins no further batch', async () => {
    let sent = 0;
    const made = await harness(
      memory('marker', (apply) => {
        sent += 1;
        return success(apply());
      }),
      () => sent > 0,
    );
    const rows = await issue(made, input(people(25)));
    expect(sent).toBe(1);
    expect([rows[9], rows[10]]).toMatchObject([
      { outcome: 'ISSUED' },
      { outcome: 'FAILED', message: expect.stringContaining('Not sent') },
    ]);
    const another = { ...attempt(made), marker: 'another' };
    expect(await rejection(made.session.issue(input(['someone']), another))).toMatchObject({ code: 'OVERLOADED' });
  });
});
