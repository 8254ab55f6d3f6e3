import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { budgetOf, risenAbove, type Budget } from '../src/cli/calls.js';
import { priceOperations } from '../src/cli/operation-prices.js';
import { product } from './support/product.js';

const folder = mkdtempSync(join(tmpdir(), 'headgate-calls-'));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string | object): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function headgate(
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const options = { env: { PATH: process.env['PATH'] }, cwd: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [product(), 'calls', ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

const text = 'query Badges($n: Int) { issuedBadges(first: $n) { nodes { id template { id } } } }';
const priceIn = (path: string, name: string) => priceOperations([path]).find((one) => one.name === name);

describe('headgate calls', () => {
  it('reads a folder, and the manifests of client-preset, Relay and Apollo', () => {
    const id = hash('sha256', text, 'hex');
    const prices = [
      put('folder/deep/badges.graphql', text).replace(/deep.*/, ''),
      put('persisted-documents.json', { [id]: text }),
      put('persisted_queries.json', { anything: text }),
      put('apollo.json', {
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id, name: 'Badges', type: 'query', body: text }],
      }),
    ].map((path) => priceIn(path, 'Badges')?.price);
    expect(prices[0]?.upstreams).toEqual({ mypit: { documented: 111, most: 120 } });
    for (const price of prices) expect(price).toEqual(prices[0]);
  });

  it('counts variables as the most they can be, what is written as it is, and the values beside a document', () => {
    put(
      'sized/ten.graphql',
      'query Ten($n: Int = 2) { pins(first: 10) { nodes { id } } issuedBadges(first: $n) { nodes { template { id } } } }',
    );
    put('sized/badges.graphql', text);
    put('sized/badges.variables.json', { n: 5 });
    const sized = join(folder, 'sized');
    expect(priceIn(sized, 'Badges')).toMatchObject({
      price: { upstreams: { mypit: { documented: 111 } } },
      example: { upstreams: { mypit: { documented: 16 } } },
    });
    expect(priceIn(sized, 'Ten')?.price.upstreams.mypit).toEqual({ documented: 111, most: 120 });
  });

  it('finds fragments in other files, and leaves files of fragments alone', () => {
    const parts = join(folder, 'parts');
    put('parts/badges.graphql', 'query Badges { issuedBadges(first: 5) { nodes { ...badge } } }');
    put('parts/fragments/badge.graphql', 'fragment badge on IssuedBadge { id template { ...template } }');
    put('parts/fragments/template.graphql', 'fragment template on BadgeTemplate { id imagePins { id } }');
    put('parts/fragments/unused.graphql', 'fragment unused on Pin { id }');
    expect(priceOperations([parts])).toMatchObject([
      { name: 'Badges', price: { upstreams: { mypit: { documented: 16 }, pinning: { documented: 1 } } } },
    ]);
  });

  it('keeps versions of one operation apart', () => {
    const older = text.replace('template { id }', '');
    const path = put('versions.json', { aaaa: text, bbbb: older, cccc: text });
    expect(priceOperations([path]).map(({ name }) => name)).toEqual(['Badges', 'Badges (bbbb)']);
  });

  it('says what rose above a budget, what has none, and nothing of what fell', () => {
    const bound = (documented: number, most = documented) => ({ documented, most });
    const budget: Budget = { A: { pi: bound(2) }, B: { pi: bound(9) }, Gone: { pi: bound(1) } };
    const now: Budget = { A: { pi: bound(2, 3), ledger: bound(1) }, B: { pi: bound(1) }, New: {} };
    expect(risenAbove(budget, now, 'b.json')).toEqual([
      'A rises at pi from 2 to 2 (3)',
      'A rises at ledger from 0 to 1',
      'New is not in b.json',
    ]);
    expect(risenAbove(now, now, 'b.json')).toEqual([]);
  });

  it('finds the shipped operations within their budget', () => {
    const budget = JSON.parse(readFileSync('schema/operations/budget.json', 'utf8')) as Budget;
    const now = budgetOf(priceOperations(['schema/operations']));
    expect(now, 'npm run --silent calls -- schema/operations --write schema/operations/budget.json').toEqual(budget);
  });
});

describe('the command line of it', { timeout: 60_000 }, () => {
  const operations = () => put('app/badges.graphql', text).replace('/badges.graphql', '');

  it('prints a table, writes a budget and holds operations to it', async () => {
    const budget = join(folder, 'budget.json');
    const table = await headgate([operations(), '--write', budget]);
    expect(table).toMatchObject({ code: 0, err: '' });
    expect(table.out).toMatch(/^Badges +any \$n +111 \(120\)$/m);
    const passed = await headgate([operations(), '--check', budget]);
    expect(passed).toMatchObject({ code: 0, err: '' });
    expect(passed.out).toMatch(/^passed: no operation costs more than \S+ says \(1 looked at\)$/m);
    const silent = await headgate([operations(), '--check', budget, '--json']);
    expect(JSON.parse(silent.out)).toEqual(JSON.parse(readFileSync(budget, 'utf8')));
    const json = await headgate([operations(), '--json']);
    expect(JSON.parse(json.out)).toEqual(JSON.parse(readFileSync(budget, 'utf8')));
    put('app/badges.graphql', text.replace('template { id }', 'template { id } recipient { id }'));
    const risen = await headgate([join(folder, 'app'), '--check', budget]);
    expect(risen.code).toBe(1);
    expect(risen.err).toBe('headgate: Badges rises at mypit from 111 (120) to 212 (230)\n');
  });

  it('says of an operation that calls nobody that it costs none', async () => {
    const { out } = await headgate([
      put('free/a.graphql', 'query Free { providers { name } }').replace('/a.graphql', ''),
    ]);
    expect(out).toMatch(/^Free +(none *){5}$/m);
  });

  it.each([
    ['a folder that is not there', ['nowhere']],
    ['no folder', []],
    ['an operation that does not fit', [put('unfit/a.graphql', 'query A { nothing }').replace('/a.graphql', '')]],
    ['what is no GraphQL', [put('broken/a.graphql', 'query A {').replace('/a.graphql', '')]],
    [
      'a budget that is none',
      [put('good/a.graphql', '{ poolRound { id } }').replace('/a.graphql', ''), '--check', put('none.json', [1])],
    ],
  ])('ends with 2 and one line on %s', async (_name, args) => {
    const { code, err } = await headgate(args);
    expect(code).toBe(2);
    expect(err).toMatch(/^headgate: [^\n]+\n$/);
  });
});
