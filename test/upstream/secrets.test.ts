import { describe, expect, it } from 'vitest';
import { UpstreamError, type UpstreamErrorKind } from '../../src/errors.js';
import { withoutSecrets } from '../../src/upstream/secrets.js';

const SECRET = 'pi-server-key/42+x';
const headers = { authorization: `Key ${SECRET}`, clientId: 'client-42-secret' };
const refused = (
  changes: { readonly upstreamCode?: string; readonly upstreamDetails?: string },
  kind: UpstreamErrorKind = 'rejected',
) =>
  withoutSecrets(
    new UpstreamError(kind, { provider: 'pi', operation: 'createPayment', delivery: 'answered', ...changes }),
    headers,
  );

describe('what an upstream says for people', () => {
  it.each([
    ['plain', SECRET],
    ['large', SECRET.toUpperCase()],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in hexadecimal digits', Buffer.from(SECRET).toString('hex')],
    ['another header', headers.clientId],
  ])('holds no secret of the call: %s', (_name, spelled) => {
    expect(refused({ upstreamDetails: `your key ${spelled} (${spelled}) is wrong` }).upstreamDetails).toBe(
      'your key … (…) is wrong',
    );
    expect(refused({ upstreamCode: `bad_${spelled}` }).upstreamCode).toBeUndefined();
  });

  it.each(['unauthorized', 'forbidden', 'rate_limited', 'unavailable', 'timeout', 'bad_response'] as const)(
    'is nothing when the call failed for another reason than the request: %s',
    (kind) => {
      expect(refused({ upstreamCode: 'some_code', upstreamDetails: 'words' }, kind)).toMatchObject({
        upstreamCode: 'some_code',
        upstreamDetails: undefined,
      });
    },
  );

  it.each([
    ['Error: no pin\n    at get (/srv/app/pins.js:12:3)\n    at run (/srv/app/main.js:1:1)', 'Error: no pin'],
    ['no pin\r\n\tat shop.Pins.get(Pins.java:12)', 'no pin'],
    ['Traceback (most recent call last):\n  File "/srv/app/pins.py", line 3', undefined],
    ['Meet us\nat noon', 'Meet us at noon'],
  ])('ends where a stack begins: %j', (upstreamDetails, told) => {
    expect(refused({ upstreamDetails }).upstreamDetails).toBe(told);
  });

  it('is one printable line of 300 characters, or nothing', () => {
    expect(refused({ upstreamDetails: ' two\nlines\u0000\u202e here ' }).upstreamDetails).toBe('two lines here');
    expect(refused({ upstreamDetails: '🎫'.repeat(400) }).upstreamDetails).toBe('🎫'.repeat(300));
    expect(refused({ upstreamDetails: '\n \t' }).upstreamDetails).toBeUndefined();
    expect(refused({ upstreamDetails: 'x'.repeat(100_000) }).upstreamDetails).toBeUndefined();
    expect(refused({ upstreamCode: 'missing_scope' })).toMatchObject({ upstreamCode: 'missing_scope' });
  });
});
