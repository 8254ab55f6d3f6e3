import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallScope, Http } from '../../src/upstream/http.js';
import { silentLogger } from '../../src/log.js';
import { createMyPitClient, type MyPitCaller, type MyPitClient } from '../../src/providers/mypit/client.js';
import type { ListRequest } from '../../src/providers/mypit/bodies.js';
import {
  example,
  examples,
  fields,
  holderInput as holder,
  ISSUER_DID,
  MARKER,
  templateInput as template,
  upstreamError,
  type Example,
} from './mypit-support.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { createTestHttp, testScope } from '../support/test-http.js';

let upstream: FakeUpstream;
let http: Http;
let client: MyPitClient;
const caller = (scope: Partial<CallScope> = {}): MyPitCaller => ({ scope: testScope(scope), fields });

beforeAll(async () => {
  upstream = await fakeUpstream(() => ({ status: 500 }));
  http = createTestHttp();
  client = createMyPitClient(http.client({ provider: 'mypit', baseUrl: upstream.url }), silentLogger);
});
afterAll(async () => {
  await http.close();
  await upstream.close();
});

const T1 = 'k41v9m0q7x2tz8hc5jw3nd6ybgr0fspa';
const H1 = 'j57bq0wz3n8xk1vt6yc4hm9rd2gfspja';
const H2 = 'j20xk7vt5hm1zj9wdb3gfs8er6c4nyqp';
const B1 = 'p63t8hc2jw9nd0ybgr5fspa1v4m7q6xk';
const B2 = 'p11zj5wdb7gfs2er9c0nyq4xk6vt8hm3';

/** Makes the call that an example is about, and has the example answer it. */
async function play({ name, request, response }: Example): Promise<unknown> {
  upstream.requests.length = 0;
  upstream.answer(() => ({ status: response.status, headers: response.headers, body: response.body }));
  const body = (request.body ?? {}) as Record<string, never>;
  const me = caller({ fingerprint: name });
  const asked = body['paginationOpts'] as ListRequest | undefined;
  const request_ = { cursor: asked?.cursor ?? null, numItems: asked?.numItems ?? 0 };
  switch (name.split('.')[0]) {
    case 'hello':
      return client.hello(me);
    case 'createBadgeTemplate':
      return client.createBadgeTemplate(me, template);
    case 'getAllBadgeTemplatesByOwnerId':
      return client.getAllBadgeTemplatesByOwnerId(me, request_);
    case 'getASingleBadgeTemplate':
      return client.getASingleBadgeTemplate(me, body['templateId'] ?? '');
    case 'updateBadgeTemplate':
      return client.updateBadgeTemplate(me, T1, {
        ...template,
        typeWord: 'achievement',
        description: 'Pruned two rows',
        backgroundColor: '#20402A',
        textColor: '#FFFFFF',
        updatedAt: 1741766400000,
      });
    case 'deleteBadgeTemplate':
      return client.deleteBadgeTemplate(me, T1);
    case 'createHolder':
      return client.createHolder(me, ISSUER_DID, name.endsWith('without-memo') ? { ...holder, memo: null } : holder);
    case 'updateHolder':
      return client.updateHolder(me, H1, { name: 'Ana Brook', email: 'ana@example.org', phone: '+15550100' });
    case 'deleteHolder':
      return client.deleteHolder(me, H1);
    case 'getHolderById':
      return client.getHolderById(me, H1);
    case 'getHolders':
      return client.getHolders(me, request_);
    case 'issueBadge':
      return client.issueBadge(
        me,
        {
          templateId: T1,
          typeWord: 'achievement',
          validityPeriodDays: 365,
          data: { rows: 2 },
          recipientIds: body['recipientIds'] ?? [],
        },
        MARKER,
      );
    case 'getIssuedBadges':
      return client.getIssuedBadges(me, request_);
    default:
      throw new Error(`no operation for ${name}`);
  }
}

const refused = { kind: 'bad_response', reason: 'shape' };
const outcomes = (first: string, second?: string, badgeIds: readonly string[] = []) => ({
  byRecipient: new Map(
    second === undefined
      ? [[H1, first]]
      : [
          [H1, first],
          [H2, second],
        ],
  ),
  badgeIds,
});

/** What each example is understood as: the value, fields of the model, or of the error. */
const meanings: Readonly<Record<string, unknown>> = {
  'hello.ok': undefined,
  'hello.bad-key': { kind: 'unauthorized', credential: 'server', status: 401 },
  'createBadgeTemplate.ok': T1,
  'createBadgeTemplate.wrapped': T1,
  'createBadgeTemplate.refused': { kind: 'rejected', delivery: 'answered' },
  'createBadgeTemplate.error-in-200': { ...refused, delivery: 'unclear' },
  'getAllBadgeTemplatesByOwnerId.documented': {
    more: true,
    stuck: false,
    next: '9f0c1d7a55e2b0446b',
    rows: [
      { id: T1 },
      {
        node: {
          type: 'UNKNOWN',
          typeWord: 'aviation',
          validityPeriodDays: null,
          description: null,
          isActive: true,
          createdAt: { text: '2025-03-04T12:06:51.532Z' },
          updatedAt: null,
        },
      },
    ],
  },
  'getAllBadgeTemplatesByOwnerId.convex-last': { more: false, stuck: false, next: null },
  'getAllBadgeTemplatesByOwnerId.empty-not-the-end': { rows: [], more: true, next: '77aa01f3c9' },
  'getAllBadgeTemplatesByOwnerId.bad-row': {
    rows: [{ id: T1, node: { kind: 'bad_response', detail: 'page.0.name' } }, { node: { name: 'Tractor Licence' } }],
  },
  'getAllBadgeTemplatesByOwnerId.cursor-left-out': { kind: 'rejected', status: 500 },
  'getAllBadgeTemplatesByOwnerId.more-without-cursor': { more: false, stuck: true, next: null },
  'getASingleBadgeTemplate.ok': {
    templateId: T1,
    name: 'Orchard Keeper',
    type: 'ACHIEVEMENT',
    price: '2.5',
    validityPeriodDays: 365,
    backgroundColor: '#20402A',
    ownerId: fields.userId,
    createdAt: { text: '2025-03-10T08:00:00.123Z' },
    updatedAt: { text: '2025-03-11T08:00:00.456Z' },
  },
  'getASingleBadgeTemplate.sparse': { type: 'UNKNOWN', imageUrl: null, price: null },
  'getASingleBadgeTemplate.seconds': {
    createdAt: { text: '2025-03-10T08:00:00.000Z' },
    updatedAt: null,
    isActive: false,
    imageUrl: null,
  },
  'getASingleBadgeTemplate.wrapped': { templateId: T1 },
  'getASingleBadgeTemplate.not-found': { kind: 'not_found' },
  'getASingleBadgeTemplate.another-template': { kind: 'bad_response', reason: 'identity_mismatch' },
  'getASingleBadgeTemplate.no-such-route': { kind: 'bad_response', status: 404, reason: 'not_json' },
  'getASingleBadgeTemplate.not-permitted': { kind: 'forbidden' },
  'getASingleBadgeTemplate.id-of-another-table': { kind: 'rejected' },
  'getASingleBadgeTemplate.html': { kind: 'bad_response', reason: 'html' },
  'updateBadgeTemplate.ok': undefined,
  'updateBadgeTemplate.not-found': { kind: 'not_found' },
  'deleteBadgeTemplate.ok': undefined,
  'deleteBadgeTemplate.not-found': { kind: 'not_found' },
  'createHolder.ok': H1,
  'createHolder.without-memo': H1,
  'createHolder.duplicate': { kind: 'conflict' },
  'updateHolder.ok': undefined,
  'updateHolder.server-error': { kind: 'unavailable', delivery: 'unclear' },
  'deleteHolder.ok': true,
  'deleteHolder.not-done': false,
  'getHolderById.ok': {
    holderId: H1,
    name: 'Ana Brook',
    did: holder.did,
    issuerDid: ISSUER_DID,
    memo: 'south field',
    externalId: 'crew-0017',
  },
  'getHolderById.sparse': {
    holderId: H1,
    name: null,
    email: null,
    phone: null,
    did: null,
    issuerDid: null,
    memo: null,
    externalId: null,
    ownerId: fields.userId,
  },
  'getHolderById.not-found': { kind: 'not_found' },
  'getHolderById.rate-limited': { kind: 'rate_limited', retryAfterMs: 30_000 },
  'getHolders.documented': { rows: [{ id: H1 }, { id: H2, node: { name: null } }], more: false, stuck: false },
  'getHolders.undetermined': { more: true, next: '1b2c' },
  'getHolders.credentials-missing': { kind: 'unauthorized', status: 400 },
  'getHolders.invalid-cursor': { kind: 'cursor_expired', upstreamCode: 'InvalidCursor' },
  'issueBadge.success': outcomes('ISSUED', 'ISSUED', [B1, B2]),
  'issueBadge.partial': { ...outcomes('ISSUED', 'FAILED', [B1]), holderUnknown: new Set([H2]) },
  'issueBadge.partial-badge-ids': { ...outcomes('ISSUED', 'FAILED', [B1]), holderUnknown: new Set() },
  'issueBadge.failed': outcomes('FAILED'),
  'issueBadge.bare-list': outcomes('ISSUED', 'ISSUED', [B2, B1]),
  'issueBadge.confirmation': outcomes('ISSUED', 'ISSUED'),
  'issueBadge.fewer-than-asked': outcomes('UNKNOWN', 'UNKNOWN', [B1]),
  'issueBadge.one': outcomes('ISSUED', undefined, [B1]),
  'issueBadge.error-in-200': { ...refused, delivery: 'unclear' },
  'issueBadge.says-nothing': { ...refused, delivery: 'unclear' },
  'getIssuedBadges.convex-last': {
    more: false,
    rows: [
      {
        id: B1,
        node: {
          state: 'ACTIVE',
          status: 'issued',
          data: { rows: 2 },
          marker: MARKER,
          issuedAt: { text: '2025-03-04T12:06:51.530Z' },
        },
      },
    ],
  },
  'getIssuedBadges.states': {
    rows: [
      { node: { state: 'UNKNOWN', status: 'Inactive', expiresAt: null } },
      { node: { state: 'EXPIRED', expiresAt: { text: '2025-03-04T12:06:51.000Z' } } },
      { node: { state: 'REVOKED' } },
      { node: { state: 'PENDING', data: [1], marker: null } },
      { node: { state: 'UNKNOWN', status: null, type: 'UNKNOWN', issuedAt: null, data: null } },
    ],
  },
  'getIssuedBadges.deployment-without-routes': { kind: 'bad_response', status: 404, reason: 'not_json' },
};

describe('every example of the upstream', () => {
  it('has a meaning', () => {
    expect(examples.map(({ name }) => name).toSorted()).toEqual(Object.keys(meanings).toSorted());
  });

  it.each(examples.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const meaning = meanings[name];
    if (typeof meaning === 'object' && meaning !== null && 'kind' in meaning)
      expect(await upstreamError(play(one))).toMatchObject(meaning);
    else if (typeof meaning === 'object') expect(await play(one)).toMatchObject(meaning as object);
    else expect(await play(one)).toBe(meaning);
    const sent = upstream.requests[0];
    expect(sent).toMatchObject({ method: one.request.method, path: one.request.path });
    expect(sent?.headers).toMatchObject({ clientid: fields.clientId, secretkey: fields.secretKey });
    expect(sent?.body ? JSON.parse(sent.body) : undefined).toEqual(one.request.body);
    expect(sent?.headers['content-type']).toBe(one.request.body === undefined ? undefined : 'application/json');
  });

  it('covers every operation', () => {
    expect(new Set(examples.map(({ name }) => name.split('.')[0])).size).toBe(13);
  });
});

describe('errors', () => {
  it.each([
    [400, 'rejected', 'unclear'],
    [401, 'unauthorized', 'unclear'],
    [403, 'forbidden', 'unclear'],
    [404, 'not_found', 'unclear'],
    [408, 'timeout', 'unclear'],
    [409, 'conflict', 'unclear'],
    [422, 'rejected', 'unclear'],
    [429, 'rate_limited', 'unclear'],
    [500, 'unavailable', 'unclear'],
    [503, 'unavailable', 'unclear'],
  ] as const)(
    'status %i of a write means %s, %s, whatever its body looks like, until it speaks of what is the upstream’s own',
    async (status, kind, delivery) => {
      const texts = [
        { error: 'text', status: 200 },
        { error: { message: 'text' } },
        { code: 'Code', message: 'text' },
        { status: 'error', errorMessage: 'text' },
        { message: 'text' },
        'text',
        '<html></html>',
        '',
        '[]',
      ];
      // Of these only JSON is believed, and of 404 nothing at all.
      const page = (body: unknown) =>
        [400, 404, 422].includes(status) &&
        (body === 'text' || body === '<html></html>' || (body === '' && status !== 404));
      upstream.answer(() => ({ status, body: { error: 'Badge template: text' } }));
      const own = await upstreamError(client.deleteBadgeTemplate(caller({ fingerprint: `${status} own` }), T1));
      expect(own).toMatchObject({ kind, delivery: status < 500 && status !== 408 ? 'answered' : 'unclear', status });
      for (const [index, body] of texts.entries()) {
        upstream.answer(() => ({ status, body: body as object }));
        const error = await upstreamError(
          client.deleteBadgeTemplate(caller({ fingerprint: `${status} ${index}` }), T1),
        );
        expect(error).toMatchObject(
          page(body) ? { kind: 'bad_response', delivery: 'unclear', status } : { kind, delivery, status },
        );
        expect(JSON.stringify([error.message, error.detail])).not.toContain('text');
      }
    },
  );

  it("an argument error is the input's fault when reading, and says nothing certain when writing", async () => {
    const body = { status: 'error', errorMessage: 'ArgumentValidationError: Path: .templateId' };
    upstream.answer(() => ({ status: 500, body }));
    expect((await upstreamError(client.getASingleBadgeTemplate(caller(), T1))).kind).toBe('rejected');
    expect(await upstreamError(client.deleteBadgeTemplate(caller(), T1))).toMatchObject({
      kind: 'unavailable',
      delivery: 'unclear',
    });
  });

  it('an expired cursor is told by any status', async () => {
    for (const status of [200, 400, 500]) {
      upstream.answer(() => ({ status, body: { error: 'InvalidCursor: deployed anew' } }));
      expect((await upstreamError(client.getHolders(caller(), { cursor: 'x', numItems: 5 }))).kind).toBe(
        'cursor_expired',
      );
    }
  });

  it('reads are tried again, writes are not', async () => {
    for (const [run, calls] of [
      [() => client.getHolderById(caller(), H1), 3],
      [() => client.deleteHolder(caller(), H1), 1],
    ] as const) {
      upstream.requests.length = 0;
      upstream.answer(() => ({ status: 503, body: '' }));
      await upstreamError(run());
      expect(upstream.requests).toHaveLength(calls);
    }
  });
});

describe('numbers', () => {
  it('keep every digit in both directions', async () => {
    const digits = '0.12345678901234567890123456789';
    upstream.answer(() => ({
      body: JSON.stringify(example('getASingleBadgeTemplate.ok').response.body).replace(
        '"price":2.5',
        `"price":${digits}`,
      ),
    }));
    expect((await client.getASingleBadgeTemplate(caller(), T1)).price).toBe(digits);
    upstream.requests.length = 0;
    upstream.answer(() => ({ body: { _id: T1 } }));
    await client.createBadgeTemplate(caller(), { ...template, price: digits });
    expect(upstream.requests[0]?.body).toContain(`"price":${digits}`);
  });
});
