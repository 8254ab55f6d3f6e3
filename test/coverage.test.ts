import { readFileSync, readdirSync } from 'node:fs';
import { isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/graph/index.js';

const page = readFileSync('schema/upstream/README.md', 'utf8');
const rows = [...page.matchAll(/^\| ([\w ]+?) \| `([^`]+)` \| (.+?) \|$/gm)].map(
  ([, upstream = '', call = '', fields = '']) => ({
    upstream,
    call,
    fields: [...fields.matchAll(/`(\w+)\.(\w+)`/g)].map(([, type = '', field = '']) => ({ type, field })),
  }),
);

describe('the table from REST call to GraphQL field', () => {
  it('holds every operation of every upstream', () => {
    const count = (upstream: string) => rows.filter((row) => row.upstream === upstream).length;
    expect({
      pi: count('Pi Platform'),
      mypit: count('MyPit'),
      pinning: count('Pinning'),
      bitminter: count('BitMinter'),
      ledger: count('Ledger'),
    }).toEqual({ pi: 8, mypit: 13, pinning: 5, bitminter: 10, ledger: 3 });
  });

  it.each(rows.map((row) => [`${row.upstream} ${row.call}`, row.fields] as const))(
    '%s has its place in the graph',
    (_call, fields) => {
      expect(fields.length).toBeGreaterThan(0);
      for (const { type, field } of fields) {
        const found = schema.getType(type);
        expect(isObjectType(found) && Object.keys(found.getFields()), `${type}.${field}`).toContain(field);
      }
    },
  );
});

describe("the README's tour", () => {
  it('leads to every operation file and to none that is gone', () => {
    const linked = [...readFileSync('README.md', 'utf8').matchAll(/\(schema\/operations\/([\w-]+\.graphql)\)/g)].map(
      ([, file = '']) => file,
    );
    const files = readdirSync('schema/operations').filter((file) => file.endsWith('.graphql'));
    expect(linked.toSorted()).toEqual(files.toSorted());
  });
});
