import { gzipSync } from 'node:zlib';
import type { Script } from '../support/fake-upstream.js';
import { cut, drip, reset, silence } from '../support/graph-faults.js';

/** The ways in which an upstream fails, one entry for each row of the contract on failures that an answer can show. */
export interface Fault {
  readonly script: Script;
  /** Whether a whole answer of the service comes that says yes by its status, whatever its body says. */
  readonly yes: boolean;
  /** Whether it takes all the time that there is. */
  readonly slow: boolean;
}

const fault = (script: Script, changes: Partial<Fault> = {}): Fault => ({
  script,
  yes: false,
  slow: false,
  ...changes,
});
const text = (status: number, body: string | object, headers: Record<string, string> = {}): Fault =>
  fault(() => ({ status, body, headers }), { yes: status < 300 });
/** Somebody else answers: by no status does that say yes. */
const page = (status: number): Fault => ({
  ...text(status, '<!doctype html><h1>at /srv/app.js:1</h1>', { 'content-type': 'text/html' }),
  yes: false,
});
const packed = (encoding: string, bytes: Buffer): Fault =>
  fault((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding });
    response.end(bytes);
    return undefined;
  });
const moved = (status: number): Fault => text(status, '', { location: 'https://elsewhere.example/taken' });

/** After these nobody knows whether a write has happened. */
export const unclear: Readonly<Record<string, Fault>> = {
  'no headers in time (4)': fault(silence, { slow: true }),
  'a body that drips (5)': fault(drip, { slow: true }),
  'a reset before any header (6)': fault(reset),
  'a body that is cut (7)': fault(cut),
  'half a JSON text (8)': text(200, '{"requestid":"x","_id":'),
  'HTML with 200 (9)': page(200),
  'HTML with 500 (10)': page(500),
  'HTML with 502 (10)': page(502),
  '204 (11)': fault(() => ({ status: 204 }), { yes: true }),
  'an empty 200 (11)': text(200, ''),
  'wrong types (12)': text(200, {
    identifier: 7,
    requestid: 7,
    _id: 7,
    status: 7,
    issuedBadges: 7,
    success: 'true',
    created: 7,
    pin: 7,
  }),
  'nothing that is required (13)': text(200, { more: 1 }),
  'a gzip bomb (15)': packed('gzip', gzipSync(Buffer.alloc(30_000_000))),
  'six encodings (15)': packed('gzip, gzip, gzip, gzip, gzip, gzip', gzipSync('{}')),
  'a redirect (16)': moved(307),
  'another redirect (16)': moved(301),
  '500 (23)': text(500, { error: 'x' }),
  '502 (24)': text(502, ''),
  '503 (24)': text(503, ''),
  '504 (24)': text(504, ''),
};

/** Refusals in nobody's words: by their status alone. */
export const refusals: Readonly<
  Record<'400 (17)' | '401 (18)' | '403 (19)' | '404 (20)' | '409 (21)' | '429 (22)', Fault>
> = {
  '400 (17)': text(400, {}),
  '401 (18)': text(401, ''),
  '403 (19)': text(403, ''),
  '404 (20)': text(404, {}),
  '409 (21)': text(409, {}),
  '429 (22)': text(429, '', { 'retry-after': '120' }),
};
