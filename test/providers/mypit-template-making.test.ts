import { describe, expect, it } from 'vitest';
import {
  attempt,
  cut,
  json,
  lastPage,
  losses,
  openHarness as harness,
  templateInput as template,
  upstreamError,
  USER_ID,
  wireTemplate,
} from './mypit-support.js';

const LIST = 'getAllBadgeTemplatesByOwnerId';
const fresh = (changes = {}) => wireTemplate({ createdAt: Date.now(), ...changes });

describe('making a template', () => {
  it('reads all, records the sending, sends once, reads what was made', async () => {
    const made = await harness({
      [LIST]: () => lastPage(wireTemplate()),
      createBadgeTemplate: () => json({ _id: 'new' }),
    });
    const sending = attempt(made);
    expect(await made.session.createTemplate(template, sending)).toBe('new');
    expect(made.seen()).toEqual([LIST, 'createBadgeTemplate', 'getASingleBadgeTemplate']);
    expect(sending.sentAfter).toEqual([[LIST]]);
    expect(made.bodies('createBadgeTemplate')[0]).toEqual({
      userId: USER_ID,
      imageUrl: template.imageUrl,
      typeOfBadge: 'achievement',
      name: template.name,
      validityPeriod: 365,
      description: template.description,
      criteria: template.criteria,
      price: 2.5,
    });
  });

  it.each(losses)('finds the new one after an answer lost by %s', async (_name, loss) => {
    const made = await harness({
      [LIST]: (_body, nth) =>
        nth === 0
          ? lastPage(fresh({ _id: 'old' }))
          : lastPage(fresh({ _id: 'old' }), fresh({ _id: 'mine' }), fresh({ _id: 'else', name: 'Other' })),
      createBadgeTemplate: loss,
    });
    expect(await made.session.createTemplate(template, attempt(made))).toBe('mine');
    expect(made.seen().filter((name) => name === 'createBadgeTemplate')).toHaveLength(1);
  });

  it.each([
    ['none', [], []],
    ['two', [fresh({ _id: 'a' }), fresh({ _id: 'b' })], ['a', 'b']],
    ['an old one', [wireTemplate({ _id: 'a', createdAt: Date.now() - 600_000 })], []],
    ['another price', [fresh({ _id: 'a', price: 3 })], []],
  ])('stays unknown when the look finds %s, and names what it could be', async (_name, rows, candidates) => {
    const made = await harness({
      [LIST]: (_body, nth) => lastPage(...(nth === 0 ? [] : rows)),
      createBadgeTemplate: cut,
    });
    expect(await upstreamError(made.session.createTemplate(template, attempt(made)))).toMatchObject({
      kind: 'outcome_unknown',
      candidates,
    });
    expect(made.seen()).toEqual([LIST, 'createBadgeTemplate', LIST, LIST]);
  });

  it.each([
    [-299_000, true],
    [-301_000, false],
  ])('takes a new one that the upstream dates %i ms from the sending for its own: %s', async (offset, taken) => {
    const startedAt = Date.now();
    const made = await harness({
      [LIST]: (_body, nth) =>
        lastPage(...(nth === 0 ? [] : [wireTemplate({ _id: 'mine', createdAt: startedAt + offset })])),
      createBadgeTemplate: cut,
    });
    const creating = made.session.createTemplate(template, attempt(made, startedAt));
    if (taken) expect(await creating).toBe('mine');
    else expect(await upstreamError(creating)).toMatchObject({ kind: 'outcome_unknown', candidates: [] });
  });

  it('names what the first look found when the second fails', async () => {
    const made = await harness({
      [LIST]: (_body, nth) =>
        nth === 0 ? lastPage() : nth === 1 ? lastPage(fresh({ _id: 'a' }), fresh({ _id: 'b' })) : json('', 401),
      createBadgeTemplate: cut,
    });
    expect(await upstreamError(made.session.createTemplate(template, attempt(made)))).toMatchObject({
      kind: 'outcome_unknown',
      candidates: ['a', 'b'],
    });
  });

  it.each<[string, (look: number) => boolean]>([
    ['before', (look) => look === 0],
    ['after', (look) => look > 0],
    ['ever', () => true],
  ])('takes nothing for its own when not all templates could be read %s', async (_name, isLong) => {
    let look = -1;
    const made = await harness({
      [LIST]: (body) => {
        const { cursor } = body['paginationOpts'] as { cursor: string | null };
        if (!cursor) look += 1;
        const page = Number(cursor ?? 0);
        const rows = page === 0 && look > 0 ? [fresh({ _id: 'mine' })] : [fresh({ _id: `row-${page}`, name: 'Other' })];
        return isLong(look) ? json({ page: rows, hasMore: true, cursor: String(page + 1) }) : lastPage(...rows);
      },
      createBadgeTemplate: cut,
    });
    expect(await upstreamError(made.session.createTemplate(template, attempt(made)))).toMatchObject({
      kind: 'outcome_unknown',
      candidates: ['mine'],
    });
    expect(made.bodies('createBadgeTemplate')).toHaveLength(1);
  });

  it('is not sent when the look before fails, and a clear refusal is passed on', async () => {
    const blind = await harness({
      [LIST]: () => json({ error: 'no' }, 401),
      createBadgeTemplate: () => json({ _id: 'new' }),
    });
    expect((await upstreamError(blind.session.createTemplate(template, attempt(blind)))).kind).toBe('unauthorized');
    expect(blind.seen()).toEqual([LIST]);
    const refused = await harness({
      [LIST]: () => lastPage(),
      createBadgeTemplate: () => json({ error: 'imageUrl is bad' }, 400),
    });
    expect((await upstreamError(refused.session.createTemplate(template, attempt(refused)))).kind).toBe('rejected');
    expect(refused.seen()).toHaveLength(2);
  });
});
