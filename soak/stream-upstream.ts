import { createServer, type AddressInfo } from 'node:net';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create as digestOf } from 'multiformats/hashes/digest';
import { createHash } from 'node:crypto';
import { answerWith } from '../bench/dialogue.js';
import { answer, createMessageReader } from '../bench/raw-http.js';

/** A pinning service whose pins change while they are watched: `node stream-upstream.js <pins>`. Runs in a process of its own. */

export interface UpstreamOrder {
  /** The first so many pins change at every reading; 0 = nothing changes. */
  readonly changing?: number;
  readonly ended?: boolean;
  /** Whether it lists what is in progress; if not, it lists by CIDs only. */
  readonly lists?: boolean;
  /** Single pins that end now and are replaced by new ones under their ids when they are next asked for after `reborn`. */
  readonly end?: readonly number[];
  readonly reborn?: readonly number[];
}

export interface UpstreamReport {
  /** Requests since this was last asked. */
  readonly asked: number;
  /** When all ended, in epoch milliseconds; 0 while they have not. */
  readonly endedAt: number;
}

interface SlowPin {
  readonly requestid: string;
  readonly cid: string;
  version: number;
  at: number;
  done: boolean;
}

const SHA2_256 = 0x12;
const LIST_LIMIT = 1_000;
const count = Number(process.argv[2] ?? '1000');
const pins = Array.from({ length: count }, (_none, index): SlowPin => ({
  requestid: `pin-${index}`,
  cid: cidOf(index),
  version: 0,
  at: Date.now(),
  done: false,
}));
const indexOf = new Map(pins.map(({ requestid }, index) => [requestid, index]));
let changing = 0;
let lists = true;
let endedAt = 0;
let asked = 0;

function cidOf(index: number): string {
  return CID.createV1(raw.code, digestOf(SHA2_256, createHash('sha256').update(String(index)).digest())).toString();
}

/** One pin as it is at this reading. */
function seen(pin: SlowPin, index: number): object {
  if (index < changing && !pin.done) {
    pin.version += 1;
    pin.at = Date.now();
  }
  return {
    requestid: pin.requestid,
    status: pin.done ? 'pinned' : 'pinning',
    created: '2026-03-02T10:00:00.120Z',
    pin: {
      cid: pin.cid,
      name: `file-${index}.car`,
      origins: ['/ip4/203.0.113.7/tcp/4001/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'],
      meta: { app: 'shop' },
    },
    delegates: ['/dnsaddr/node-1.example.net/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'],
    info: { version: String(pin.version), at: String(pin.at) },
  };
}

function listing(path: string): Buffer {
  const query = new URLSearchParams(path.slice(path.indexOf('?') + 1));
  const cids = query.get('cid')?.split(',');
  if (cids === undefined && !lists) return answer(400, '{"error":{"reason":"BAD_REQUEST"}}');
  const wanted = cids && new Set(cids);
  const statuses = (query.get('status') ?? 'pinned').split(',');
  const found = pins.flatMap((pin, index) => {
    const shown = statuses.includes(pin.done ? 'pinned' : 'pinning') && (!wanted || wanted.has(pin.cid));
    return shown ? [index] : [];
  });
  const rows = found.slice(0, Math.min(LIST_LIMIT, Number(query.get('limit') ?? 10)));
  return answer(
    200,
    JSON.stringify({
      count: found.length,
      results: rows.flatMap((index) => (pins[index] ? [seen(pins[index], index)] : [])),
    }),
  );
}

function route(head: string): Buffer {
  const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'));
  if (path.startsWith('/pins?')) return listing(path);
  const index = indexOf.get(path.slice('/pins/'.length)) ?? -1;
  const pin = pins[index];
  return pin ? answer(200, JSON.stringify(seen(pin, index))) : answer(404, '{"error":{"reason":"NOT_FOUND"}}');
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on(
    'data',
    createMessageReader(({ head }) => {
      asked += 1;
      socket.write(route(head));
    }, false),
  );
});

function setAll(done: boolean): void {
  for (const pin of pins) Object.assign(pin, { done, at: Date.now() });
  endedAt = done ? Date.now() : 0;
}

answerWith<UpstreamOrder>((order) => {
  changing = order.changing ?? changing;
  lists = order.lists ?? lists;
  if (order.ended !== undefined) setAll(order.ended);
  for (const index of order.end ?? []) Object.assign(pins[index] ?? {}, { done: true, at: Date.now() });
  for (const index of order.reborn ?? []) Object.assign(pins[index] ?? {}, { done: false });
  const report: UpstreamReport = { asked, endedAt };
  asked = 0;
  return report;
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address() as AddressInfo;
  process.stdout.write(`ready http://127.0.0.1:${address.port}\n`);
});
