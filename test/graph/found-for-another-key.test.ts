import { describe, expect, it } from 'vitest';
import { json, lastPage, wireBadge, wireTemplate } from '../providers/mypit-support.js';
import { startBadgesGraph } from '../support/graph-badges.js';
import { closeAfterEach } from '../support/graph-payments.js';
import { cids, closeAfterEach as closePinsAfterEach, startPinsGraph } from '../support/graph-pins.js';

closeAfterEach();
closePinsAfterEach();

type Wire = Record<string, unknown>;
type Fate = 'issued' | 'lost undone' | 'lost done';

/** An issuer that shows no data of its badges. */
async function issuer(fates: readonly Fate[]) {
  const badges: Wire[] = [];
  const graph = await startBadgesGraph({
    getASingleBadgeTemplate: () => json(wireTemplate({ _id: 't1' })),
    getIssuedBadges: () => lastPage(...badges),
    issueBadge: (body, nth) => {
      const fate = fates[nth] ?? 'issued';
      if (fate === 'lost undone') return undefined;
      const made = (body['recipientIds'] as string[]).map((recipientId) => {
        const badge = { _id: `b${badges.length}`, templateId: 't1', recipientId, issuedAt: Date.now() };
        badges.push(wireBadge({ ...badge, badgeData: undefined }));
        return badge._id;
      });
      return fate === 'lost done' ? undefined : json({ status: 'success', issuedBadges: made });
    },
  });
  const issue = async (idempotencyKey: string, recipientIds = ['h1']) => {
    const answer = await graph.query<{ field: { __typename: string; results?: { badgeId: string | null }[] } }>(
      `mutation ($input: IssueBadgeInput!) { field: issueBadge(input: $input) {
         __typename ... on IssueBadgePayload { results { badgeId } } } }`,
      { input: { templateId: 't1', recipientIds, idempotencyKey } },
    );
    const field = answer.data?.field;
    return field?.results?.map(({ badgeId }) => badgeId) ?? field?.__typename;
  };
  return { graph, badges, issue };
}

describe('a badge without our mark', () => {
  it('is not found for a key when another key was told it', async () => {
    const { badges, issue } = await issuer(['lost undone']);
    expect(await issue('A')).toBe('OutcomeUnknownError');
    expect(await issue('B')).toEqual(['b0']);
    expect(await issue('A')).toBe('OutcomeUnknownError');
    expect(await issue('B')).toEqual(['b0']);
    expect(badges).toHaveLength(1);
  });

  it('is not found for a key when another key found it, nor when it was named among several', async () => {
    const { issue } = await issuer(['lost undone', 'lost done', 'issued']);
    expect(await issue('A')).toBe('OutcomeUnknownError');
    expect(await issue('B')).toEqual(['b0']);
    expect(await issue('C', ['h2', 'h3'])).toEqual(['b1', 'b2']);
    expect(await issue('A')).toBe('OutcomeUnknownError');
  });

  it('is found for its own key beside one that is another’s', async () => {
    const { graph, badges, issue } = await issuer(['lost undone']);
    expect(await issue('A')).toBe('OutcomeUnknownError');
    expect(await issue('B')).toEqual(['b0']);
    badges.push(
      wireBadge({ _id: 'late', templateId: 't1', recipientId: 'h1', issuedAt: Date.now(), badgeData: undefined }),
    );
    expect(await issue('A')).toEqual(['late']);
    expect(graph.bodies('issueBadge')).toHaveLength(2);
  });
});

describe('a pin without our mark', () => {
  const add = `mutation ($input: AddPinInput!) { field: addPin(input: $input) {
    __typename ... on AddPinPayload { pin { requestId } } } }`;
  const pins = async (settings = {}) => {
    const graph = await startPinsGraph({ RESEND_QUARANTINE_MS: '60000', ...settings }, { keepsMeta: false });
    const ask = async (idempotencyKey?: string) => {
      const answer = await graph.query<{ field: { __typename: string; pin?: { requestId: string } } }>(add, {
        input: { cid: cids.a, ...(idempotencyKey !== undefined && { idempotencyKey }) },
      });
      return answer.data?.field.pin?.requestId ?? answer.data?.field.__typename;
    };
    return { graph, ask };
  };

  it.each([['with a key'], ['without one']])('is not found for a key when another sending %s got it', async (name) => {
    const { graph, ask } = await pins();
    graph.acme.faults.push('cut before');
    expect(await ask('A')).toBe('OutcomeUnknownError');
    expect(await ask(name === 'with a key' ? 'B' : undefined)).toBe('req-1');
    expect(await ask('A')).toBe('OutcomeUnknownError');
    expect(graph.acme.pins.size).toBe(1);
  });

  it('is found for one of two keys whose answers were both lost', async () => {
    const { graph, ask } = await pins();
    graph.acme.faults.push('cut before', 'cut after');
    expect(await ask('A')).toBe('OutcomeUnknownError');
    expect(await ask('B')).toBe('req-1');
    expect(await ask('A')).toBe('OutcomeUnknownError');
    graph.acme.put({ requestid: 'late', pin: { cid: cids.a } });
    expect(await ask('A')).toBe('late');
  });
});
