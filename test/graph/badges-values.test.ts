import { beforeEach, describe, expect, it } from 'vitest';
import { codesOf, startBadgesGraph, type BadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach } from '../support/graph-payments.js';
import {
  example,
  examples,
  fields,
  json,
  lastPage,
  wireBadge,
  wireHolder,
  wireTemplate,
} from '../providers/mypit-support.js';

closeAfterEach();

type Wire = Record<string, unknown>;
let graph: BadgesGraph;
let answer: unknown;
beforeEach(async () => {
  const handler = () => json(answer);
  graph = await startBadgesGraph({
    getASingleBadgeTemplate: handler,
    getHolderById: handler,
    getIssuedBadges: () => lastPage(answer),
  });
});

/** A type with a whole object of it on the wire, and how it is asked for. */
const types = {
  BadgeTemplate: {
    wire: wireTemplate,
    key: 'templateId',
    text: (id: string, own: string) => `{ object: badgeTemplate(templateId: "${id}") { ${own} } }`,
  },
  Holder: {
    wire: wireHolder,
    key: 'holderId',
    text: (id: string, own: string) => `{ object: holder(holderId: "${id}") { ${own} } }`,
  },
  IssuedBadge: {
    wire: wireBadge,
    key: 'badgeId',
    text: (_id: string, own: string) => `{ list: issuedBadges(first: 1) { nodes { ${own} } } }`,
  },
} as const;
type TypeName = keyof typeof types;

/** What a field shows when its key is absent, null and wrong; `bad`: the object cannot be read. */
const bad = Symbol('bad');
type Shown = readonly [absent: unknown, asNull: unknown, wrong: readonly (readonly [value: unknown, shown: unknown])[]];
const text: Shown = [
  null,
  null,
  [
    ['', ''],
    [7, bad],
    [{}, bad],
    [true, bad],
  ],
];
const required: Shown = [
  bad,
  bad,
  [
    [7, bad],
    [{}, bad],
  ],
];
const id: Shown = [
  bad,
  bad,
  [
    ['', bad],
    [7, bad],
  ],
];
const time: Shown = [
  null,
  null,
  [
    [0, null],
    ['2025-01-01', bad],
    [-5, bad],
    [1741593600, '2025-03-10T08:00:00.000Z'],
    [1741593600123, '2025-03-10T08:00:00.123Z'],
    [1e20, bad],
  ],
];
const type: Shown = [
  'UNKNOWN',
  'UNKNOWN',
  [
    ['cooking', 'UNKNOWN'],
    ['Finance', 'FINANCE'],
    ['', 'UNKNOWN'],
    [7, bad],
  ],
];

const matrix: Readonly<Record<TypeName, Readonly<Record<string, readonly [wireKey: string, ...shown: Shown]>>>> = {
  BadgeTemplate: {
    name: ['name', ...required],
    ownerId: ['ownerId', ...id],
    type: ['type', bad, bad, type[2]],
    description: ['description', ...text],
    criteria: ['criteria', ...text],
    imageUrl: ['imageUrl', ...text],
    backgroundColor: ['backgroundColor', ...text],
    textColor: ['textColor', ...text],
    validityPeriodDays: [
      'validityPeriod',
      null,
      null,
      [
        [0, null],
        [365, 365],
        ['365', bad],
        [1.5, bad],
        [3e9, bad],
      ],
    ],
    price: [
      'price',
      null,
      null,
      [
        [0, '0'],
        [0.1, '0.1'],
        ['2.5', bad],
        [{}, bad],
      ],
    ],
    isActive: [
      'isActive',
      true,
      true,
      [
        [false, false],
        ['true', bad],
        [1, bad],
      ],
    ],
    updatedAt: ['updatedAt', ...time],
  },
  Holder: {
    name: ['name', ...text],
    email: ['email', ...text],
    phone: ['phone', ...text],
    did: ['holderDid', ...text],
    issuerDid: ['issuerDid', ...text],
    memo: ['memo', ...text],
    externalId: ['holderId', ...text],
    ownerId: [
      'ownerId',
      fields.userId,
      fields.userId,
      [
        ['', bad],
        [7, bad],
      ],
    ],
  },
  IssuedBadge: {
    templateId: ['templateId', ...id],
    recipientId: ['recipientId', ...id],
    issuerId: ['issuerId', ...id],
    status: ['status', ...text],
    type: ['type', ...type],
    issuedAt: ['issuedAt', ...time],
    expiresAt: ['expiresAt', ...time],
    data: [
      'badgeData',
      null,
      null,
      [
        [{ a: [1, { b: null }] }, { a: [1, { b: null }] }],
        ['text', 'text'],
        [[1], [1]],
      ],
    ],
    state: [
      'status',
      'UNKNOWN',
      'UNKNOWN',
      [
        ['issued', 'ACTIVE'],
        ['Revoked', 'REVOKED'],
        ['pending', 'PENDING'],
        ['expired', 'EXPIRED'],
        ['in orbit', 'UNKNOWN'],
        ['', 'UNKNOWN'],
        [7, bad],
      ],
    ],
  },
};

async function shown(name: TypeName, field: string, wire: Wire): Promise<unknown> {
  answer = wire;
  const { text: document } = types[name];
  const result = await graph.query<{ object?: Wire | null; list?: { nodes: (Wire | null)[] } }>(
    document(String(wire['_id']), field),
  );
  const object = result.data?.list ? result.data.list.nodes[0] : result.data?.object;
  if (object) {
    expect(codesOf(result)).toEqual([]);
    return object[field];
  }
  expect([field, codesOf(result)]).toEqual([
    field,
    [`${name === 'IssuedBadge' ? 'list.nodes.0' : 'object'}: UPSTREAM_INVALID_RESPONSE`],
  ]);
  return bad;
}

describe.each(Object.keys(matrix) as TypeName[])('%s', (name) => {
  it.each(Object.entries(matrix[name]))(
    '%s, absent, null, wrong or odd',
    async (field, [key, absent, asNull, wrong]) => {
      const { [key]: _left, ...without } = types[name].wire();
      const seen: unknown[] = [
        await shown(name, field, without),
        await shown(name, field, { ...without, [key]: null }),
      ];
      for (const [value] of wrong) seen.push(await shown(name, field, { ...without, [key]: value }));
      expect(seen).toEqual([absent, asNull, ...wrong.map(([, expected]) => expected)]);
    },
  );

  it('needs an id, and ignores what is new', async () => {
    const whole = types[name].wire();
    const { key } = types[name];
    expect(await shown(name, key, { ...whole, brandNew: { a: 1 }, ['__proto__']: { x: 1 } })).toBe(whole['_id']);
    const { _id, ...without } = whole;
    answer = without;
    const result = await graph.query(types[name].text(String(_id), key));
    expect(codesOf(result)).toEqual([
      `${name === 'IssuedBadge' ? 'list.nodes.0' : 'object'}: UPSTREAM_INVALID_RESPONSE`,
    ]);
  });
});

describe('the creation of a template', () => {
  it("is the upstream's own stamp when it was not said otherwise", async () => {
    const { createdAt: _left, ...without } = wireTemplate();
    expect(await shown('BadgeTemplate', 'createdAt', { ...without, _creationTime: 1741593600123 })).toBe(
      '2025-03-10T08:00:00.123Z',
    );
    expect(await shown('BadgeTemplate', 'createdAt', { ...without, _creationTime: undefined })).toBeNull();
  });
});

describe('an operation without a field', () => {
  it('is hello, which tells whether the provider can be reached', async () => {
    for (const [name, reachable] of [
      ['hello.ok', true],
      ['hello.bad-key', false],
    ] as const) {
      const { response } = example(name);
      const other = await startBadgesGraph({
        hello: () => ({ status: response.status, headers: response.headers, body: response.body }),
      });
      const result = await other.query<{ providers: Wire[] }>('{ providers { name reachable } }');
      expect(result.data?.providers).toContainEqual({ name: 'mypit', reachable });
    }
    expect(examples.filter((one) => one.name.startsWith('hello.'))).toHaveLength(2);
  });
});
