import { beforeEach, describe, expect, it } from 'vitest';
import type { GraphAnswer } from '../support/create-test-app.js';
import { closeAfterEach } from '../support/graph-payments.js';
import { pinningExamples, type PinningExample } from '../support/pinning-examples.js';
import { wirePin } from '../support/graph-pins.js';
import { fieldsOf } from '../support/fields-of.js';
import { globalId, startWholeGraph, type WholeGraph } from '../support/all-upstreams.js';

closeAfterEach();
let graph: WholeGraph;
// One for each: what one answer pauses is not the next one's concern.
beforeEach(async () => {
  graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '2000', WRITE_TIMEOUT_MS: '2000' });
});

const examples = pinningExamples();
const MARKER = '7f0f1a52-2f0e-4a9e-9f3c-5a5c7a1f6b10';
const PIN = fieldsOf('Pin');
const RESULT = '__typename ... on UserError { code upstreamCode }';
/** The field that each upstream operation stands behind; `$id` is the pin that the example is about. */
const documents: Readonly<Record<string, string>> = {
  getPins: `query ($first: Int) { field: pins(first: $first) { nodes { ${PIN} } } }`,
  getPinByRequestId: `query ($id: ID!) { field: pin(requestId: $id) { ${PIN} } }`,
  addPin:
    `mutation ($input: AddPinInput!) { field: addPin(input: $input) { ${RESULT} ... on AddPinPayload { ` +
    `alreadyPinned pin { ${PIN} } } } }`,
  replacePinByRequestId:
    `mutation ($input: ReplacePinInput!) { field: replacePin(input: $input) { ${RESULT} ... on ` +
    `ReplacePinPayload { replacedRequestId pin { ${PIN} } } } }`,
  deletePinByRequestId:
    `mutation ($input: RemovePinInput!) { field: removePin(input: $input) { ${RESULT} ... on ` +
    'RemovePinPayload { removedRequestId } } }',
};

/** Has the example answer at its own method and path, with a service around it that holds the pin it changes and no other. */
async function play({ operation, request, response }: PinningExample): Promise<GraphAnswer<{ field: unknown }>> {
  graph.reset();
  const [pathname = ''] = request.path.split('?');
  graph.answer('pinning:acme', (seen) => {
    if (seen.method === request.method && seen.path === pathname) {
      const text = response.text ?? JSON.stringify(response.body);
      // A new pin echoes the marker that was sent with it, which no example can know.
      const sent =
        seen.body === '' ? undefined : (JSON.parse(seen.body) as { meta?: Record<string, string> }).meta?.['gw_idem'];
      return {
        status: response.status,
        headers: response.headers,
        body: sent === undefined ? text : text.replaceAll(MARKER, sent),
      };
    }
    if (seen.path === '/pins') return { body: { count: 0, results: [] } };
    // A pin that nobody has seen yet is looked for before it is changed.
    return request.method !== 'GET' && seen.method === 'GET' && seen.path === pathname
      ? { body: wirePin(decodeURIComponent(pathname.slice('/pins/'.length))) }
      : { status: 404, body: { error: { reason: 'NOT_FOUND' } } };
  });
  const id = decodeURIComponent(pathname.slice('/pins/'.length));
  const { meta, ...body } = (request.body ?? {}) as { meta?: Record<string, string> };
  const { gw_idem: _marker, ...own } = meta ?? {};
  const input =
    operation === 'deletePinByRequestId'
      ? { requestId: id }
      : { ...body, meta: own, ...(operation === 'addPin' ? {} : { requestId: id }) };
  // As many as there are: what lies behind them is no example's concern.
  const first = Math.max(1, (response.body as { results?: unknown[] } | undefined)?.results?.length ?? 1);
  return graph.query(documents[operation] ?? '', { id, input, first });
}

const data = (field: unknown) => ({ data: { field } });
const code = (text: string, more: object = {}) => ({
  data: { field: null },
  errors: [
    expect.objectContaining({
      path: ['field'],
      extensions: expect.objectContaining({ code: text, provider: 'pinning:acme', ...more }),
    }),
  ],
});
const pinned = (more: object) => data(expect.objectContaining({ service: 'acme', ...more }));
const nodes = (...rows: (object | null)[]) =>
  data({ nodes: rows.map((row) => (row === null ? null : expect.objectContaining({ service: 'acme', ...row }))) });
const refusal = (typename: string, text: string, upstreamCode: string | null) =>
  data({ __typename: typename, code: text, upstreamCode });
const invalid = (upstreamCode: string | null) => refusal('InvalidInputError', 'BAD_USER_INPUT', upstreamCode);
const unknown = (upstreamCode: string | null = null) => refusal('OutcomeUnknownError', 'OUTCOME_UNKNOWN', upstreamCode);
const missing = (upstreamCode: string) => refusal('NotFoundError', 'NOT_FOUND', upstreamCode);
const added = (alreadyPinned: boolean, more: object) =>
  data({
    __typename: 'AddPinPayload',
    alreadyPinned,
    pin: expect.objectContaining({ service: 'acme', status: 'QUEUED', ...more }),
  });
const whole = {
  name: 'season-3.car',
  origins: [expect.stringMatching(/^\/ip4\//)],
  meta: { app: 'orchard' },
  createdAt: '2025-02-11T10:00:00.451Z',
};
const replaced = (requestId: string) =>
  data({
    __typename: 'ReplacePinPayload',
    replacedRequestId: requestId === 'old-id' ? null : 'old-id',
    pin: expect.objectContaining({ requestId, ...whole }),
  });
const removed = data({ __typename: 'RemovePinPayload', removedRequestId: 'old-id' });

const answers: Readonly<Record<string, object>> = {
  'addPin.accepted': added(false, {
    ...whole,
    statusDetails: 'position 4 in queue',
    info: { status_details: 'position 4 in queue' },
  }),
  'addPin.ok': added(false, { ...whole, statusDetails: null, info: { pinata_pinjob_status: 'prechecking' } }),
  // A page, or a refusal without a word of the service's own, is not believed.
  'addPin.bad-cid-html': code('UPSTREAM_INVALID_RESPONSE', { reason: 'html' }),
  'addPin.error-is-text': invalid('UNPROCESSABLE'),
  'addPin.method-not-allowed': code('UPSTREAM_INVALID_RESPONSE', {}),
  'addPin.duplicate': refusal('ConflictError', 'CONFLICT', 'DUPLICATE_OBJECT'),
  'addPin.insufficient-funds': refusal('InsufficientFundsError', 'INSUFFICIENT_FUNDS', 'INSUFFICIENT_FUNDS'),
  'addPin.empty': unknown(),
  'addPin.other-content': unknown(),
  'addPin.server-error': unknown('INTERNAL_SERVER_ERROR'),
  // It is dated long ago, but the look before did not show it: without the marker that tells, and no clock.
  'addPin.meta-dropped': added(false, { name: 'season-3.car', origins: [], meta: {} }),
  'addPin.same-pin-again': added(true, { requestId: 'req-4', name: 'first-name', meta: {} }),
  'deletePinByRequestId.accepted': removed,
  'deletePinByRequestId.empty-object': removed,
  'deletePinByRequestId.no-content': removed,
  'deletePinByRequestId.ok-text': removed,
  'deletePinByRequestId.not-found': missing('OBJECT_NOT_FOUND'),
  'getPinByRequestId.pinned': pinned({
    status: 'PINNED',
    dagSize: '9007199254740993',
    pinnedUntil: '2026-02-11T08:29:58Z',
    statusDetails: '3 of 3 copies',
    meta: { shelf: '3' },
    name: 'album',
  }),
  'getPinByRequestId.failed': pinned({
    status: 'FAILED',
    name: null,
    dagSize: 0,
    statusDetails: null,
    info: expect.objectContaining({ failed_reason: 'timeout' }),
  }),
  'getPinByRequestId.request-id-is-the-cid': pinned({
    requestId: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu',
    createdAt: '2025-04-01T10:00:00.5Z',
  }),
  'getPinByRequestId.slash-in-id': pinned({ requestId: 'a/b+c==' }),
  'getPinByRequestId.another-pin': code('UPSTREAM_INVALID_RESPONSE', { reason: 'identity_mismatch' }),
  'getPinByRequestId.not-a-cid': code('BAD_USER_INPUT', { upstreamStatus: 400 }),
  'getPinByRequestId.not-found': data(null),
  'getPinByRequestId.not-found-empty-reason': data(null),
  'getPinByRequestId.not-found-html': code('UPSTREAM_INVALID_RESPONSE', { reason: 'html' }),
  'getPinByRequestId.not-found-with-stack': data(null),
  'getPins.newest-first': nodes(
    { status: 'QUEUED', name: 'orchard-07.json', meta: { app: 'orchard' } },
    { status: 'PINNED', name: null },
    { status: 'FAILED' },
  ),
  'getPins.oldest-first': nodes({ requestId: 'req-2' }, { requestId: 'req-1' }),
  'getPins.whole-seconds-and-offset': nodes(
    { createdAt: expect.stringMatching(/Z$/) },
    { createdAt: expect.stringMatching(/Z$/) },
  ),
  'getPins.nanoseconds-and-nulls': nodes({
    status: 'PINNING',
    createdAt: '2025-04-01T08:00:00.123456789Z',
    name: null,
    origins: [],
    meta: {},
    info: {},
  }),
  'getPins.unknown-status': nodes({ status: 'UNKNOWN' }),
  'getPins.all-filters': nodes(),
  'getPins.empty': nodes(),
  'getPins.empty-null': nodes(),
  'getPins.bad-row': {
    ...nodes({ requestId: 'row-1' }, null, { requestId: 'row-3' }),
    errors: [
      expect.objectContaining({
        path: ['field', 'nodes', 1],
        extensions: expect.objectContaining({ code: 'UPSTREAM_INVALID_RESPONSE', reason: 'shape' }),
      }),
    ],
  },
  'getPins.code-and-message': code('BAD_USER_INPUT', { upstreamCode: 'PSA_INVALID_DATA' }),
  'getPins.forbidden': code('UPSTREAM_AUTH_FAILED', { upstreamStatus: 403 }),
  'getPins.invalid-credentials': code('UPSTREAM_AUTH_FAILED', { upstreamStatus: 401, retryable: false }),
  'getPins.no-token': code('UPSTREAM_AUTH_FAILED', { upstreamStatus: 400 }),
  'getPins.invalid-query': code('UPSTREAM_UNAVAILABLE', { upstreamStatus: 500 }),
  'getPins.maintenance': code('UPSTREAM_UNAVAILABLE', { upstreamStatus: 503 }),
  'getPins.sunset': code('UPSTREAM_UNAVAILABLE', { upstreamCode: 'ERROR_SUNSET' }),
  'getPins.not-a-listing': code('UPSTREAM_INVALID_RESPONSE', { reason: 'shape' }),
  'getPins.parked-domain': code('UPSTREAM_INVALID_RESPONSE', { reason: 'html' }),
  'getPins.rate-limited': code('RATE_LIMITED', { retryAfterMs: 60_000 }),
  'getPins.rate-limited-without-headers': code('RATE_LIMITED', { retryAfterMs: expect.any(Number) }),
  'replacePinByRequestId.accepted': replaced('new-id'),
  'replacePinByRequestId.ok': replaced('new-id'),
  'replacePinByRequestId.id-kept': replaced('old-id'),
  'replacePinByRequestId.not-found': missing('NOT_FOUND'),
  'replacePinByRequestId.empty': unknown(),
};

describe('every example of the pinning protocol, at the graph', () => {
  it('has an answer', () => {
    expect(examples.map(({ name }) => name).toSorted()).toEqual(Object.keys(answers).toSorted());
  });

  it.each(examples.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const answer = await play(one);
    expect(answer).toEqual(answers[name]);
    const sent = graph.upstreams['pinning:acme'].requests.filter(
      ({ method, path }) => `${method} ${path}` === `${one.request.method} ${one.request.path.split('?')[0]}`,
    );
    expect(sent.length, 'the example was met').toBeGreaterThan(0);
    if (one.request.body !== undefined)
      expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
        ...one.request.body,
        meta: { ...(one.request.body as { meta: object }).meta, gw_idem: expect.any(String) },
      });
    expect(JSON.stringify(answer)).not.toMatch(/gw_idem|acme-token|127\.0\.0\.1|top up|srv\/|doctype/i);
  });

  it.each(examples.filter(({ operation }) => operation === 'getPinByRequestId').map((one) => [one.name, one] as const))(
    '%s, by its global id',
    async (_name, one) => {
      const byField = await play(one);
      const id = decodeURIComponent(one.request.path.slice('/pins/'.length));
      const byNode = await graph.query<{ field: unknown }>(
        `query ($id: ID!) { field: node(id: $id) { ... on Pin { ${PIN} } } }`,
        { id: globalId('Pin', `acme:${id}`) },
      );
      expect(byNode.data).toEqual(byField.data);
      expect(byNode.errors?.map(({ extensions }) => extensions['code'])).toEqual(
        byField.errors?.map(({ extensions }) => extensions['code']),
      );
    },
  );
});
