import { describe, expect, it } from 'vitest';
import { startBadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach } from '../support/graph-payments.js';
import { example, examples, fields } from '../providers/mypit-support.js';

closeAfterEach();

type Wire = Record<string, unknown>;
const iso = (millis: unknown) =>
  typeof millis === 'number' && millis > 0 ? new Date(millis < 1e11 ? millis * 1000 : millis).toISOString() : null;
const word = (value: unknown) =>
  ['mobility', 'achievement', 'healthcare', 'finance'].includes(String(value).toLowerCase())
    ? String(value).toUpperCase()
    : 'UNKNOWN';

/** Each type as the graph promises it, worked out here from the words of the upstream alone. */
const promised = {
  template: ({
    _id,
    name,
    type,
    typeOfBadge,
    description,
    criteria,
    validityPeriod,
    imageUrl,
    price,
    isActive,
    ownerId,
    createdAt,
    _creationTime,
    updatedAt,
  }: Wire): Wire => ({
    templateId: _id,
    name,
    type: word(type ?? typeOfBadge),
    description: description ?? null,
    criteria: criteria ?? null,
    validityPeriodDays: validityPeriod || null,
    imageUrl: imageUrl ?? null,
    price: price === undefined || price === null ? null : String(price as number),
    isActive: isActive ?? true,
    ownerId,
    createdAt: iso(createdAt) ?? iso(_creationTime),
    updatedAt: iso(updatedAt),
  }),
  holder: ({ _id, name, email, phone, holderDid, issuerDid, memo, ownerId, holderId }: Wire): Wire => ({
    holderId: _id,
    name: name ?? null,
    email: email ?? null,
    phone: phone ?? null,
    did: holderDid ?? null,
    issuerDid: issuerDid ?? null,
    memo: memo ?? null,
    ownerId: ownerId ?? fields.userId,
    externalId: holderId ?? null,
  }),
  badge: ({ _id, templateId, recipientId, issuerId, status, type, issuedAt, expiresAt }: Wire): Wire => ({
    badgeId: _id,
    templateId,
    recipientId,
    issuerId,
    status: status ?? null,
    type: word(type),
    issuedAt: iso(issuedAt),
    expiresAt: iso(expiresAt),
  }),
};

const reads = {
  getASingleBadgeTemplate: {
    as: promised.template,
    field: (asked: Wire) => `badgeTemplate(templateId: "${String(asked['templateId'])}")`,
  },
  getHolderById: { as: promised.holder, field: (asked: Wire) => `holder(holderId: "${String(asked['holderId'])}")` },
  getAllBadgeTemplatesByOwnerId: { as: promised.template, field: () => 'badgeTemplates(first: 100)' },
  getHolders: { as: promised.holder, field: () => 'holders(first: 100)' },
  getIssuedBadges: { as: promised.badge, field: () => 'issuedBadges(first: 100)' },
} as const;
type Read = keyof typeof reads;

/** What an answer is about: wrapped or not, a page or an object. */
function contentOf(body: unknown): unknown {
  const outer = body as Wire;
  const inner = (
    '_id' in outer || 'page' in outer
      ? outer
      : Object.values(outer).find((value) => typeof value === 'object' && value !== null)
  ) as Wire;
  return 'page' in inner ? inner['page'] : inner;
}

/** Good answers whose every row can be read; the others are errors, and tested as such elsewhere. */
const good = examples.filter(
  ({ name, response: { status, headers } }) =>
    (name.split('.')[0] ?? '') in reads &&
    status === 200 &&
    JSON.stringify(headers).includes('json') &&
    !/another-template|bad-row|cursor-left-out|error-in-200|undetermined|without-routes/.test(name),
);

describe('every good read of the upstream, at the graph', () => {
  it('is met', () => {
    expect(new Set(good.map(({ name }) => name.split('.')[0]))).toEqual(new Set(Object.keys(reads)));
    expect(good.length).toBeGreaterThanOrEqual(10);
  });

  it.each(good.map(({ name }) => [name] as const))('%s', async (name) => {
    const operation = name.split('.')[0] as Read;
    const { request, response } = example(name);
    const graph = await startBadgesGraph({
      [operation]: (_body, nth) => ({
        status: 200,
        headers: response.headers,
        body: nth === 0 ? response.body : { page: [], hasMore: false },
      }),
    });
    const content = contentOf(response.body);
    const { as, field } = reads[operation];
    const rows = (Array.isArray(content) ? (content as Wire[]) : [content as Wire]).map(as);
    const selection = Object.keys(as({})).join(' ');
    const answer = await graph.query(
      `{ field: ${field(request.body as Wire)} { ${Array.isArray(content) ? `nodes { ${selection} }` : selection} } }`,
    );
    expect(answer).toEqual({ data: { field: Array.isArray(content) ? { nodes: rows } : rows[0] } });
    expect(JSON.stringify(answer)).not.toMatch(/gw_idem|secret-for-tests/);
  });
});
