import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { withoutSecrets } from '../../src/upstream/secrets.js';

const SECRET = 'pi-server-key/42+x';
const headers = { authorization: `Key ${SECRET}`, clientId: 'client-42-secret' };
const refused = (changes: { readonly upstreamCode?: string; readonly upstreamDetails?: string }) =>
  withoutSecrets(
    new UpstreamError('rejected', { provider: 'pi', operation: 'createPayment', delivery: 'answered', ...changes }),
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

  it('is one printable line of 300 characters, or nothing', () => {
    expect(refused({ upstreamDetails: ' two\nlines\u0000\u202e here ' }).upstreamDetails).toBe('two lines here');
    expect(refused({ upstreamDetails: '🎫'.repeat(400) }).upstreamDetails).toBe('🎫'.repeat(300));
    expect(refused({ upstreamDetails: '\n \t' }).upstreamDetails).toBeUndefined();
    expect(refused({ upstreamDetails: 'x'.repeat(100_000) }).upstreamDetails).toBeUndefined();
    expect(refused({ upstreamCode: 'missing_scope' })).toMatchObject({ upstreamCode: 'missing_scope' });
  });
});
