import { describe, expect, it } from 'vitest';
import type { HolderInput, TemplateInput } from '../../src/providers/mypit/model.js';
import {
  attempt,
  holderInput,
  json,
  lastPage,
  openHarness,
  templateInput,
  upstreamError,
  wireHolder,
  wireTemplate,
  type MyPitHarness,
} from './mypit-support.js';

type Wire = Record<string, unknown>;
const LIST = 'getAllBadgeTemplatesByOwnerId';

/** A service with a memory, whose answer to the making of something names what `answered` says. */
async function start(answered: (id: string, nth: number) => string, shown: (row: Wire) => Wire = (row) => row) {
  const templates: Wire[] = [];
  const holders: Wire[] = [];
  const none = json({ error: 'template or holder not found' }, 404);
  const made = await openHarness({
    [LIST]: () => lastPage(...templates.map(shown)),
    getASingleBadgeTemplate: ({ templateId }) => {
      const found = templates.find(({ _id }) => _id === templateId);
      return found ? json(shown(found)) : none;
    },
    createBadgeTemplate: ({ userId, typeOfBadge, ...rest }, nth) => {
      const _id = `t${templates.length + 1}`;
      const times = { createdAt: Date.now(), updatedAt: Date.now() };
      templates.push({ _id, ownerId: userId, type: typeOfBadge, isActive: true, ...times, ...rest });
      return json({ _id: answered(_id, nth) });
    },
    getHolders: () => lastPage(...holders.map(shown)),
    getHolderById: ({ holderId }) => {
      const found = holders.find((row) => row['_id'] === holderId || row['holderId'] === holderId);
      return found ? json(shown(found)) : none;
    },
    createHolder: ({ issuerDid, data }, nth) => {
      const _id = `h${holders.length + 1}`;
      holders.push({ _id, issuerDid, ...(data as Wire) });
      return json({ _id: answered(_id, nth) });
    },
  });
  return { made, templates, holders };
}
const person = (name: string, changes: Partial<HolderInput> = {}): HolderInput => ({
  name,
  email: `${name}@example.org`,
  phone: '+15550100',
  did: `did:key:${name}`,
  externalId: `ext-${name}`,
  memo: null,
  ...changes,
});
const named = (name: string): TemplateInput => ({ ...templateInput, name });
const createHolder = async (made: MyPitHarness, input: HolderInput) => {
  const { session } = made;
  const id = await session.createHolder(input, attempt(made));
  return [id, (await session.createdHolder(id, input)).name];
};
const createTemplate = async (made: MyPitHarness, input: TemplateInput) => {
  const { session } = made;
  const id = await session.createTemplate(input, attempt(made));
  return [id, (await session.createdTemplate(id, input)).name];
};
/** The second answer is the first one again. */
const again = (id: string, nth: number) => (nth === 0 ? id : id.replace(/\d/, '1'));

describe('the answer to an earlier making that comes again', () => {
  it('hands out nobody else: the holder asked for is found', async () => {
    const { made } = await start(again);
    expect(await createHolder(made, person('ann'))).toEqual(['h1', 'ann']);
    expect(await createHolder(made, person('bob'))).toEqual(['h2', 'bob']);
    expect(made.bodies('createHolder')).toHaveLength(2);
  });

  it('hands out no other template: the one asked for is found', async () => {
    const { made } = await start(again);
    expect(await createTemplate(made, named('First'))).toEqual(['t1', 'First']);
    expect(await createTemplate(made, named('Second'))).toEqual(['t2', 'Second']);
    expect(made.bodies('createBadgeTemplate')).toHaveLength(2);
  });

  it('is no template of the same name, price and all: that was there before', async () => {
    const { made } = await start(again);
    await createTemplate(made, named('Same'));
    expect(await createTemplate(made, named('Same'))).toEqual(['t2', 'Same']);
  });
});

describe('an answer about another object', () => {
  const mismatch = { kind: 'outcome_unknown', reason: 'identity_mismatch' };
  const unlike: readonly (readonly [string, Partial<HolderInput>])[] = [
    ['externalId', { externalId: 'another' }],
    ['DID', { did: 'did:key:another' }],
    ['e-mail', { email: 'another@example.org' }],
    ['name', { name: 'Another' }],
  ];

  it.each(unlike)('is unclear where that is not to be found: a holder of another %s', async (_what, changes) => {
    const { name, email, phone, did, externalId } = { ...person('bob'), ...changes };
    const other = wireHolder({ _id: 'h1', name, email, phone, holderDid: did, holderId: externalId });
    const made = await openHarness({
      createHolder: () => json({ _id: 'h1' }),
      getHolderById: ({ holderId }) => (holderId === 'h1' ? json(other) : json({ error: 'holder not found' }, 404)),
      getHolders: () => lastPage(),
    });
    expect(await upstreamError(createHolder(made, person('bob')))).toMatchObject(mismatch);
    expect(made.bodies('createHolder')).toHaveLength(1);
  });

  it.each([
    ['name', { name: 'Another' }],
    ['type', { type: 'finance' }],
    ['price', { price: 7 }],
    ['time that its badges are good for', { validityPeriod: 7 }],
    ['text', { description: 'Another' }],
  ])('is unclear where that is not to be found: a template of another %s', async (_what, changes) => {
    const made = await openHarness({
      [LIST]: () => lastPage(),
      createBadgeTemplate: () => json({ _id: 't1' }),
      getASingleBadgeTemplate: () => json(wireTemplate({ _id: 't1', ...changes })),
    });
    expect(await upstreamError(createTemplate(made, templateInput))).toMatchObject(mismatch);
    expect(made.bodies('createBadgeTemplate')).toHaveLength(1);
  });

  it('is unclear where a holder shows neither of their ids, and was made long ago', async () => {
    const shown = { _id: 'h1', holderId: undefined, holderDid: undefined, _creationTime: Date.now() - 301_000 };
    const made = await openHarness({
      createHolder: () => json({ _id: 'h1' }),
      getHolderById: () => json(wireHolder(shown)),
      getHolders: () => lastPage(),
    });
    expect(await upstreamError(createHolder(made, holderInput))).toMatchObject(mismatch);
  });
});

describe('the object asked for', () => {
  it('is read once, and no more is listed than before', async () => {
    const { made } = await start((id) => id);
    await createHolder(made, person('ann'));
    await createTemplate(made, named('First'));
    expect(made.seen()).toEqual([
      'createHolder',
      'getHolderById',
      LIST,
      'createBadgeTemplate',
      'getASingleBadgeTemplate',
    ]);
  });

  it.each<[string, (row: Wire) => Wire]>([
    ['trims and lowers', (row) => ({ ...row, ...lowered(row, ['name', 'email', 'holderDid', 'description']) })],
    [
      'leaves out what it can',
      (row) => ({ ...row, ...without(row, ['holderId', 'holderDid', 'description', 'price']) }),
    ],
    ['cuts texts', (row) => ({ ...row, ...('criteria' in row && { criteria: String(row['criteria']).slice(0, 4) }) })],
    ['escapes', (row) => ({ ...row, name: String(row['name']).replaceAll("'", '&#39;') })],
    ['keeps pictures itself', (row) => ('imageUrl' in row ? { ...row, imageUrl: 'https://cdn.example/1' } : row)],
  ])('is known by a service that %s', async (_name, shown) => {
    const { made } = await start((id) => id, shown);
    expect((await createHolder(made, { ...person('ann'), name: " Ann  O'Brook", email: 'Ann@Example.org' }))[0]).toBe(
      'h1',
    );
    expect((await createTemplate(made, { ...templateInput, name: "First's " }))[0]).toBe('t1');
    expect(made.seen().filter((name) => name === LIST)).toHaveLength(1);
  });

  it('is believed to be made where it cannot be read yet', async () => {
    const late = () => json({ error: 'template or holder not found' }, 404);
    const made = await openHarness({
      [LIST]: () => lastPage(),
      createHolder: () => json({ _id: 'h1' }),
      getHolderById: late,
      createBadgeTemplate: () => json({ _id: 't1' }),
      getASingleBadgeTemplate: late,
    });
    expect(await createHolder(made, person('ann'))).toEqual(['h1', 'ann']);
    expect(await createTemplate(made, named('First'))).toEqual(['t1', 'First']);
  });

  it('may be a holder who was there: the very person', async () => {
    const made = await openHarness({
      createHolder: () => json({ _id: 'h1' }),
      getHolderById: () => json(wireHolder({ _id: 'h1', _creationTime: 1 })),
    });
    expect((await createHolder(made, holderInput))[0]).toBe('h1');
  });
});

function lowered(row: Wire, keys: readonly string[]): Wire {
  return Object.fromEntries(
    keys.flatMap((key) => (key in row ? [[key, String(row[key]).trim().replace(/\s+/g, ' ').toLowerCase()]] : [])),
  );
}
function without(row: Wire, keys: readonly string[]): Wire {
  return Object.fromEntries(keys.flatMap((key) => (key in row ? [[key, undefined]] : [])));
}
