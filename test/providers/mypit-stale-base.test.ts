import { expect, it, describe } from 'vitest';
import { json, openHarness, upstreamError, wireHolder, wireTemplate } from './mypit-support.js';

const T1 = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const H1 = String(wireHolder()['_id']);
type Wire = Record<string, unknown>;

/** A service whose reads may come from a replica: `stale` says which state, counted from the first, or undefined = the last. */
async function start(stale: (nth: number) => number | undefined, first: Wire = {}) {
  const templates: Wire[] = [wireTemplate({ _id: T1, ...first })];
  const holders: Wire[] = [wireHolder()];
  const made = await openHarness({
    getASingleBadgeTemplate: (_body, nth) => json(templates.at(stale(nth) ?? -1) ?? {}),
    updateBadgeTemplate: ({ data }) => {
      templates.push({ ...templates.at(-1), ...(data as Wire) });
      return json({ _id: T1 });
    },
    getHolderById: (_body, nth) => json(holders.at(stale(nth) ?? -1) ?? {}),
    updateHolder: ({ data }) => {
      holders.push({ ...holders.at(-1), ...(data as Wire) });
      return json({ _id: H1 });
    },
  });
  return { made, templates, holders };
}
const lost = { kind: 'conflict', conflict: 'CHANGED_MEANWHILE' };

describe('a change whose base is read from before a change made here', () => {
  it('is not sent: the template keeps its new name', async () => {
    const { made, templates } = await start((nth) => (nth < 2 ? undefined : 0));
    await made.session.updateTemplate(T1, { name: 'New name' }, undefined);
    expect(await upstreamError(made.open().updateTemplate(T1, { price: '2' }, undefined))).toMatchObject(lost);
    expect(templates.at(-1)).toMatchObject({ name: 'New name' });
    expect(made.bodies('updateBadgeTemplate')).toHaveLength(1);
  });

  it('is not sent: the holder keeps their new address', async () => {
    const { made, holders } = await start((nth) => (nth < 1 ? undefined : 0));
    await made.session.updateHolder(H1, { email: 'new@example.org' });
    expect(await upstreamError(made.open().updateHolder(H1, { phone: '2' }))).toMatchObject(lost);
    expect(holders.at(-1)).toMatchObject({ email: 'new@example.org' });
  });

  it('goes on as soon as a read shows that one', async () => {
    const { made, templates } = await start((nth) => (nth === 2 || nth === 3 ? 0 : undefined));
    await made.session.updateTemplate(T1, { name: 'New name' }, undefined);
    await made.open().updateTemplate(T1, { price: '2' }, undefined);
    expect(templates.at(-1)).toMatchObject({ name: 'New name', price: 2 });
  });

  it('is sent where somebody has put back since what was there, or this process itself', async () => {
    const { made, templates } = await start(() => undefined);
    const { session } = made;
    await session.updateTemplate(T1, { name: 'New name' }, undefined);
    templates.push({ ...templates[0], updatedAt: Date.now() + 1 });
    await session.updateTemplate(T1, { price: '2' }, undefined);
    expect(templates.at(-1)).toMatchObject({ name: templates[0]?.['name'], price: 2 });
    await session.updateHolder(H1, { phone: '1' });
    await session.updateHolder(H1, { phone: '+15550100' });
    await session.updateHolder(H1, { name: 'Ana' });
    expect(made.bodies('updateHolder')).toHaveLength(3);
  });
});
