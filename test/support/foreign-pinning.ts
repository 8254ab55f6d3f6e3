import { randomUUID } from 'node:crypto';
import { instantFromMillis, parseInstant, toMillis } from '../../src/values/instant.js';
import { cidKey, parseCid } from '../../src/values/cid.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type SeenRequest } from './fake-upstream.js';

/** A pin as a foreign server keeps it. */
export interface ForeignPin {
  requestid: string;
  status: string;
  createdMs: number;
  pin: { cid: string; name?: string; meta?: Record<string, string> };
}

/** What makes one pinning server different from another; the rest is as the protocol says. */
export interface Traits {
  readonly order: 'newest' | 'oldest' | 'none';
  /** What it shows of a time. */
  created(ms: number): string;
  /** The finest step by which it compares bounds, in milliseconds, and whether the bound itself is inside. */
  readonly compares: number;
  readonly inclusive?: boolean;
  readonly counts: 'all' | 'returned';
  readonly meta: 'works' | 'matches nothing' | 'ignored';
  readonly match: 'works' | 'always exact' | 'no ipartial';
  /** A `cid` filter switches the others off, or is not known at all. */
  readonly cid?: 'alone' | 'ignored';
  /** Without a `status` it shows pins of every status. */
  readonly anyStatus?: boolean;
  readonly idIsCid?: boolean;
  /** What replacing does, and whether its answer has a body. */
  readonly replaces: 'in place' | 'anew' | 'in place when the content stays';
  readonly emptyReplaceAnswer?: boolean;
  /** It confirms what it is asked about pins that there are not. */
  readonly confirmsAnything?: boolean;
  readonly ok?: number;
  readonly delegates?: unknown;
  readonly emptyResults?: unknown;
  readonly unsetName?: string;
}

const iso = (ms: number): string => instantFromMillis(ms).text;
const whole = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** Servers that nobody here wrote, by what their sources and recordings say of them. */
export const foreignServers: Readonly<Record<string, Traits>> = {
  "Kubo's test service": {
    order: 'oldest',
    created: (ms) => `${new Date(ms + 7_200_000).toISOString().slice(0, -1)}000001+02:00`,
    compares: 1,
    counts: 'returned',
    meta: 'matches nothing',
    match: 'works',
    replaces: 'in place',
    emptyReplaceAnswer: true,
    delegates: null,
    emptyResults: null,
    unsetName: '',
  },
  Crust: {
    order: 'newest',
    created: (ms) => iso(whole(ms)).replace('.000', ''),
    compares: 1000,
    counts: 'all',
    meta: 'ignored',
    match: 'no ipartial',
    replaces: 'anew',
    confirmsAnything: true,
  },
  'ipfs-cluster': {
    order: 'none',
    created: iso,
    compares: 1,
    inclusive: true,
    counts: 'all',
    meta: 'works',
    match: 'works',
    cid: 'alone',
    idIsCid: true,
    replaces: 'anew',
    ok: 200,
    unsetName: '',
  },
  // Written after the sources of @helia/pinning-service-api-server 1.0.4, and compared with it once on a socket: it needs
  // a libp2p with native code, and 330 MB, and so is not installed here.
  "Helia's server": {
    order: 'newest',
    created: iso,
    compares: 1,
    counts: 'all',
    meta: 'ignored',
    match: 'works',
    cid: 'ignored',
    anyStatus: true,
    replaces: 'in place when the content stays',
  },
};

export interface ForeignServer extends FakeUpstream {
  readonly pins: Map<string, ForeignPin>;
  put(pin: ForeignPin['pin'], createdMs: number, status?: string): ForeignPin;
  /** The next writes are carried out and their answers lost. */
  lost: number;
}

export async function foreignServer(traits: Traits): Promise<ForeignServer> {
  const pins = new Map<string, ForeignPin>();
  const put: ForeignServer['put'] = (pin, createdMs, status = 'queued') => {
    const requestid = traits.idIsCid ? cidKey(pin.cid) : randomUUID();
    const stored = pins.get(requestid) ?? { requestid, status, createdMs, pin };
    pins.set(requestid, stored);
    return stored;
  };
  const show = ({ requestid, status, createdMs, pin }: ForeignPin) => ({
    requestid,
    status,
    created: traits.created(createdMs),
    pin: { ...pin, ...(pin.name === undefined && traits.unsetName !== undefined && { name: traits.unsetName }) },
    delegates: traits.delegates ?? (traits.delegates === null ? null : []),
    info: {},
  });
  const replace = (id: string, body: ForeignPin['pin']): FakeAnswer => {
    const old = pins.get(id);
    if (!old && !traits.confirmsAnything) return notFound;
    const stays =
      traits.replaces === 'in place' || (traits.replaces !== 'anew' && old !== undefined && old.pin.cid === body.cid);
    if (old && stays) old.pin = body;
    else pins.delete(id);
    const stored = old && stays ? old : put(body, Date.now());
    return { status: traits.ok ?? 202, ...(traits.emptyReplaceAnswer ? {} : { body: show(stored) }) };
  };
  const write = (request: SeenRequest, id: string): FakeAnswer => {
    if (request.method === 'DELETE') {
      const was = pins.delete(id);
      return was || traits.confirmsAnything ? { status: 202 } : notFound;
    }
    const body = JSON.parse(request.body) as ForeignPin['pin'];
    return id === '' ? { status: traits.ok ?? 202, body: show(put(body, Date.now())) } : replace(id, body);
  };
  const upstream = await fakeUpstream((request, response) => {
    const id = decodeURIComponent(request.path.slice('/pins/'.length));
    if (traits.idIsCid && id !== '' && !parseCid(id)) return { status: 400, body: { error: { reason: 'bad id' } } };
    if (request.method !== 'GET') {
      const answer = write(request, id);
      if (server.lost === 0) return answer;
      server.lost -= 1;
      response.destroy();
      return undefined;
    }
    if (request.path === '/pins') return { body: listed([...pins.values()], request.query, traits, show) };
    const pin = pins.get(id);
    return pin ? { body: show(pin) } : notFound;
  });
  const server: ForeignServer = { ...upstream, pins, put, lost: 0 };
  return server;
}

const notFound: FakeAnswer = { status: 404, body: { error: { reason: '' } } };

function listed(
  all: readonly ForeignPin[],
  query: URLSearchParams,
  traits: Traits,
  show: (pin: ForeignPin) => object,
): object {
  const matching = all.filter((pin) => accepts(pin, query, traits));
  const sorted =
    traits.order === 'none'
      ? matching.toSorted((a, b) => (a.requestid < b.requestid ? -1 : 1))
      : matching.toSorted((a, b) =>
          traits.order === 'oldest' ? a.createdMs - b.createdMs : b.createdMs - a.createdMs,
        );
  const rows = sorted.slice(0, Number(query.get('limit') ?? 10));
  const results = rows.length === 0 && traits.emptyResults !== undefined ? traits.emptyResults : rows.map(show);
  return { count: traits.counts === 'all' ? matching.length : rows.length, results };
}

function accepts({ createdMs, status, pin }: ForeignPin, query: URLSearchParams, traits: Traits): boolean {
  const cids = traits.cid === 'ignored' ? undefined : query.get('cid')?.split(',').map(cidKey);
  if (cids && !cids.includes(cidKey(pin.cid))) return false;
  if (cids && traits.cid === 'alone') return true;
  const cut = (ms: number): number => Math.floor(ms / traits.compares) * traits.compares;
  const bound = (name: string): number | undefined => {
    const instant = parseInstant(query.get(name) ?? '');
    return instant && cut(toMillis(instant));
  };
  const [before, after] = [bound('before'), bound('after')];
  const at = cut(createdMs);
  const slack = traits.inclusive ? 1 : 0;
  return (
    (before === undefined || at < before + slack) &&
    (after === undefined || at > after - slack) &&
    ((traits.anyStatus && !query.has('status')) || (query.get('status') ?? 'pinned').split(',').includes(status)) &&
    hasName(pin.name ?? '', query, traits) &&
    hasMeta(pin.meta ?? {}, query, traits)
  );
}

function hasName(name: string, query: URLSearchParams, traits: Traits): boolean {
  const wanted = query.get('name');
  const match = traits.match === 'always exact' ? 'exact' : (query.get('match') ?? 'exact');
  if (wanted === null) return true;
  if (match === 'ipartial' && traits.match === 'no ipartial') return false;
  const [text, part] = match.startsWith('i') ? [name.toLowerCase(), wanted.toLowerCase()] : [name, wanted];
  return match.endsWith('partial') ? text.includes(part) : text === part;
}

function hasMeta(meta: Readonly<Record<string, string>>, query: URLSearchParams, traits: Traits): boolean {
  const wanted = query.get('meta');
  if (wanted === null || traits.meta === 'ignored') return true;
  if (traits.meta === 'matches nothing') return false;
  return Object.entries(JSON.parse(wanted) as object).every(([key, value]) => meta[key] === value);
}
