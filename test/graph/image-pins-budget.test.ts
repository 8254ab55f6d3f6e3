import { expect, it } from 'vitest';
import { cidOf } from '../../src/sandbox/names.js';
import { json, wireTemplate } from '../providers/mypit-support.js';
import { closeAfterEach } from '../support/graph-payments.js';
import { wirePin } from '../support/graph-pins.js';
import { startWholeGraph } from '../support/all-upstreams.js';

closeAfterEach();

const COUNT = 60;
/** As Pinata tells it: five listings a minute. */
const BUDGET = 5;
const contents = Array.from({ length: COUNT }, (_, index) => cidOf(`image/${index}`, 'raw'));

interface Answer {
  readonly badgeTemplates: {
    readonly nodes: readonly { readonly imagePins: readonly { readonly cid: string }[] | null }[];
  };
}

it('images of sixty templates spend the listings that are left, and the rest are told when to come back', async () => {
  const graph = await startWholeGraph();
  let left = BUDGET;
  graph.answer('mypit', () =>
    json({
      page: contents.map((cid, index) => wireTemplate({ _id: `t${index}`, imageUrl: `ipfs://${cid}` })),
      hasMore: false,
    }),
  );
  graph.answer('pinning:acme', ({ query }) => {
    left -= 1;
    const results = (query.get('cid') ?? '').split(',').map((cid) => wirePin(`r-${cid}`, { pin: { cid } }));
    return {
      headers: {
        'x-ratelimit-limit': String(BUDGET),
        'x-ratelimit-remaining': String(Math.max(0, left)),
        'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 50),
      },
      ...(left < 0 ? { status: 429, body: '' } : { body: { count: results.length, results } }),
    };
  });

  const { data, errors = [] } = await graph.query<Answer>(
    '{ badgeTemplates(first: 60) { nodes { imagePins { cid } } } }',
  );

  expect(graph.calls()['pinning:acme']).toBe(BUDGET);
  const nodes = data?.badgeTemplates.nodes ?? [];
  expect(nodes).toHaveLength(COUNT);
  nodes.forEach(({ imagePins }, index) => {
    if (imagePins !== null) return expect(imagePins).toEqual([{ cid: contents[index] }]);
    const error = errors.find(({ path }) => path?.join('.') === `badgeTemplates.nodes.${index}.imagePins`);
    expect(error?.extensions).toMatchObject({ code: 'RATE_LIMITED', provider: 'pinning:acme', retryable: true });
    expect(error?.extensions['retryAfterMs']).toBeGreaterThan(30_000);
  });
  const shown = nodes.filter(({ imagePins }) => imagePins !== null).length;
  expect([shown, errors.length]).toEqual([BUDGET * 10, COUNT - BUDGET * 10]);
});
