import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { badgeState } from '../../src/providers/mypit/model.js';
import { readMyPitConfig } from '../../src/providers/mypit/config.js';
import { parseBatchAnswer } from '../../src/providers/mypit/writes/issue-answer.js';
import {
  parseHolderChanges,
  parseHolderInput,
  parseIssueInput,
  parseTemplateChanges,
  parseTemplateInput,
} from '../../src/providers/mypit/validate.js';
import { parseBadgeTemplate, parseHolder, parseIssuedBadge } from '../../src/providers/mypit/wire.js';
import { createSettingsReader, ConfigError } from '../../src/settings.js';
import { instantFromMillis } from '../../src/values/instant.js';
import { parseLossless } from '../../src/values/lossless.js';
import { wireBadge, wireHolder, wireTemplate } from './mypit-support.js';

const reading = {
  facts: { provider: 'mypit', operation: 'read', credential: 'server' },
  delivery: 'answered',
} as const;
/** As it comes over the wire: numbers are still text. */
const wire = (value: unknown) => parseLossless(JSON.stringify(value));
const fault = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof UpstreamError) return error.detail;
    throw error;
  }
  return undefined;
};

describe('settings', () => {
  const read = (settings: Record<string, string>) => {
    const reader = createSettingsReader(settings);
    const config = readMyPitConfig(reader);
    reader.finish();
    return config;
  };
  const full = { MYPIT_CLIENT_ID: 'c', MYPIT_SECRET_KEY: 's', MYPIT_USER_ID: 'u' };

  it('have a default address, and a credential or none', () => {
    expect(read({})).toEqual({ baseUrl: 'https://mypit-api.daosolution.io', fields: undefined });
    expect(read({ MYPIT_BASE_URL: 'https://pit.example/x/' })).toEqual({
      baseUrl: 'https://pit.example/x',
      fields: undefined,
    });
    expect(read(full).fields).toEqual({ clientId: 'c', secretKey: 's', userId: 'u', issuerDid: null });
    expect(read({ ...full, MYPIT_ISSUER_DID: 'did:ethr:0x1' }).fields?.issuerDid).toBe('did:ethr:0x1');
    expect(read({ MYPIT_USER_ID: 'u' }).fields).toBeUndefined();
  });

  it.each([
    [{ MYPIT_CLIENT_ID: 'c', MYPIT_USER_ID: 'u' }, ['MYPIT_SECRET_KEY']],
    [{ MYPIT_SECRET_KEY: 's', MYPIT_USER_ID: 'u' }, ['MYPIT_CLIENT_ID']],
    [{ MYPIT_CLIENT_ID: 'c', MYPIT_SECRET_KEY: 's' }, ['MYPIT_USER_ID']],
    [{ MYPIT_CLIENT_ID: 'c' }, ['MYPIT_SECRET_KEY', 'MYPIT_USER_ID']],
    [{ ...full, MYPIT_SECRET_KEY: 'has spaces' }, ['MYPIT_SECRET_KEY']],
    [{ MYPIT_BASE_URL: 'http://pit.example' }, ['MYPIT_BASE_URL']],
  ])('are refused when half: %j', (settings, names) => {
    let problems: readonly string[] = [];
    try {
      read(settings as Record<string, string>);
    } catch (error) {
      problems = error instanceof ConfigError ? error.problems : [];
    }
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(names);
    expect(problems.join()).not.toContain("spaces'");
  });
});

describe('the state of a badge', () => {
  const now = 1_750_000_000_000;
  it.each([
    ['issued', null, 'ACTIVE'],
    ['ACTIVE', null, 'ACTIVE'],
    ['is_valid', null, 'ACTIVE'],
    ['success!', null, 'ACTIVE'],
    ['inactive', null, 'UNKNOWN'],
    ['invalid', null, 'REVOKED'],
    ['', null, 'UNKNOWN'],
    [null, null, 'UNKNOWN'],
    ['reactivated', null, 'UNKNOWN'],
    ['revoked', -1, 'REVOKED'],
    ['Canceled by issuer', null, 'REVOKED'],
    ['cancelled', null, 'REVOKED'],
    ['pending', -1, 'PENDING'],
    ['waiting-for-holder', null, 'PENDING'],
    ['requested', null, 'PENDING'],
    ['processing', null, 'PENDING'],
    ['active', 0, 'EXPIRED'],
    ['active', -1, 'EXPIRED'],
    ['active', 1, 'ACTIVE'],
    ['expired', null, 'EXPIRED'],
    [null, -1, 'EXPIRED'],
    ['issued and revoked', null, 'REVOKED'],
  ] as const)('%s, expiring %s ms from now, is %s', (status, offset, state) => {
    expect(badgeState(status, offset === null ? null : instantFromMillis(now + offset), now)).toBe(state);
  });
});

describe('fields that may be missing', () => {
  const parsers = {
    template: [
      wireTemplate(),
      (value: unknown) => parseBadgeTemplate(wire(value), reading),
      {
        description: 'description',
        criteria: 'criteria',
        validityPeriod: 'validityPeriodDays',
        imageUrl: 'imageUrl',
        backgroundColor: 'backgroundColor',
        textColor: 'textColor',
        price: 'price',
        createdAt: 'createdAt',
        updatedAt: 'updatedAt',
      },
    ],
    holder: [
      wireHolder(),
      (value: unknown) => parseHolder(wire(value), 'me', reading),
      {
        name: 'name',
        email: 'email',
        phone: 'phone',
        holderDid: 'did',
        issuerDid: 'issuerDid',
        memo: 'memo',
        holderId: 'externalId',
      },
    ],
    badge: [
      wireBadge(),
      (value: unknown) => parseIssuedBadge(wire(value), reading),
      { status: 'status', issuedAt: 'issuedAt', expiresAt: 'expiresAt' },
    ],
  } as const;
  const rows = Object.entries(parsers).flatMap(([kind, [, , names]]) =>
    Object.entries(names).map(([key, name]) => [kind as keyof typeof parsers, key, name] as const),
  );

  it.each(rows)('%s.%s is null when null or absent, and a fault when wrong', (kind, key, name) => {
    const [source, parse] = parsers[kind];
    expect(parse({ ...source, [key]: null })).toMatchObject({ [name]: null });
    expect(parse({ ...source, [key]: undefined })).toMatchObject({ [name]: null });
    expect(fault(() => parse({ ...source, [key]: { odd: true } }))).toBe(key);
    expect(fault(() => parse({ ...source, [key]: true }))).toBe(key);
  });

  it.each([
    ['template', ['_id', 'name', 'ownerId', 'type']],
    ['holder', ['_id']],
    ['badge', ['_id', 'templateId', 'recipientId', 'issuerId']],
  ] as const)('of a %s are not these', (kind, keys) => {
    const [source, parse] = parsers[kind];
    for (const key of keys)
      for (const value of [undefined, null, 5]) expect(fault(() => parse({ ...source, [key]: value }))).toBe(key);
  });

  it('unknown words are UNKNOWN, unknown keys pass, and no fault holds content', () => {
    expect(parseBadgeTemplate(wire(wireTemplate({ type: 'Aviation', more: { x: 1 } })), reading)).toMatchObject({
      type: 'UNKNOWN',
      typeWord: 'Aviation',
    });
    expect(parseBadgeTemplate(wire(wireTemplate({ type: 'constructor' })), reading).type).toBe('UNKNOWN');
    expect(parseIssuedBadge(wire(wireBadge({ type: 'x' })), reading).type).toBe('UNKNOWN');
    expect(fault(() => parseHolder(wire(wireHolder({ email: ['ana@example.org'] })), 'me', reading))).toBe('email');
  });

  it.each([
    [0, null],
    [1741593600, '2025-03-10T08:00:00.000Z'],
    [1741593600123.9, '2025-03-10T08:00:00.123Z'],
    [99_999_999_999, '5138-11-16T09:46:39.000Z'],
  ])('the time %s is %s', (value, text) => {
    expect(parseBadgeTemplate(wire(wireTemplate({ updatedAt: value })), reading).updatedAt?.text ?? null).toBe(text);
  });

  it('times that are none, and counts that are none, are faults', () => {
    for (const updatedAt of [-5, 1e30, '2025-03-10'])
      expect(fault(() => parseBadgeTemplate(wire(wireTemplate({ updatedAt })), reading))).toBe('updatedAt');
    for (const validityPeriod of [1.5, 1e12, '30'])
      expect(fault(() => parseBadgeTemplate(wire(wireTemplate({ validityPeriod })), reading))).toBe('validityPeriod');
  });

  it('badge data loses what could turn into a prototype, and our marker', () => {
    const badge = parseIssuedBadge(
      parseLossless(JSON.stringify(wireBadge()).replace('"rows":2', '"rows":12345678901234567890,"__proto__":{"x":1}')),
      reading,
    );
    expect(badge.data).toEqual({ rows: '12345678901234567890' });
  });
});

describe('the answer to a batch', () => {
  it('never calls a badge issued or refused on contradicting words', () => {
    const outcome = (body: unknown, ...recipients: string[]) => [
      ...parseBatchAnswer(wire(body), recipients, reading).byRecipient.values(),
    ];
    expect(outcome({ status: 'failed', issuedBadges: ['b'] }, 'h')).toEqual(['UNKNOWN']);
    expect(outcome({ status: 'success', issuedBadges: [] }, 'h')).toEqual(['UNKNOWN']);
    expect(outcome({ status: 'done' }, 'h')).toEqual(['UNKNOWN']);
    expect(outcome({ status: 'partial', details: { failed: [{ recipientId: 'a', error: 'x' }] } }, 'a', 'b')).toEqual([
      'FAILED',
      'UNKNOWN',
    ]);
    expect(outcome({ status: 'success', details: { successful: ['a'], failed: [{ recipientId: 'a' }] } }, 'a')).toEqual(
      ['UNKNOWN'],
    );
    expect(outcome({ status: 'success', data: { status: 'failed' } }, 'a')).toEqual(['FAILED']);
  });

  it('covers every recipient, whatever it is', () => {
    const list = fc.option(fc.array(fc.constantFrom('a', 'b', 'c', 'b1', 'b2')), { nil: undefined });
    const body = fc.record({
      issuedBadges: list,
      status: fc.constantFrom('success', 'partial', 'failed', 'odd'),
      details: fc.record({
        successful: list,
        failed: fc.array(fc.record({ recipientId: fc.constantFrom('a', 'b', 'x') })),
      }),
    });
    fc.assert(
      fc.property(body, (answer) => {
        const { byRecipient } = parseBatchAnswer(wire(answer), ['a', 'b', 'c'], reading);
        expect([...byRecipient.keys()]).toEqual(['a', 'b', 'c']);
        for (const { recipientId } of answer.details.failed)
          if (recipientId !== 'x') expect(byRecipient.get(recipientId)).not.toBe('ISSUED');
      }),
    );
  });
});

describe('inputs', () => {
  const issues = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as { issues: { path: string[] }[] }).issues.map(({ path }) => path.slice(1).join('.'));
    }
    return [];
  };
  const template = { name: 'n', type: 'FINANCE', imageUrl: 'https://a.example/x.png' } as const;
  const holder = { name: 'n', email: 'a@b.example', phone: '1', did: 'did:key:z1', externalId: 'x' };

  it('of templates are filled in, and every fault is named', () => {
    expect(parseTemplateInput(template)).toEqual({
      ...template,
      description: '',
      criteria: '',
      validityPeriodDays: 0,
      price: '0',
    });
    expect(
      issues(() =>
        parseTemplateInput({
          name: ' ',
          type: 'UNKNOWN',
          imageUrl: 'http://a.example',
          validityPeriodDays: -1,
          price: '-1',
          description: 'x'.repeat(20_000),
        }),
      ),
    ).toEqual(['type', 'name', 'imageUrl', 'description', 'validityPeriodDays', 'price']);
    for (const imageUrl of ['', 'ipfs://x', 'https://u:p@a.example', 'javascript:1', '//a.example'])
      expect(issues(() => parseTemplateInput({ ...template, imageUrl }))).toEqual(['imageUrl']);
    expect(parseTemplateChanges({ name: null, description: '', price: '1.5' })).toEqual({
      description: '',
      price: '1.5',
    });
  });

  it('of holders are checked', () => {
    expect(parseHolderInput(holder)).toEqual({ ...holder, memo: null });
    expect(
      issues(() =>
        parseHolderInput({ name: '', email: 'x', phone: '', did: 'x', externalId: ' ', memo: 'x'.repeat(5_000) }),
      ),
    ).toEqual(['name', 'email', 'phone', 'did', 'externalId', 'memo']);
    expect(parseHolderChanges({ email: 'b@c.example', phone: null })).toEqual({ email: 'b@c.example' });
  });

  it('of issuing name each recipient once, in order', () => {
    expect(parseIssueInput({ templateId: 't', recipientIds: ['b', 'a', 'b'] })).toEqual({
      templateId: 't',
      recipientIds: ['b', 'a'],
      validityPeriodDays: undefined,
      type: undefined,
      data: {},
    });
    const many = Array.from({ length: 1_000 }, (_, index) => `h${index}`);
    expect(parseIssueInput({ templateId: 't', recipientIds: [...many, ...many] }).recipientIds).toHaveLength(1_000);
    expect(issues(() => parseIssueInput({ templateId: 't', recipientIds: [...many, 'x'] }))).toEqual(['recipientIds']);
    expect(
      issues(() =>
        parseIssueInput({
          templateId: '..',
          recipientIds: [],
          data: { gw_idem: 'x' },
          type: 'UNKNOWN',
          validityPeriodDays: -1,
        }),
      ),
    ).toEqual(['templateId', 'recipientIds', 'validityPeriodDays', 'type', 'data.gw_idem']);
    expect(issues(() => parseIssueInput({ templateId: 't', recipientIds: ['a', '..'] }))).toEqual(['recipientIds.1']);
  });
});
