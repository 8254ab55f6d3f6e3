import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIn } from './stand-in.js';

describe.each([
  ['compiled', true],
  ['interpreted', false],
])('GraphQL over HTTP, %s', (_name, jit) => {
  const app = createStandIn({ jit });
  let url = '';
  beforeAll(async () => void ({ url } = await app.listen('127.0.0.1', 0)));
  afterAll(() => app.close());

  // An address with a query is not answered the short way: the rules must hold on both ways.
  const ways = { plain: '/graphql', 'by Yoga': '/graphql?' };
  const audits = Object.entries(ways).flatMap(([way, path]) =>
    serverAudits({ url: () => `${url}${path}`, fetchFn: fetch }).map((audit) => ({ ...audit, way })),
  );
  it('is checked by all audits on both ways', () => expect(audits).toHaveLength(2 * 61));
  for (const audit of audits) {
    it(`${audit.id} ${audit.name}, ${audit.way}`, async () => {
      const result = await audit.fn();
      expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
    });
  }
});
