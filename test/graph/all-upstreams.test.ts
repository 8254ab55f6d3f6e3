import { describe, expect, it } from 'vitest';
import { closeAfterEach } from '../support/graph-payments.js';
import {
  codesOf,
  everybody,
  fieldOf,
  oneOfEach,
  startWholeGraph,
  upstreamNames,
  type Death,
} from '../support/all-upstreams.js';

closeAfterEach();

const whole = {
  payment: { paymentId: 'p1' },
  badgeTemplate: { templateId: 't1' },
  pin: { requestId: 'r1' },
  topMiners: expect.any(Array),
};
const delays = { pi: 60, mypit: 80, 'pinning:acme': 100, bitminter: 120 } as const;

describe('an operation that touches all four upstreams', () => {
  it('asks them side by side', async () => {
    const graph = await startWholeGraph();
    expect(await graph.query(oneOfEach)).toEqual({ data: whole });
    graph.reset();
    graph.slow(delays);
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const began = performance.now();
      expect((await graph.query(oneOfEach)).errors).toBeUndefined();
      times.push(performance.now() - began);
    }
    expect(graph.calls()).toEqual({ pi: 3, mypit: 3, 'pinning:acme': 3, bitminter: 3 });
    const [best = Infinity] = times.toSorted((a, b) => a - b);
    const sum = Object.values(delays).reduce((total, delay) => total + delay, 0);
    expect(best).toBeGreaterThanOrEqual(Math.max(...Object.values(delays)) - 5);
    expect(best, `all: ${times.map(Math.round).join(', ')} ms`).toBeLessThan(sum * 0.7);
  });

  const codes: Record<Death, string> = {
    refused: 'UPSTREAM_UNAVAILABLE',
    hanging: 'UPSTREAM_TIMEOUT',
    '500': 'UPSTREAM_UNAVAILABLE',
  };
  const cases = upstreamNames.flatMap((name) =>
    (['refused', 'hanging', '500'] as const).map((death) => [name, death] as const),
  );

  it.each(cases)('loses nothing but what %s has when it is dead: %s', async (name, death) => {
    const graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '400' });
    await graph.die(name, death);
    const answer = await graph.query(oneOfEach);
    expect(answer.data).toEqual({ ...whole, [fieldOf[name]]: null });
    expect(codesOf(answer)).toEqual([`${fieldOf[name]}: ${codes[death]}`]);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      provider: name,
      retryable: true,
      requestId: expect.any(String),
    });
    expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|ECONN|acme-token|secret-for-tests/);
  });

  it.each(['refused', 'hanging', '500'] as const)(
    "keeps public and operators' fields when nobody can say who the user is: %s",
    async (death) => {
      const graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '400' });
      await graph.die('pi', death);
      const answer = await graph.query(
        '{ me { uid } badgeTemplate(templateId: "t1") { templateId } pin(requestId: "r1") { requestId } topMiners { rank } }',
        {},
        everybody,
      );
      expect(answer.data).toEqual({
        me: null,
        badgeTemplate: whole.badgeTemplate,
        pin: whole.pin,
        topMiners: whole.topMiners,
      });
      expect(codesOf(answer)).toEqual(['me: AUTH_PROVIDER_UNAVAILABLE']);
    },
  );

  it('answers with every code when all are dead', async () => {
    const graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '400' });
    for (const name of upstreamNames) await graph.die(name, '500');
    const answer = await graph.query(oneOfEach);
    expect(answer.data).toEqual({ payment: null, badgeTemplate: null, pin: null, topMiners: null });
    expect(codesOf(answer)).toEqual(
      ['badgeTemplate', 'payment', 'pin', 'topMiners'].map((field) => `${field}: UPSTREAM_UNAVAILABLE`),
    );
  });
});
