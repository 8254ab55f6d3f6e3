import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIn } from './stand-in.js';

describe('GraphQL over HTTP', () => {
  const app = createStandIn();
  let url = '';
  beforeAll(async () => void ({ url } = await app.listen('127.0.0.1', 0)));
  afterAll(() => app.close());

  const audits = serverAudits({ url: () => `${url}/graphql`, fetchFn: fetch });
  it('is checked by all audits', () => expect(audits).toHaveLength(61));
  for (const audit of audits) {
    it(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
    });
  }
});
