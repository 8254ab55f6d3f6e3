import type { ServerResponse } from 'node:http';
import { parseCid } from '../../src/values/cid.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type SeenRequest } from './fake-upstream.js';

/** How a write goes wrong: before or after it took effect, and what the client sees of it. */
export type WriteFault =
  | 'cut before'
  | 'cut after'
  | 'half answer'
  | '500 before'
  | '500 after'
  | '404 before'
  | 'empty'
  | 'redirect'
  | 'other content'
  | { readonly told: FakeAnswer; readonly done: boolean };

/** After these the write has taken effect, whatever the client saw. */
export const effectful: readonly Extract<WriteFault, string>[] = [
  'cut after',
  'half answer',
  '500 after',
  'empty',
  'redirect',
  'other content',
];
/** After these it has not. */
export const effectless: readonly Extract<WriteFault, string>[] = ['cut before', '500 before'];

/** A pin as the service stores and shows it. */
export interface StoredPin {
  requestid: string;
  status: string;
  created: string;
  pin: { cid: string; name?: string; origins?: string[]; meta?: Record<string, string> };
  delegates: string[];
  info: Record<string, string>;
}

export interface FakePinningOptions {
  /** Services that drop meta lose the marker. */
  readonly keepsMeta?: boolean;
  /** What adding the same content again does. */
  readonly again?: 'new pin' | 'same pin' | 'refused';
  /** Whether a replacement keeps the request id. */
  readonly keepsId?: boolean;
  /** Whether a replaced pin can still be read for a while. */
  readonly oldLingers?: boolean;
  /** Whether it says yes to what it is asked to do with pins that there are not. */
  readonly confirmsAnything?: boolean;
}

/** A pinning service with a memory, on a real socket, whose next writes can be made to fail. */
export interface FakePinning extends FakeUpstream {
  readonly pins: Map<string, StoredPin>;
  /** Faults of the coming writes, first come first. */
  readonly faults: WriteFault[];
  /** Whether listings lag behind and show nothing yet. */
  hidesNew: boolean;
  /** How many of the coming listings lag behind so. */
  lags: number;
  /** How many of the coming reads by id find nothing, whatever is there. */
  blinks: number;
  /** Whether reads by id are answered by an error. */
  readsFail: boolean;
  /** Puts a pin there without a request. */
  put(pin: Partial<Omit<StoredPin, 'pin'>> & { pin: StoredPin['pin'] }): StoredPin;
  /** Requests of this method so far. */
  count(method: string): number;
}

export async function fakePinning({
  keepsMeta = true,
  again = 'new pin',
  keepsId = false,
  oldLingers = false,
  confirmsAnything = false,
}: FakePinningOptions = {}): Promise<FakePinning> {
  const pins = new Map<string, StoredPin>();
  const faults: WriteFault[] = [];
  let made = 0;
  const put: FakePinning['put'] = (given) => {
    const pin: StoredPin = {
      requestid: `req-${++made}`,
      status: 'queued',
      created: new Date().toISOString(),
      delegates: [],
      info: {},
      ...given,
    };
    pins.set(pin.requestid, pin);
    return pin;
  };
  const store = (body: StoredPin['pin'], requestid?: string): StoredPin =>
    put({ pin: keepsMeta ? body : { ...body, meta: {} }, ...(requestid !== undefined && { requestid }) });
  const apply = (request: SeenRequest): FakeAnswer => {
    const id = decodeURIComponent(request.path.slice('/pins/'.length));
    if (request.method === 'DELETE') return pins.delete(id) || confirmsAnything ? { status: 202 } : notFound;
    const body = JSON.parse(request.body) as StoredPin['pin'];
    if (id !== '') {
      const had = oldLingers ? pins.has(id) : pins.delete(id);
      if (!had && !confirmsAnything) return notFound;
      return { status: 202, body: store(body, keepsId ? id : undefined) };
    }
    const old = [...pins.values()].find((pin) => pin.pin.cid === body.cid);
    if (old && again === 'same pin') return { status: 202, body: old };
    if (old && again === 'refused')
      return { status: 400, body: { error: { reason: 'DUPLICATE_OBJECT', details: 'secret text' } } };
    return { status: 202, body: store(body) };
  };
  const write = (request: SeenRequest, response: ServerResponse): FakeAnswer | undefined => {
    const fault = faults.shift();
    if (typeof fault === 'object') {
      if (fault.done) apply(request);
      return fault.told;
    }
    const answer = fault?.endsWith('before') ? undefined : apply(request);
    if (fault === undefined) return answer;
    if (fault === '404 before') return notFound;
    if (fault.startsWith('cut')) response.destroy();
    else if (fault === 'half answer') {
      response.writeHead(202, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"requestid":');
      setTimeout(() => response.destroy(), 5);
    } else if (fault === 'empty') return { status: 202 };
    else if (fault === 'redirect') return { status: 307, headers: { location: '/elsewhere' } };
    else if (fault === 'other content') {
      return {
        status: 202,
        body: {
          requestid: 'x',
          status: 'queued',
          created: '2025-01-01T00:00:00Z',
          delegates: [],
          pin: { cid: 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu' },
        },
      };
    } else return { status: 500, body: { error: { reason: 'INTERNAL_SERVER_ERROR' } } };
    return undefined;
  };
  const upstream = await fakeUpstream((request, response) => {
    if (request.method !== 'GET') return write(request, response);
    if (request.path !== '/pins') {
      if (fake.readsFail) return { status: 500, body: { error: { reason: 'INTERNAL_SERVER_ERROR' } } };
      if (fake.blinks > 0) {
        fake.blinks -= 1;
        return notFound;
      }
      const pin = pins.get(decodeURIComponent(request.path.slice('/pins/'.length)));
      return pin ? { body: pin } : notFound;
    }
    const hides = fake.hidesNew || fake.lags > 0;
    fake.lags = Math.max(0, fake.lags - 1);
    return { body: list(hides ? [] : [...pins.values()], request.query) };
  });
  const fake: FakePinning = {
    ...upstream,
    pins,
    faults,
    put,
    hidesNew: false,
    lags: 0,
    blinks: 0,
    readsFail: false,
    count: (method) => upstream.requests.filter((request) => request.method === method).length,
  };
  return fake;
}

const notFound: FakeAnswer = {
  status: 404,
  body: { error: { reason: 'OBJECT_NOT_FOUND', details: 'at /srv/app.js:1' } },
};

function list(all: readonly StoredPin[], query: URLSearchParams) {
  const cids = query.get('cid')?.split(',');
  const status = query.get('status')?.split(',') ?? ['pinned'];
  const before = query.get('before');
  const matching = all
    .filter((pin) => !cids || cids.some((cid) => parseCid(cid)?.key === parseCid(pin.pin.cid)?.key))
    .filter((pin) => status.includes(pin.status) && (!before || Date.parse(pin.created) < Date.parse(before)))
    .sort((a, b) => Date.parse(b.created) - Date.parse(a.created));
  return { count: matching.length, results: matching.slice(0, Number(query.get('limit') ?? 10)) };
}
