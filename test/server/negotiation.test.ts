import { describe, expect, it } from 'vitest';
import { acceptsOf, mayGet } from '../../src/server/http/negotiation.js';

describe('an accept header', () => {
  it.each([
    ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json'],
    ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json'],
    ['application/graphql-response+json;q=0.5, application/json', 'application/json'],
    ['application/graphql-response+json;q=0, */*', 'application/json'],
    ['application/json; charset=utf-8; q=0.3', 'application/json'],
    ['application/json;q=0', null],
    ['text/html, */*;q=0.1', 'application/json'],
  ])('%s asks for %s', (accept, type) => {
    expect(acceptsOf(accept).result).toBe(type);
  });

  it('takes no stream that it says it does not take', () => {
    expect(acceptsOf('text/event-stream').stream).not.toBeNull();
    expect(acceptsOf('text/event-stream;q=0, application/json').stream).toBeNull();
  });
});

describe('a GET', () => {
  it.each([null, '', ' ', '*/*'])(
    'whose accept header is %j may come from any page, unless a header says otherwise',
    (accept) => {
      expect([mayGet(accept, false), mayGet(accept, true)]).toEqual([null, true]);
    },
  );

  it.each(['text/html', 'image/*, */*', 'text/event-streams'])('that wants %s comes from a page', (accept) => {
    expect([mayGet(accept, false), mayGet(accept, true)]).toEqual([false, false]);
  });

  it.each(['application/json', 'text/html, application/graphql-response+json', 'text/event-stream'])(
    'that wants %s comes from a GraphQL client',
    (accept) => {
      expect(mayGet(accept, false)).toBe(true);
    },
  );
});
