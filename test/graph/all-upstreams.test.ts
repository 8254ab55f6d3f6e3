import { afterAll, describe, expect, it } from 'vitest';
import { closeAll } from '../support/graph-payments.js';
import {
  byUpstream,
  callsOfOne,
  codesOf,
  everybody,
  lostWith,
  oneOfEach,
  startWholeGraph,
  upstreamNames,
  whole,
  type Death,
} from '../support/all-upstreams.js';
import { spentOn } from '../support/spent-on.js';

afterAll(closeAll);

const delays = byUpstream((name) => 60 + 20 * upstreamNames.indexOf(name));
/** The slowest of what needs nothing else; the ledger is asked for what Pi has told, one question after the other. */
const longest = Math.max(
  ...upstreamNames.filter((name) => name !== 'ledger').map((name) => delays[name]),
  delays.pi + callsOfOne.ledger * delays.ledger,
);

describe('an operation that touches all upstreams', () => {
  it('finds each of them there, and every one of the registry', async () => {
    const graph = await startWholeGraph();
    const { data } = await graph.query<{ providers: readonly { name: string }[] }>(
      '{ providers { name enabled configured reachable } }',
    );
    expect(data?.providers).toEqual(
      upstreamNames.map((name) => ({ name, enabled: true, configured: true, reachable: true })),
    );
  });

  it('asks them side by side', async () => {
    const graph = await startWholeGraph();
    expect(await graph.query(oneOfEach)).toEqual({ data: whole });
    graph.reset();
    graph.slow(delays);
    const times: number[] = [];
    const walls: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { value, ms, wholeMs } = await spentOn(() => graph.query(oneOfEach));
      expect(value.errors).toBeUndefined();
      times.push(ms);
      walls.push(wholeMs);
    }
    expect(graph.calls()).toEqual(byUpstream((name) => 3 * callsOfOne[name]));
    const best = Math.min(...times);
    const sum = upstreamNames.reduce((total, name) => total + callsOfOne[name] * delays[name], 0);
    expect(Math.min(...walls)).toBeGreaterThanOrEqual(longest - 5);
    expect(best, `all: ${times.map(Math.round).join(', ')} ms`).toBeLessThan(longest + (sum - longest) * 0.7);
  });

  const codes: Record<Death, string> = {
    refused: 'UPSTREAM_UNAVAILABLE',
    hanging: 'UPSTREAM_TIMEOUT',
    '500': 'UPSTREAM_UNAVAILABLE',
  };
  const cases = upstreamNames.flatMap((name) =>
    (['refused', 'hanging', '500'] as const).map((death) => [name, death] as const),
  );

  // Those that hang are waited for side by side.
  it.concurrent.each(cases)('loses nothing but what %s has when it is dead: %s', async (name, death) => {
    const graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '400' });
    await graph.die(name, death);
    const answer = await graph.query(oneOfEach);
    expect(answer.data).toEqual({ ...whole, ...Object.fromEntries(lostWith[name].map((field) => [field, null])) });
    expect(codesOf(answer)).toEqual(lostWith[name].map((field) => `${field}: ${codes[death]}`).toSorted());
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      provider: name,
      retryable: true,
      requestId: expect.any(String),
    });
    expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|ECONN|acme-token|secret-for-tests/);
  });

  it.concurrent.each(['refused', 'hanging', '500'] as const)(
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
        badgeTemplate: whole['badgeTemplate'],
        pin: whole['pin'],
        topMiners: whole['topMiners'],
      });
      expect(codesOf(answer)).toEqual(['me: AUTH_PROVIDER_UNAVAILABLE']);
    },
  );

  it('answers with every code when all are dead', async () => {
    const graph = await startWholeGraph({ UPSTREAM_TIMEOUT_MS: '400' });
    for (const name of upstreamNames) await graph.die(name, '500');
    const answer = await graph.query(oneOfEach);
    expect(answer.data).toEqual(Object.fromEntries(Object.keys(whole).map((field) => [field, null])));
    expect(codesOf(answer)).toEqual(
      Object.keys(whole)
        .map((field) => `${field}: UPSTREAM_UNAVAILABLE`)
        .toSorted(),
    );
  });
});
