import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { detailsOf, UpstreamError, type UpstreamErrorKind } from '../../src/errors.js';
import type { Http } from '../../src/upstream/http.js';
import { silentLogger } from '../../src/log.js';
import { createPinningClient, type PinningClient } from '../../src/providers/pinning/client.js';
import type { ListAnswer, ListRequest } from '../../src/providers/pinning/listing/listing.js';
import type { Pin, PinInput } from '../../src/providers/pinning/model.js';
import { fakeUpstream, type FakeUpstream } from '../support/fake-upstream.js';
import { pinningExamples, type PinningExample } from '../support/pinning-examples.js';
import { upstreamFailure } from '../support/pinning-harness.js';
import { createTestHttp, testScope } from '../support/test-http.js';

const A = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const B = 'bafkreier7gxuyhdnsphoyk7x64oqs54fmbj27kqndbprpayzkiw4hoc2nu';
const MARKER = '7f0f1a52-2f0e-4a9e-9f3c-5a5c7a1f6b10';
const examples = new Map(pinningExamples().map((example) => [example.name, example]));

let upstream: FakeUpstream;
let http: Http;
let client: PinningClient;
beforeAll(async () => {
  upstream = await fakeUpstream(() => ({ status: 500 }));
  http = createTestHttp();
  client = createPinningClient(
    'acme',
    http.client({ provider: 'pinning:acme', baseUrl: `${upstream.url}/psa` }),
    silentLogger,
  );
});
afterAll(async () => {
  await http.close();
  await upstream.close();
});

function exampleOf(name: string): PinningExample {
  const example = examples.get(name);
  if (!example) throw new Error(`there is no example ${name}`);
  return example;
}

let fingerprints = 0;
/** A credential of its own for each call: what one refusal pauses is not the next one's concern. */
const freshScope = () => testScope({ fingerprint: `fp-${++fingerprints}`, deadline: monotonicNow() + 3000 });

/** Plays an example's answer to the operation that its request line asks for. */
async function play({ operation, request, response }: PinningExample): Promise<unknown> {
  upstream.requests.length = 0;
  upstream.answer(() => ({ status: response.status, headers: response.headers, body: response.text ?? response.body }));
  const id = decodeURIComponent(request.path.slice('/pins/'.length));
  const scope = freshScope();
  switch (operation) {
    case 'getPins':
      return client.getPins(scope, 'token', listRequest(new URLSearchParams(request.path.split('?')[1])));
    case 'getPinByRequestId':
      return client.getPinByRequestId(scope, 'token', id);
    case 'addPin':
      return client.addPin(scope, 'token', inputOf(request.body), MARKER);
    case 'replacePinByRequestId':
      return client.replacePinByRequestId(scope, 'token', id, inputOf(request.body), MARKER);
    case 'deletePinByRequestId':
      return client.deletePinByRequestId(scope, 'token', id);
    default:
      throw new Error(`${operation} is no operation`);
  }
}
const played = <T>(name: string): Promise<T> => play(exampleOf(name)) as Promise<T>;

function listRequest(query: URLSearchParams): ListRequest {
  const status = query.get('status') ?? '';
  return {
    cids: query.get('cid')?.split(',') ?? [],
    name: query.get('name'),
    match: query.get('match') === 'ipartial' ? 'IPARTIAL' : 'EXACT',
    status: status === 'queued,failed' ? ['QUEUED', 'FAILED'] : [],
    before: query.get('before'),
    after: query.get('after'),
    meta: query.has('meta') ? { shelf: '3' } : null,
    limit: Number(query.get('limit')),
  };
}

function inputOf(body: unknown): PinInput {
  const {
    cid,
    name = null,
    origins = [],
    meta = {},
  } = body as { cid: string; name?: string; origins?: string[]; meta?: Record<string, string> };
  return { cid, name, origins, meta: Object.fromEntries(Object.entries(meta).filter(([key]) => key !== 'gw_idem')) };
}

/** How each refused or unusable example ends; the rest are successes. */
const failures: Readonly<Record<string, readonly [UpstreamErrorKind, Partial<UpstreamError>]>> = {
  'addPin.bad-cid-html': ['bad_response', { delivery: 'unclear', status: 400, reason: 'html' }],
  'addPin.duplicate': ['conflict', { delivery: 'answered', upstreamCode: 'DUPLICATE_OBJECT' }],
  'addPin.empty': ['bad_response', { delivery: 'unclear', reason: 'empty' }],
  'addPin.error-is-text': ['rejected', { upstreamCode: 'UNPROCESSABLE', status: 422 }],
  'addPin.insufficient-funds': ['insufficient_funds', { delivery: 'answered', upstreamCode: 'INSUFFICIENT_FUNDS' }],
  'addPin.method-not-allowed': ['bad_response', { delivery: 'unclear', status: 405, reason: 'empty' }],
  'addPin.other-content': ['bad_response', { delivery: 'unclear', reason: 'identity_mismatch', detail: 'pin.cid' }],
  'addPin.server-error': ['unavailable', { delivery: 'unclear', status: 500, upstreamCode: 'INTERNAL_SERVER_ERROR' }],
  'deletePinByRequestId.not-found': ['not_found', { delivery: 'answered', upstreamCode: 'OBJECT_NOT_FOUND' }],
  'getPinByRequestId.another-pin': ['bad_response', { delivery: 'answered', reason: 'identity_mismatch' }],
  'getPinByRequestId.not-a-cid': ['rejected', { status: 400 }],
  'getPinByRequestId.not-found': ['not_found', { upstreamCode: 'OBJECT_NOT_FOUND' }],
  'getPinByRequestId.not-found-empty-reason': ['not_found', { status: 404 }],
  'getPinByRequestId.not-found-html': ['bad_response', { delivery: 'answered', status: 404, reason: 'html' }],
  'getPinByRequestId.not-found-with-stack': ['not_found', { upstreamCode: 'NotFound' }],
  'getPins.code-and-message': ['rejected', { upstreamCode: 'PSA_INVALID_DATA' }],
  'getPins.forbidden': ['forbidden', { upstreamCode: 'FORBIDDEN' }],
  'getPins.invalid-credentials': ['unauthorized', { upstreamCode: 'INVALID_CREDENTIALS' }],
  'getPins.invalid-query': ['unavailable', { delivery: 'unclear', status: 500, upstreamCode: undefined }],
  'getPins.maintenance': ['unavailable', { status: 503 }],
  'getPins.no-token': ['unauthorized', { status: 400 }],
  'getPins.not-a-listing': ['bad_response', { reason: 'shape', detail: 'count' }],
  'getPins.parked-domain': ['bad_response', { reason: 'html' }],
  'getPins.rate-limited': ['rate_limited', { retryAfterMs: 60_000, delivery: 'answered' }],
  'getPins.rate-limited-without-headers': ['rate_limited', { retryAfterMs: 60_000 }],
  'getPins.sunset': ['unavailable', { delivery: 'answered', status: 410, upstreamCode: 'ERROR_SUNSET' }],
  'replacePinByRequestId.not-found': ['not_found', { delivery: 'answered' }],
};

describe('every example', () => {
  it.each([...examples.keys()])('%s: is asked as recorded and ends as it should', async (name) => {
    const example = exampleOf(name);
    const [kind, details] = failures[name] ?? [];
    const end = await play(example).then(
      () => undefined,
      (error: unknown) => error,
    );
    const [request] = upstream.requests;
    expect(`${request?.method} ${request?.url}`).toBe(`${example.request.method} /psa${example.request.path}`);
    expect(request?.headers).toMatchObject({ ...example.request.headers, authorization: 'Bearer token' });
    if (example.request.body !== undefined) expect(JSON.parse(request?.body ?? '')).toEqual(example.request.body);
    if (kind === undefined) expect(end).toBeUndefined();
    else
      expect(end).toMatchObject({
        kind,
        ...details,
        provider: 'pinning:acme',
        operation: example.operation,
        credential: 'server',
      });
    if (end instanceof UpstreamError) {
      const { upstreamDetails, ...others } = detailsOf(end);
      const leaks = /srv|stack|<h|Bearer|127\.0\.0\.1|\/pins/;
      expect(JSON.stringify([others, end.message])).not.toMatch(new RegExp(`${leaks.source}|plan|top up`));
      expect(upstreamDetails ?? '').not.toMatch(leaks);
    }
  });

  it('has an example of each operation, and no failure without one', () => {
    expect(new Set([...examples.values()].map(({ operation }) => operation)).size).toBe(5);
    expect(Object.keys(failures).filter((name) => !examples.has(name))).toEqual([]);
  });
});

describe('reading pins', () => {
  const pinsOf = (answer: ListAnswer): Pin[] =>
    answer.results.flatMap(({ pin }) => (pin instanceof UpstreamError ? [] : [pin]));

  it('hides the marker, keeps meta, and has no name where none is set', async () => {
    const answer = await played<ListAnswer>('getPins.newest-first');
    expect(answer.count).toBe(3);
    expect(pinsOf(answer)).toMatchObject([
      {
        status: 'QUEUED',
        name: 'orchard-07.json',
        meta: { app: 'orchard' },
        marker: MARKER,
        info: { pinata_pinjob_status: 'searching' },
      },
      { status: 'PINNED', name: null, meta: {}, marker: null, delegates: [] },
      { status: 'FAILED', name: null, origins: [], meta: {} },
    ]);
    expect(pinsOf(answer)[0]?.meta).not.toHaveProperty('gw_idem');
  });

  it('keeps every digit of a time, and moves it to UTC', async () => {
    const [nanos] = pinsOf(await played('getPins.nanoseconds-and-nulls'));
    expect(nanos).toMatchObject({
      createdAt: { text: '2025-04-01T08:00:00.123456789Z', nanos: 123_456_789 },
      name: null,
      delegates: [],
      info: {},
      meta: {},
    });
    const [first, second] = pinsOf(await played('getPins.whole-seconds-and-offset'));
    expect(first?.createdAt.text).toBe('2025-03-02T16:20:07.000Z');
    expect(second).toMatchObject({ name: null, createdAt: first?.createdAt });
  });

  it('reads sizes beyond 2^53, the details and the end of the pin', async () => {
    await expect(played('getPinByRequestId.pinned')).resolves.toMatchObject({
      dagSize: '9007199254740993',
      statusDetails: '3 of 3 copies',
      pinnedUntil: { text: '2026-02-11T08:29:58Z' },
      meta: { shelf: '3' },
    });
  });

  it('calls a word that it does not know UNKNOWN', async () => {
    expect(pinsOf(await played('getPins.unknown-status'))[0]?.status).toBe('UNKNOWN');
  });

  it('leaves a bad row in its place, with the path of its fault', async () => {
    const { results } = await played<ListAnswer>('getPins.bad-row');
    expect(results.map((row) => row.id)).toEqual(['row-1', 'row-2', 'row-3']);
    expect(results[1]).toMatchObject({
      createdAt: null,
      cidKey: B,
      pin: { kind: 'bad_response', reason: 'shape', detail: 'results.1.created' },
    });
  });

  it('names a row without a readable id by a hash that does not change', async () => {
    const row = { requestid: [7], status: 'pinned', created: '2025-04-01T10:00:00Z', pin: { cid: A }, delegates: [] };
    upstream.answer(() => ({ body: { count: 2, results: [row, null, 'x', { ...row, requestid: '..' }] } }));
    const list = () => client.getPins(freshScope(), 'token', listRequest(new URLSearchParams('limit=1000')));
    const [first, second] = [await list(), await list()];
    expect(first.results.map(({ id }) => id)).toEqual(second.results.map(({ id }) => id));
    expect(new Set(first.results.map(({ id }) => id)).size).toBe(4);
    expect(first.results[0]).toMatchObject({
      id: expect.stringMatching(/^unreadable-[0-9a-f]{24}$/),
      createdAt: { text: '2025-04-01T10:00:00Z' },
      cidKey: A,
    });
  });

  it.each([
    ['pin.cid', { pin: {} }],
    ['created', { created: 7 }],
    ['requestid', { requestid: '' }],
  ])('does not take a wrong %s', async (path, change) => {
    const row = {
      requestid: 'id',
      status: 'pinned',
      created: '2025-04-01T10:00:00Z',
      pin: { cid: A },
      delegates: [],
      ...change,
    };
    upstream.answer(() => ({ body: row }));
    expect(await upstreamFailure(client.getPinByRequestId(freshScope(), 'token', 'id'))).toMatchObject({
      kind: 'bad_response',
      reason: 'shape',
      detail: path,
    });
  });

  it.each<[string, object, object]>([
    ['delegates', { delegates: 'x' }, { delegates: [] }],
    ['one of the delegates', { delegates: ['/a', 7] }, { delegates: ['/a'] }],
    ['origins', { pin: { cid: A, origins: {} } }, { origins: [] }],
    ['a number in meta', { pin: { cid: A, meta: { app: 'x', version: 3 } } }, { meta: { app: 'x', version: 3 } }],
    ['a list for meta', { pin: { cid: A, meta: [] } }, { meta: {}, marker: null }],
    ['a marker beside it', { pin: { cid: A, meta: { gw_idem: 'm', n: [1] } } }, { meta: { n: [1] }, marker: 'm' }],
    ['a marker that is a number', { pin: { cid: A, meta: { gw_idem: 7 } } }, { meta: {}, marker: null }],
    ['a list for info', { info: [] }, { info: {} }],
    ['text for info', { info: 'all well' }, { info: {} }],
    ['an info that is too deep', { info: { deep: deep(40), flat: 1 } }, { info: { flat: 1 } }],
    ['a status', { status: 3 }, { status: 'UNKNOWN' }],
    ['a number for a name', { pin: { cid: A, name: 7 } }, { name: '7' }],
    ['a list for a name', { pin: { cid: A, name: ['x'] } }, { name: null }],
  ])('is not stopped by an odd field: %s', async (_name, change, shown) => {
    const row = { requestid: 'id', status: 'pinned', created: '2025-04-01T10:00:00Z', pin: { cid: A } };
    upstream.answer(() => ({ body: { ...row, ...change } }));
    await expect(client.getPinByRequestId(freshScope(), 'token', 'id')).resolves.toMatchObject(shown);
  });

  it('keeps every digit of a size', async () => {
    const row = `"requestid":"id","status":"pinned","created":"2025-04-01T10:00:00Z","pin":{"cid":"${A}"}`;
    const read = async (info: string) => {
      upstream.answer(() => ({ body: `{${row},"info":${info}}` }));
      return client.getPinByRequestId(freshScope(), 'token', 'id');
    };
    await expect(read('{"dag_size":653247040368672768,"raw_size":9007199254740992}')).resolves.toMatchObject({
      dagSize: '653247040368672768',
      rawSize: '9007199254740992',
      info: { dag_size: '653247040368672768', raw_size: '9007199254740992' },
    });
    await expect(read('{"dag_size":" 12 ","raw_size":1.5e3}')).resolves.toMatchObject({
      dagSize: '12',
      rawSize: '1500',
    });
    await expect(read('{"dag_size":-1,"raw_size":"big"}')).resolves.toMatchObject({ dagSize: null, rawSize: null });
  });

  it('survives nesting without end, and keys that mean something to JavaScript', async () => {
    upstream.answer(() => ({ body: `{"count":1,"results":[${'['.repeat(200_000)}${']'.repeat(200_000)}]}` }));
    const { results } = await client.getPins(freshScope(), 'token', listRequest(new URLSearchParams('limit=1')));
    expect(results[0]?.pin).toBeInstanceOf(UpstreamError);
    upstream.answer(() => ({
      body:
        `{"requestid":"id","status":"pinned","created":"2025-04-01T10:00:00Z","pin":{"cid":"${A}",` +
        `"meta":{"__proto__":"x"}},"info":{"__proto__":{"status_details":"no"}},"delegates":[]}`,
    }));
    const pin = await client.getPinByRequestId(freshScope(), 'token', 'id');
    expect(pin.statusDetails).toBeNull();
    expect(Object.getPrototypeOf(pin.meta)).toBe(Object.prototype);
  });

  it('sends no token that no header can carry', async () => {
    upstream.requests.length = 0;
    for (const token of ['', 'a b', 'a\r\nx: y', 'ü']) {
      const error = await upstreamFailure(client.getPinByRequestId(freshScope(), token, 'id'));
      expect(error).toMatchObject({ kind: 'unauthorized', delivery: 'unsent' });
    }
    expect(upstream.requests).toEqual([]);
  });
});

function deep(levels: number): unknown {
  return levels === 0 ? 1 : [deep(levels - 1)];
}

describe('transport failures of reads', () => {
  it('tries a cut connection twice more, then says unavailable', async () => {
    upstream.requests.length = 0;
    upstream.answer((_request, response) => void response.destroy());
    expect((await upstreamFailure(client.getPinByRequestId(freshScope(), 'token', 'id'))).kind).toBe('unavailable');
    expect(upstream.requests).toHaveLength(3);
  });

  it.each([
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'redirect'],
    ['half a JSON text', { body: '{"count":1,' }, 'not_json'],
    ['an empty 200', { body: '' }, 'empty'],
  ] as const)('does not accept %s', async (_name, answer, reason) => {
    upstream.answer(() => answer);
    expect(await upstreamFailure(client.getPinByRequestId(freshScope(), 'token', 'id'))).toMatchObject({
      kind: 'bad_response',
      reason,
    });
  });
});
