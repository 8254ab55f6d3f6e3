import { describe, expect, it } from 'vitest';
import { readList } from './csv.js';
import { keyOf } from './issue-run.js';
import { checkRows, type Holder } from './recipients.js';

const holder = (holderId: string, externalId: string): Holder => ({
  holderId,
  externalId,
  name: `Name of ${externalId}`,
});
const known = [holder('h1', 'crew-1'), holder('h2', 'crew-2')];
const holders = {
  byId: new Map(known.flatMap((one) => [[one.holderId, one] as const, [one.externalId ?? '', one] as const])),
  whole: true,
};

describe('a list of people', () => {
  it.each([
    ['one id a line', 'crew-1\ncrew-2\n'],
    ['names of columns', 'name,uid\r\nA,crew-1\r\nB,crew-2'],
    ['semicolons, quotes and a byte order mark', '\uFEFF"Holder ID";Name\n"crew-1";"A; B"\n"crew-2";C\n'],
    ['tabs', 'recipient\tseason\ncrew-1\tspring\ncrew-2\tautumn'],
  ])('may have %s', (_what, text) => {
    expect(readList(text).map(({ recipient, fault }) => [recipient, fault])).toEqual([
      ['crew-1', undefined],
      ['crew-2', undefined],
    ]);
  });

  it('keeps the other columns as data, under their names, and nothing of ours', () => {
    expect(readList('recipient,season,gw_idem,hours\ncrew-1,"late, wet",x,')[0]?.data).toEqual({ season: 'late, wet' });
  });

  it('numbers lines as an editor does, blank ones and all', () => {
    expect(readList('uid\n\ncrew-1\n   \ncrew-2').map(({ line }) => line)).toEqual([3, 5]);
  });

  it('tells each bad row, and lets the others be', () => {
    const text = `uid,season\ncrew-1,a\n,b\ntwo words,c\n${'x'.repeat(129)},d\ncrew-2,e,f`;
    expect(readList(text).map(({ fault }) => fault)).toEqual([
      undefined,
      'Nobody is named.',
      'An id has no spaces, and at most 128 characters.',
      'An id has no spaces, and at most 128 characters.',
      'It has 3 columns, the first line names 2.',
    ]);
  });

  it.each([
    ['in a row', 'uid,season\ncrew-1,a\ncrew-2,"late\ncrew-3,b', [2, 3]],
    ['before a well-formed one', 'uid,season\ncrew-1,"late\ncrew-2,"wet"', [2]],
    ['among the names of columns', 'uid,"season\ncrew-1,a', [1]],
  ])('says where a quote is not closed, %s', (_what, text, lines) => {
    const rows = readList(text);
    expect(rows.map(({ line }) => line)).toEqual(lines);
    expect(rows.at(-1)).toMatchObject({ recipient: '', fault: expect.stringContaining('A quote is not closed') });
  });

  it('says where it is too long, instead of leaving rows out', () => {
    const rows = readList(Array.from({ length: 5_002 }, (_, at) => `p${at}`).join('\n'));
    expect(rows).toHaveLength(5_001);
    expect(rows.at(-1)).toMatchObject({ line: 5_001, fault: expect.stringContaining('5002 rows') });
  });
});

describe('a checked list', () => {
  it('knows a person by either id: nobody has two rows, whatever they are called', () => {
    const rows = checkRows(readList('crew-1\nh1\ncrew-2\ncrew-3'), holders);
    expect(rows.map(({ holderId, fault }) => [holderId, fault])).toEqual([
      ['h1', undefined],
      ['h1', 'The same person as in line 1.'],
      ['h2', undefined],
      ['crew-3', 'No holder has this id.'],
    ]);
  });

  it.each(['person,season\ncrew-1,a', 'name;email\ncrew-1;a', 'full name,e-mail\ncrew-1,a'])(
    'takes names of columns that it does not know for no person: %j',
    (text) => {
      expect(checkRows(readList(text), holders).map(({ fault }) => fault)).toEqual([
        expect.stringMatching(/^No column that names the person was found; known are recipient,/),
        undefined,
      ]);
    },
  );

  it('takes a first line for a person where somebody has its id, and a single word for an id', () => {
    const faults = ['crew-1,spring\ncrew-2,autumn', 'nobody\ncrew-1'].map((text) =>
      checkRows(readList(text), holders).map(({ fault }) => fault),
    );
    expect(faults).toEqual([
      [undefined, undefined],
      ['No holder has this id.', undefined],
    ]);
  });

  it('leaves it to the provider who is there, where not all holders were read', () => {
    expect(checkRows(readList('crew-3'), { ...holders, whole: false })[0]?.fault).toBeUndefined();
  });

  it('gives each row a key of template, person and batch, the same by either id', () => {
    const batch = { name: 'spring', templateId: 't1' };
    const [byExternal, byOwn] = ['crew-1', 'h1'].map((id) => checkRows(readList(id), holders)[0]);
    if (!byExternal || !byOwn) throw new Error('there are rows');
    expect(keyOf(batch, byExternal)).toBe(keyOf(batch, byOwn));
    const others = [
      keyOf({ ...batch, name: 'autumn' }, byOwn),
      keyOf({ ...batch, templateId: 't2' }, byOwn),
      keyOf(batch, { ...byOwn, holderId: 'h2' }),
    ];
    expect(new Set([keyOf(batch, byOwn), ...others]).size).toBe(4);
  });
});
