import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import type { HolderInput } from '../../src/providers/mypit/model.js';
import { parseInstant, toMillis } from '../../src/values/instant.js';
import {
  attempt,
  credential,
  cut,
  fields,
  ISSUER_DID,
  json,
  lastPage,
  losses,
  openHarness as harness,
  rejection,
  upstreamError,
  USER_ID,
  wireHolder,
  wireTemplate,
  type Handler,
} from './mypit-support.js';

const T1 = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const H1 = 'j57bq0wz3n8xk1vt6yc4hm9rd2gfspja';
/** A template that changes when told to. */
function living(
  changes = {},
  send: (apply: () => void, nth: number) => ReturnType<Handler> = (apply) => {
    apply();
    return json({ _id: T1 });
  },
): Record<string, Handler> {
  let now = wireTemplate(changes);
  return {
    getASingleBadgeTemplate: () => json(now),
    updateBadgeTemplate: (body, nth) =>
      send(() => {
        now = { ...now, ...(body['data'] as object) };
      }, nth),
  };
}

describe('changing a template', () => {
  it('reads, sends everything with the change, and reads again', async () => {
    const made = await harness(
      living({ backgroundColor: undefined, textColor: '', type: 'aviation', validityPeriod: null }),
    );
    const before = Date.now();
    expect(await made.session.updateTemplate(T1, { description: 'Pruned two rows' }, undefined)).toMatchObject({
      description: 'Pruned two rows',
      backgroundColor: '#FFFFFF',
      name: 'Orchard Keeper',
    });
    expect(made.seen()).toEqual(['getASingleBadgeTemplate', 'updateBadgeTemplate', 'getASingleBadgeTemplate']);
    const { data, ...rest } = made.bodies('updateBadgeTemplate')[0] as { data: Record<string, unknown> };
    expect(rest).toEqual({ userId: USER_ID, templateId: T1 });
    expect(data).toEqual({
      name: 'Orchard Keeper',
      type: 'aviation',
      description: 'Pruned two rows',
      criteria: 'Two seasons',
      validityPeriod: 0,
      imageUrl: wireTemplate()['imageUrl'],
      backgroundColor: '#FFFFFF',
      textColor: '',
      price: 2.5,
      updatedAt: expect.any(Number),
    });
    expect(data['updatedAt']).toBeGreaterThanOrEqual(before);
  });

  it('is refused when somebody else changed it since', async () => {
    const made = await harness(living());
    const then = parseInstant('2025-03-11T08:00:00.456Z');
    const earlier = parseInstant('2025-03-11T08:00:00.455Z');
    expect((await upstreamError(made.session.updateTemplate(T1, { name: 'x' }, earlier))).kind).toBe('conflict');
    expect(made.seen()).toEqual(['getASingleBadgeTemplate']);
    expect((await made.session.updateTemplate(T1, { name: 'x' }, then)).name).toBe('x');
  });

  it('is told as it was made where a replica shows what was there before, and else as it is read', async () => {
    const stale = await harness({ ...living(), getASingleBadgeTemplate: () => json(wireTemplate()) });
    const told = await stale.session.updateTemplate(T1, { description: 'new', validityPeriodDays: 7 }, undefined);
    expect(told).toMatchObject({ description: 'new', validityPeriodDays: 7, name: 'Orchard Keeper' });
    expect(told.updatedAt && toMillis(told.updatedAt)).toBeGreaterThan(Date.now() - 60_000);
    const other = await harness({
      ...living(),
      getASingleBadgeTemplate: (_body, nth) => json(wireTemplate(nth === 0 ? {} : { description: 'as they wrote it' })),
    });
    expect((await other.session.updateTemplate(T1, { description: 'new' }, undefined)).description).toBe(
      'as they wrote it',
    );
    for (const made of [stale, other])
      expect(made.seen()).toEqual(['getASingleBadgeTemplate', 'updateBadgeTemplate', 'getASingleBadgeTemplate']);
  });

  it('sends nothing when nothing is to change, or there is no such template', async () => {
    const made = await harness(living());
    expect((await made.session.updateTemplate(T1, {}, undefined)).name).toBe('Orchard Keeper');
    const none = await harness({ getASingleBadgeTemplate: () => json({ error: 'none' }, 404) });
    expect((await upstreamError(none.session.updateTemplate(T1, { name: 'x' }, undefined))).kind).toBe('not_found');
    expect([...made.seen(), ...none.seen()]).not.toContain('updateBadgeTemplate');
  });

  it.each(losses)('believes what it reads after an answer lost by %s', async (_name, loss) => {
    const applied = await harness(
      living({}, (apply) => {
        apply();
        return loss({}, 0);
      }),
    );
    expect((await applied.session.updateTemplate(T1, { name: 'x' }, undefined)).name).toBe('x');
    expect(applied.bodies('updateBadgeTemplate')).toHaveLength(1);
    const again = await harness(
      living({}, (apply, nth) => {
        if (nth === 0) return loss({}, 0);
        apply();
        return json({ _id: T1 });
      }),
    );
    expect((await again.session.updateTemplate(T1, { name: 'x' }, undefined)).name).toBe('x');
    const [first, second] = again.bodies('updateBadgeTemplate');
    expect(second).toEqual(first);
    const never = await harness(living({}, () => loss({}, 0)));
    expect((await upstreamError(never.session.updateTemplate(T1, { name: 'x' }, undefined))).kind).toBe(
      'outcome_unknown',
    );
    expect(never.bodies('updateBadgeTemplate')).toHaveLength(2);
  });

  it('is not sent again when nobody can tell whether it happened', async () => {
    const made = await harness({
      getASingleBadgeTemplate: (_body, nth) => (nth === 0 ? json(wireTemplate()) : json('', 401)),
      updateBadgeTemplate: cut,
    });
    expect((await upstreamError(made.session.updateTemplate(T1, { name: 'x' }, undefined))).kind).toBe(
      'outcome_unknown',
    );
    expect(made.bodies('updateBadgeTemplate')).toHaveLength(1);
  });

  it('is seen by later reads of the same operation', async () => {
    const made = await harness(living());
    expect((await made.session.template(T1))?.name).toBe('Orchard Keeper');
    await made.session.updateTemplate(T1, { name: 'x' }, undefined);
    expect((await made.session.template(T1))?.name).toBe('x');
  });
});

describe('deleting', () => {
  const gone: Handler = () => json({ error: 'none' }, 404);
  it('a template: done, not there, or there and refused', async () => {
    const done = await harness({ deleteBadgeTemplate: () => json({ _id: T1 }) });
    await done.session.deleteTemplate(T1);
    const none = await harness({ deleteBadgeTemplate: () => json({ error: 'template not found' }, 404) });
    expect((await upstreamError(none.session.deleteTemplate(T1))).kind).toBe('not_found');
    const refused = await harness({ deleteBadgeTemplate: () => json({ error: 'not your template' }, 403) });
    expect((await upstreamError(refused.session.deleteTemplate(T1))).kind).toBe('forbidden');
    expect([done.seen(), none.seen(), refused.seen()]).toEqual(Array(3).fill(['deleteBadgeTemplate']));
  });

  it.each(losses)(
    'a template whose answer is lost by %s is gone when it is not there any more, or switched off',
    async (_name, loss) => {
      const off: Handler = () => json(wireTemplate({ isActive: false }));
      // That there is none is believed when three looks say so.
      for (const [read, looks] of [[gone, 3] as const, [off, 1] as const]) {
        const made = await harness({ deleteBadgeTemplate: loss, getASingleBadgeTemplate: read });
        await made.session.deleteTemplate(T1);
        expect(made.seen()).toEqual(['deleteBadgeTemplate', ...Array(looks).fill('getASingleBadgeTemplate')]);
      }
      const slow = await harness({
        deleteBadgeTemplate: (body, nth) => (nth === 0 ? loss(body, nth) : gone(body, nth)),
        getASingleBadgeTemplate: (_body, nth) => (nth === 0 ? json(wireTemplate()) : gone({}, 0)),
      });
      await slow.session.deleteTemplate(T1);
      expect(slow.bodies('deleteBadgeTemplate')).toHaveLength(2);
      const never = await harness({ deleteBadgeTemplate: loss, getASingleBadgeTemplate: () => json(wireTemplate()) });
      expect((await upstreamError(never.session.deleteTemplate(T1))).kind).toBe('outcome_unknown');
    },
  );

  it('a holder: a no is a conflict while the holder is there, and not found when not', async () => {
    const no: Handler = () => json({ success: false });
    const stays = await harness({ deleteHolder: no, getHolderById: () => json(wireHolder()) });
    expect((await upstreamError(stays.session.deleteHolder(H1))).kind).toBe('conflict');
    const none = await harness({ deleteHolder: no, getHolderById: gone });
    expect((await upstreamError(none.session.deleteHolder(H1))).kind).toBe('not_found');
    const done = await harness({ deleteHolder: () => json({ success: true }) });
    await done.session.deleteHolder(H1);
    expect(done.bodies('deleteHolder')).toEqual([{ holderID: H1, issuerId: USER_ID }]);
    const lost = await harness({
      deleteHolder: (body, nth) => (nth === 0 ? cut(body, nth) : no(body, nth)),
      getHolderById: (_body, nth) => (nth === 0 ? json(wireHolder()) : gone({}, 0)),
    });
    await lost.session.deleteHolder(H1);
  });
});

describe.each([
  ['deleteHolder', 'getHolderById', () => json({ success: true }), () => json(wireHolder())],
  ['deleteBadgeTemplate', 'getASingleBadgeTemplate', () => json({ _id: T1 }), () => json(wireTemplate())],
] as const)('%s, whose first sending did nothing and whose answer was a 502', (operation, read, yes, there) => {
  const gone = () => json({ error: 'none' }, 404);
  /** Nobody can tell anything from it, and it is not read again. */
  const odd = () => json(['odd']);
  const broken = () => ({ status: 502, body: 'down' });
  const run = async (
    sendings: readonly (() => ReturnType<Handler>)[],
    looks: readonly (() => ReturnType<Handler>)[],
  ) => {
    const made = await harness({
      [operation]: (_body, nth) => (sendings[nth] ?? broken)(),
      [read]: (_body, nth) => (looks[nth] ?? there)(),
    });
    const run = operation === 'deleteHolder' ? made.session.deleteHolder(H1) : made.session.deleteTemplate(T1);
    const end = await run.then(
      () => 'deleted',
      (error: unknown) => (error instanceof UpstreamError ? error.kind : String(error)),
    );
    return [end, made.bodies(operation).length, made.bodies(read).length];
  };

  it('is sent again when the object is seen, however often it blinked before', async () => {
    expect(await run([broken, yes], [gone])).toEqual(['deleted', 2, 2]);
    expect(await run([broken, yes], [gone, gone])).toEqual(['deleted', 2, 3]);
  });

  it('is unknown while looks do not agree', async () => {
    expect(await run([broken], [gone])).toEqual(['outcome_unknown', 2, 4]);
    expect(await run([broken], [gone, gone])).toEqual(['outcome_unknown', 2, 4]);
    expect(await run([broken], [gone, odd, gone, odd])).toEqual(['outcome_unknown', 1, 4]);
    expect(await run([broken, gone], [])).toEqual(['outcome_unknown', 2, 2]);
  });

  it('is deleted when three looks say that there is none', async () => {
    expect(await run([broken], [gone, gone, gone])).toEqual(['deleted', 1, 3]);
    expect(await run([broken], [there, gone, gone, gone])).toEqual(['deleted', 2, 4]);
    expect(await run([broken], [gone, odd, gone, gone])).toEqual(['deleted', 1, 4]);
  });
});

it('a change whose look-back finds no object is unknown, and not sent again', async () => {
  const gone: Handler = () => json({ error: 'none' }, 404);
  const broken: Handler = () => ({ status: 502, body: 'down' });
  const holder = await harness({
    updateHolder: broken,
    getHolderById: (body, nth) => (nth === 0 ? json(wireHolder()) : gone(body, nth)),
  });
  expect((await upstreamError(holder.session.updateHolder(H1, { name: 'x' }))).kind).toBe('outcome_unknown');
  const template = await harness({
    updateBadgeTemplate: broken,
    getASingleBadgeTemplate: (body, nth) => (nth === 0 ? json(wireTemplate()) : gone(body, nth)),
  });
  expect((await upstreamError(template.session.updateTemplate(T1, { name: 'x' }, undefined))).kind).toBe(
    'outcome_unknown',
  );
  expect([holder.bodies('updateHolder').length, template.bodies('updateBadgeTemplate').length]).toEqual([1, 1]);
});

describe('an answer about another object', () => {
  const mismatch = { kind: 'bad_response', reason: 'identity_mismatch' };

  it("shows nobody else's holder, and lets none be written over this one", async () => {
    const made = await harness({
      getHolderById: () => json(wireHolder({ _id: 'somebody-else' })),
      updateHolder: () => json({ _id: H1 }),
    });
    expect(await upstreamError(made.session.holder(H1))).toMatchObject(mismatch);
    expect(await upstreamError(made.session.updateHolder(H1, { name: 'x' }))).toMatchObject(mismatch);
    expect(made.seen()).not.toContain('updateHolder');
  });

  it('nor another template', async () => {
    const made = await harness({
      getASingleBadgeTemplate: () => json(wireTemplate({ _id: 'another' })),
      updateBadgeTemplate: () => json({ _id: T1 }),
    });
    expect(await upstreamError(made.session.template(T1))).toMatchObject(mismatch);
    expect(await upstreamError(made.session.updateTemplate(T1, { name: 'x' }, undefined))).toMatchObject(mismatch);
    expect(made.seen()).not.toContain('updateBadgeTemplate');
  });

  it('is no answer to a change: it is looked for, and sent again only where it is missing', async () => {
    const other: Handler = () => json({ _id: 'another' });
    const applied = await harness(
      living({}, (apply) => {
        apply();
        return other({}, 0);
      }),
    );
    expect((await applied.session.updateTemplate(T1, { name: 'x' }, undefined)).name).toBe('x');
    expect(applied.bodies('updateBadgeTemplate')).toHaveLength(1);
    const lost = await harness(living({}, () => other({}, 0)));
    expect((await upstreamError(lost.session.updateTemplate(T1, { name: 'x' }, undefined))).kind).toBe(
      'outcome_unknown',
    );
    expect(lost.bodies('updateBadgeTemplate')).toHaveLength(2);
    const kept = await harness({ deleteBadgeTemplate: other, getASingleBadgeTemplate: () => json(wireTemplate()) });
    expect((await upstreamError(kept.session.deleteTemplate(T1))).kind).toBe('outcome_unknown');
    const holder = await harness({ getHolderById: () => json(wireHolder()), updateHolder: other });
    expect((await upstreamError(holder.session.updateHolder(H1, { name: 'x' }))).kind).toBe('outcome_unknown');
    expect(holder.bodies('updateHolder')).toHaveLength(2);
  });
});

describe('holders', () => {
  const input: HolderInput = {
    name: 'Ana Brook',
    email: 'ana.brook@example.org',
    phone: '+15550100',
    did: 'did:ethr:0x9a8b7c6d5e4f30211203f4e5d6c7b8a990817263',
    externalId: 'crew-0017',
    memo: null,
  };

  it('are made once, without a memo when there is none', async () => {
    const made = await harness({ createHolder: () => json({ _id: H1 }) });
    expect(await made.session.createHolder(input, attempt(made))).toBe(H1);
    expect(made.bodies('createHolder')).toEqual([
      {
        issuerDid: ISSUER_DID,
        issuerId: USER_ID,
        data: {
          name: input.name,
          email: input.email,
          phone: input.phone,
          ownerId: USER_ID,
          holderDid: input.did,
          holderId: 'crew-0017',
        },
      },
    ]);
  });

  it("need an issuer's DID", async () => {
    const made = await harness({});
    const without = { ...fields, issuerDid: null };
    expect(
      await rejection(made.open({}, { ...credential, fields: without }).createHolder(input, attempt(made))),
    ).toMatchObject({ code: 'PROVIDER_DISABLED' });
    expect(
      await rejection(
        made.open({}, { ...credential, source: 'caller', fields: without }).createHolder(input, attempt(made)),
      ),
    ).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(made.seen()).toEqual([]);
  });

  it.each(losses)('are found after an answer lost by %s, by external id or by DID', async (_name, loss) => {
    const byId = await harness({ createHolder: loss, getHolderById: () => json(wireHolder()) });
    expect(await byId.session.createHolder(input, attempt(byId))).toBe(H1);
    const byDid = await harness({
      createHolder: loss,
      getHolderById: () => json({ error: 'none' }, 404),
      getHolders: () =>
        lastPage(
          wireHolder({ _id: 'x', holderDid: 'did:ethr:0x1', holderId: 'other' }),
          wireHolder({ holderId: undefined }),
        ),
    });
    expect(await byDid.session.createHolder(input, attempt(byDid))).toBe(H1);
    const other = await harness({
      createHolder: loss,
      getHolderById: () => json(wireHolder({ holderDid: 'did:ethr:0x1' })),
      getHolders: () =>
        lastPage(wireHolder({ holderId: 'other' }), wireHolder({ holderId: undefined, holderDid: undefined })),
    });
    expect((await upstreamError(other.session.createHolder(input, attempt(other)))).kind).toBe('outcome_unknown');
    for (const made of [byId, byDid, other]) expect(made.bodies('createHolder')).toHaveLength(1);
  });

  it('are changed with all three fields, and only known ones', async () => {
    let now = wireHolder();
    const made = await harness({
      getHolderById: () => json(now),
      updateHolder: (body) => {
        now = { ...now, ...(body['data'] as object) };
        return undefined;
      },
    });
    expect(await made.session.updateHolder(H1, { email: 'ana@example.org' })).toMatchObject({
      name: 'Ana Brook',
      email: 'ana@example.org',
      phone: '+15550100',
    });
    expect(made.bodies('updateHolder')).toEqual([
      { holderID: H1, issuerId: USER_ID, data: { name: 'Ana Brook', email: 'ana@example.org', phone: '+15550100' } },
    ]);
    now = wireHolder({ phone: null });
    expect(await rejection(made.session.updateHolder(H1, { name: 'A' }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: ['input', 'phone'] }],
    });
  });
});
