import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogFields, Logger } from '../../src/log.js';
import { createLogger } from '../../src/observability/logger.js';
import { spentOn } from '../support/spent-on.js';
import { canary, createStandIn, post } from './stand-in.js';

describe('the log', () => {
  it('writes JSON lines with credentials blanked', () => {
    const lines: string[] = [];
    const log = createLogger('info', { write: (line) => void lines.push(line) });
    log.debug('too quiet');
    log.warn('called', {
      provider: 'pi',
      status: 401,
      authorization: 'Bearer abc',
      note: 'sent Bearer abc to https://me:pw@host/x',
      list: ['Key abc'],
      xPinningToken: 'abc',
    });
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({
      level: 'warn',
      event: 'called',
      provider: 'pi',
      status: 401,
      authorization: '[hidden]',
      xPinningToken: '[hidden]',
    });
    expect(lines[0]).not.toMatch(/abc|pw@/);
    expect(Date.parse(line.time)).toBeGreaterThan(0);
  });

  it('shows nothing that stands behind a scheme, whatever words and marks stand around it', () => {
    const words = fc.constantFrom('pinning', 'key', 'monkey', 'Bearer', 'basic', '1', 'a-b', '_');
    const marks = fc.constantFrom(':', '=', ' ', '.', ':=', '-', '', '\n');
    const around = fc.array(fc.tuple(words, marks).map(([word, mark]) => word + mark)).map((pieces) => pieces.join(''));
    const scheme = fc.tuple(
      fc.constantFrom('key', 'Key', 'BEARER', 'basic'),
      fc.constantFrom(':', '=', ' ', '==', ': '),
    );
    const secret = 'zzz';
    fc.assert(
      fc.property(around, scheme, around, fc.boolean(), (before, [word, mark], after, isListed) => {
        const text = `${before} ${word}${mark}${secret}:${after}`;
        const sent = isListed ? ['harmless=1', text] : text;
        const lines: string[] = [];
        createLogger('info', { write: (line) => void lines.push(line) }).info('said', { error: sent });
        expect(lines.join('')).not.toContain(secret);
        // The same without anything else before it.
        lines.length = 0;
        createLogger('info', { write: (line) => void lines.push(line) }).info('said', {
          calls: `${word}${mark}${secret}`,
        });
        expect(lines.join('')).not.toContain(secret);
      }),
    );
  });

  const shown = (text: string): string => {
    const lines: string[] = [];
    createLogger('info', { write: (line) => void lines.push(line) }).info('said', { error: text });
    return (JSON.parse(lines[0] ?? '') as { error: string }).error;
  };

  it('shows nothing that stands behind a name for a secret, however it is written', () => {
    const name = fc.constantFrom(
      'key',
      'api_key',
      'apiKey',
      'token',
      'access_token',
      'X-Pinning-Token',
      'password',
      'pwd',
      'client_secret',
      'JWT',
      'Authorization',
      'cookie',
    );
    const written = fc.constantFrom<(name: string, secret: string) => string>(
      (one, secret) => `${one}=${secret}`,
      (one, secret) => `${one}: ${secret}`,
      (one, secret) => `?a=1&${one}=${secret}&b=2`,
      (one, secret) => `{"${one}":"${secret}"}`,
      (one, secret) => `{"${one}": "two words ${secret}", "b": 2}`,
      (one, secret) => `{ '${one}': '${secret}' }`,
      (one, secret) => JSON.stringify(`{"${one}":"${secret}"}`),
      (one, secret) => `"${one}":"Bearer ${secret} ${secret}"`,
    );
    fc.assert(
      fc.property(name, written, (one, write) => {
        expect(shown(write(one, 'zzz'))).not.toContain('zzz');
      }),
    );
  });

  it('shows nothing of a secret that is cut off where a long text ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom('//me:zzzzzzzzzzzz@host/', 'token="zzzzzzzzzzzz"', 'Bearer zzzzzzzzzzzz '),
        (left, secret) => {
          expect(shown(`${'a '.repeat(1_000).slice(left)}${secret}${' b'.repeat(1_000)}`)).not.toContain('zz');
        },
      ),
    );
  });

  it('takes time in proportion to a text, whatever stands in it', async () => {
    for (const piece of ['key=', 'key ', 'key" ', "key='", ' = ', '//', '//a', '"', '\\"', 'bearer key: ', 'token\n'])
      expect((await spentOn(() => shown(piece.repeat(100_000)))).ms).toBeLessThan(200);
  });
});

describe('the log of a process', () => {
  it('holds what was said last, also when the process exits in the same turn', () => {
    const program = `
      const { createLogger } = await import('./src/observability/logger.ts');
      const log = createLogger('info');
      log.info('first');
      setTimeout(() => { log.info('second'); log.info('last'); process.exit(0); }, 10);`;
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { event: string }).event),
    ).toEqual(['first', 'second', 'last']);
  });
});

describe('the line of an operation', () => {
  const lines: { event: string; fields: LogFields | undefined }[] = [];
  const keep = (event: string, fields?: LogFields) => void lines.push({ event, fields });
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const app = createStandIn({
    log,
    createContext: (input) => ({ ...input, calls: () => ({ pi: 2, 'pinning:pinata': 1 }) }),
  });

  it('says what ran, how it ended and what it cost upstream, and no value', async () => {
    lines.length = 0;
    await post(
      app,
      `query Named($n: String) { hello(name: $n) fail(how: "${canary}") }`,
      { n: canary },
      { 'x-request-id': 'r1' },
    );
    expect(lines).toEqual([
      {
        event: 'operation',
        fields: {
          requestId: 'r1',
          transport: 'http',
          kind: 'query',
          name: 'Named',
          ms: expect.any(Number),
          codes: ['INTERNAL_SERVER_ERROR'],
          calls: ['pi=2', 'pinning:pinata=1'],
        },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain(canary);
  });

  it('comes once for a subscription, at its end', async () => {
    lines.length = 0;
    const init = {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
      body: '{"query":"subscription Counting { count }"}',
    };
    await (await app.fetch(new Request('http://headgate/graphql', init))).text();
    expect(lines.map(({ event, fields }) => [event, fields?.['kind'], fields?.['name']])).toEqual([
      ['operation', 'subscription', 'Counting'],
    ]);
  });

  it('comes for a refused document too', async () => {
    lines.length = 0;
    await post(app, '{');
    expect(lines.map(({ event, fields }) => [event, fields?.['codes']])).toEqual([
      ['request_refused', ['GRAPHQL_PARSE_FAILED']],
    ]);
  });
});
