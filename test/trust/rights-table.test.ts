import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/create-test-app.js';
import type { FakeUpstream } from '../support/fake-upstream.js';
import { callers, codesFor, outcomeOf, rightsSettings } from './rights-callers.js';
import { roots, strangeUpstream } from './root-fields.js';

/** Every root field and every kind of caller: who gets in is read off the rights that the field itself declares. */

describe('who gets in', () => {
  let upstream: FakeUpstream;
  let app: TestApp;

  beforeAll(async () => {
    upstream = await strangeUpstream();
    app = await createTestApp(rightsSettings(upstream.url));
  });
  afterAll(async () => {
    await app.close();
    await upstream.close();
  });

  it.each(roots.map(({ kind, field }) => [`${kind} ${field.name}`, kind, field] as const))(
    '%s',
    async (_name, kind, field) => {
      const rights = String(field.extensions['rights']);
      for (const caller of callers) {
        const before = upstream.requests.length;
        const expected = caller.expected(rights);
        expect(outcomeOf(await codesFor(app, kind, field, caller.headers)), caller.name).toBe(expected);
        if (expected !== 'in') expect(upstream.requests.length - before, `requests for ${caller.name}`).toBe(0);
      }
    },
  );
});
