import { describe, expect, it } from 'vitest';
import { badgeCallers as callers, codesOf, startBadgesGraph, type BadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach } from '../support/graph-payments.js';
import { json, lastPage, wireBadge, wireHolder, wireTemplate, type Handler } from '../providers/mypit-support.js';

closeAfterEach();

type Wire = Record<string, unknown>;
interface Row {
  readonly recipientId: string;
  readonly outcome: string;
  readonly badgeId: string | null;
  readonly message: string | null;
}
interface Issued {
  readonly __typename: string;
  readonly status?: string;
  readonly results?: readonly Row[];
  readonly idempotencyKey?: string;
  readonly code?: string;
}

const mutation = `mutation ($input: IssueBadgeInput!) { field: issueBadge(input: $input) {
  __typename ... on UserError { code } ... on OutcomeUnknownError { idempotencyKey } ... on IssueBadgePayload { status
  results { recipientId outcome badgeId message } } } }`;
const people = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`);
const inputOf = (changes: Wire = {}): Wire => ({
  templateId: 't1',
  recipientIds: people(25),
  data: { rows: 2 },
  idempotencyKey: 'key-1',
  ...changes,
});

/** An issuer that remembers what it issued; `fate` says what becomes of each batch, counted from 0. */
type Fate = 'ok' | 'refused' | 'refused by a proxy' | 'lost after' | 'lost before' | 'html after' | 'fifth fails';
async function issuer(
  fates: readonly Fate[] = [],
  settings = {},
): Promise<{ graph: BadgesGraph; badges: Wire[]; startedAt: number[] }> {
  const badges: Wire[] = [];
  const startedAt: number[] = [];
  const issue: Handler = (body, nth) => {
    startedAt.push(performance.now());
    const fate = fates[nth] ?? 'ok';
    if (fate === 'refused') return json({ error: 'the badges are refused' }, 400);
    if (fate === 'refused by a proxy') return json({ message: 'the batch is refused' }, 400);
    if (fate === 'lost before') return undefined;
    const recipients = body['recipientIds'] as string[];
    const failing = fate === 'fifth fails' ? recipients[4] : undefined;
    const made = recipients
      .filter((id) => id !== failing)
      .map((recipientId) =>
        wireBadge({
          _id: `b-${recipientId}-${badges.length}`,
          templateId: body['templateId'],
          recipientId,
          issuedAt: Date.now(),
          badgeData: body['badgeData'],
        }),
      );
    badges.push(...made);
    if (fate === 'lost after') return undefined;
    if (fate === 'html after') return { headers: { 'content-type': 'text/html' }, body: '<html></html>' };
    if (failing !== undefined)
      return json({
        status: 'partial',
        details: {
          successful: made.map(({ recipientId }) => recipientId),
          failed: [{ recipientId: failing, error: 'holder not found' }],
        },
      });
    return json({ status: 'success', issuedBadges: made.map(({ _id }) => _id) });
  };
  const graph = await startBadgesGraph(
    {
      getASingleBadgeTemplate: () => json(wireTemplate({ _id: 't1' })),
      getIssuedBadges: () => lastPage(...badges),
      getHolders: () => lastPage(...people(25).map((_id) => wireHolder({ _id }))),
      issueBadge: issue,
    },
    { WRITE_TIMEOUT_MS: '2000', ...settings },
  );
  return { graph, badges, startedAt };
}

async function run(graph: BadgesGraph, input: Wire = inputOf(), headers?: Record<string, string>): Promise<Issued> {
  const answer = await graph.query<{ field: Issued | null }>(mutation, { input }, headers);
  if (!answer.data?.field) throw new Error(codesOf(answer).join());
  return answer.data.field;
}
const outcomes = ({ results = [] }: Issued) => results.map(({ outcome }) => outcome);
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('issuing to twenty-five', () => {
  it('goes out in three batches with a pause between, and each gets their own badge', async () => {
    const { graph, badges, startedAt } = await issuer();
    const answer = await run(graph);
    expect(answer).toMatchObject({ __typename: 'IssueBadgePayload', status: 'SUCCESS' });
    expect(answer.results?.map(({ recipientId }) => recipientId)).toEqual(people(25));
    for (const { recipientId, badgeId } of answer.results ?? [])
      expect(badges.find(({ _id }) => _id === badgeId)?.['recipientId']).toBe(recipientId);
    expect(graph.bodies('issueBadge').map(({ recipientIds }) => (recipientIds as string[]).length)).toEqual([
      10, 10, 5,
    ]);
    for (const [index, at] of startedAt.slice(1).entries())
      expect(at - (startedAt[index] ?? 0)).toBeGreaterThanOrEqual(99);
  });

  it.each<[string, Fate[], string, string[]]>([
    [
      'a batch that is refused',
      ['ok', 'refused', 'ok'],
      'PARTIAL',
      [...times(10, 'ISSUED'), ...times(10, 'FAILED'), ...times(5, 'ISSUED')],
    ],
    [
      'a first batch that is refused',
      ['refused', 'ok', 'ok'],
      'PARTIAL',
      [...times(10, 'FAILED'), ...times(15, 'ISSUED')],
    ],
    [
      'a batch that a proxy refuses',
      ['ok', 'refused by a proxy', 'ok'],
      'PARTIAL',
      [...times(10, 'ISSUED'), ...times(10, 'UNKNOWN'), ...times(5, 'ISSUED')],
    ],
    [
      'one holder who is none',
      ['ok', 'fifth fails', 'ok'],
      'PARTIAL',
      [...times(14, 'ISSUED'), 'FAILED', ...times(10, 'ISSUED')],
    ],
    ['a batch whose answer is lost, and found', ['ok', 'lost after', 'ok'], 'SUCCESS', times(25, 'ISSUED')],
    ['a batch answered by a stranger, and found', ['html after', 'ok', 'ok'], 'SUCCESS', times(25, 'ISSUED')],
    [
      'a batch that vanished',
      ['ok', 'lost before', 'ok'],
      'PARTIAL',
      [...times(10, 'ISSUED'), ...times(10, 'UNKNOWN'), ...times(5, 'ISSUED')],
    ],
    ['batches that are all refused', ['refused', 'refused', 'refused'], 'FAILED', times(25, 'FAILED')],
  ])('loses nobody to %s', async (_what, fates, status, expected) => {
    const { graph, badges } = await issuer(fates);
    const answer = await run(graph);
    expect([answer.__typename, answer.status, outcomes(answer)]).toEqual(['IssueBadgePayload', status, expected]);
    expect(graph.bodies('issueBadge')).toHaveLength(3);
    for (const { recipientId, outcome, badgeId, message } of answer.results ?? []) {
      if (outcome === 'ISSUED')
        expect([message, badges.some((badge) => badge['recipientId'] === recipientId)]).toEqual([null, true]);
      else
        expect([badgeId, typeof message, badges.some((badge) => badge['recipientId'] === recipientId)]).toEqual([
          null,
          'string',
          false,
        ]);
    }
    // No badge is issued twice, and the words are ours.
    expect(new Set(badges.map(({ recipientId }) => recipientId)).size).toBe(badges.length);
    expect(JSON.stringify(answer)).not.toMatch(/(batch is|badges are) refused|holder not found|gw_idem/);
  });

  it('is unknown, with its key, when every batch vanished; a repetition looks and sends nothing', async () => {
    const { graph } = await issuer(['lost before', 'lost before', 'lost before'], { RESEND_QUARANTINE_MS: '60000' });
    expect(await run(graph)).toEqual({
      __typename: 'OutcomeUnknownError',
      code: 'OUTCOME_UNKNOWN',
      idempotencyKey: 'key-1',
    });
    expect(await run(graph)).toMatchObject({ __typename: 'OutcomeUnknownError', idempotencyKey: 'key-1' });
    expect(graph.bodies('issueBadge')).toHaveLength(3);
  });

  it('is one for a key, whatever else the request brings along, where badge data is hidden', async () => {
    const { graph, badges } = await issuer();
    graph.answer({
      getIssuedBadges: () => lastPage(...badges.map((badge) => ({ ...badge, badgeData: undefined }))),
    });
    const along = [
      {},
      { authorization: 'Bearer ann-token' },
      { authorization: 'Bearer another' },
      { 'x-bitminter-key': 'k'.repeat(20) },
      { 'x-pinning-token': 'token' },
    ];
    const input = inputOf({ recipientIds: ['h1'] });
    for (const caller of [callers.writer, callers.pair]) {
      const before = badges.length;
      for (const more of along) {
        const answer = await graph.query(mutation, { input }, { ...caller, ...more });
        expect(answer).toMatchObject({ data: { field: { __typename: 'IssueBadgePayload', status: 'SUCCESS' } } });
      }
      expect(badges.length - before).toBe(1);
    }
    await graph.query(mutation, { input }, { ...callers.pair, 'x-mypit-issuer-did': 'did:example:1' });
    await graph.query(mutation, { input }, { ...callers.pair, ...callers.writer });
    expect(badges).toHaveLength(2);
  });

  it('is answered again from memory, refused with other input, and free for another key', async () => {
    const { graph, badges } = await issuer(['ok', 'fifth fails', 'ok']);
    const first = await run(graph);
    const calls = graph.seen().length;
    expect(await run(graph)).toEqual(first);
    expect(await Promise.all([run(graph), run(graph)])).toEqual([first, first]);
    await expect(run(graph, inputOf({ recipientIds: people(24) }))).rejects.toThrow('field: IDEMPOTENCY_KEY_REUSED');
    expect(graph.seen()).toHaveLength(calls);
    const failed = first.results?.filter(({ outcome }) => outcome === 'FAILED').map(({ recipientId }) => recipientId);
    expect(failed).toEqual(['h14']);
    expect(await run(graph, inputOf({ recipientIds: failed, idempotencyKey: 'key-2' }))).toMatchObject({
      status: 'SUCCESS',
      results: [{ recipientId: 'h14', outcome: 'ISSUED' }],
    });
    expect(new Set(badges.map(({ recipientId }) => recipientId)).size).toBe(25);
  });

  it('counts a recipient once, and bounds their number', async () => {
    const { graph } = await issuer();
    const answer = await run(graph, inputOf({ recipientIds: ['h1', 'h2', 'h1', 'h2'] }));
    expect(answer.results?.map(({ recipientId }) => recipientId)).toEqual(['h1', 'h2']);
    const before = graph.seen().length;
    for (const recipientIds of [[], people(1001), ['..'], ['']])
      expect(
        await run(graph, inputOf({ recipientIds, idempotencyKey: `k${recipientIds.length}${recipientIds[0]}` })),
      ).toMatchObject({ __typename: 'InvalidInputError' });
    expect(await run(graph, inputOf({ data: { gw_idem: 'mine' }, idempotencyKey: 'k' }))).toMatchObject({
      __typename: 'InvalidInputError',
    });
    for (const idempotencyKey of ['', 'x'.repeat(256), 'two\nlines'])
      expect(await run(graph, inputOf({ idempotencyKey }))).toMatchObject({ __typename: 'InvalidInputError' });
    expect(graph.seen()).toHaveLength(before);
  });
});

describe('contact data of holders', () => {
  const query = '{ holders(first: 25) { nodes { holderId name email phone did memo } } }';
  interface Holders {
    holders: { nodes: Record<string, string | null>[] };
  }

  it('is kept from those without the right, at no cost, and the rest is shown', async () => {
    const { graph } = await issuer();
    const shown = await graph.query<Holders>(query, {}, callers.all);
    expect(shown.errors).toBeUndefined();
    const calls = graph.seen().length;
    const kept = await graph.query<Holders>(query, {}, callers.reader);
    expect(graph.seen().length - calls).toBe(calls);
    expect(kept.data?.holders.nodes).toEqual(
      shown.data?.holders.nodes.map((holder) => ({ ...holder, email: null, phone: null, did: null })),
    );
    expect(codesOf(kept).toSorted()).toEqual(
      people(25)
        .flatMap((_, index) => ['did', 'email', 'phone'].map((field) => `holders.nodes.${index}.${field}: FORBIDDEN`))
        .toSorted(),
    );
    expect(JSON.stringify(kept)).not.toContain('ana.brook');
  });

  it('is kept through badges too', async () => {
    const { graph, badges } = await issuer();
    badges.push(wireBadge({ _id: 'b1', templateId: 't1', recipientId: 'h1' }));
    graph.answer({ getHolderById: () => json(wireHolder({ _id: 'h1' })) });
    const text = '{ issuedBadges { nodes { recipient { name email } } } }';
    const kept = await graph.query(text, {}, callers.reader);
    expect([kept.data, codesOf(kept)]).toEqual([
      { issuedBadges: { nodes: [{ recipient: { name: 'Ana Brook', email: null } }] } },
      ['issuedBadges.nodes.0.recipient.email: FORBIDDEN'],
    ]);
    for (const headers of [callers.all, callers.pair])
      expect((await graph.query(text, {}, headers)).errors).toBeUndefined();
  });
});
