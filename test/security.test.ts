import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schema } from '../src/graph/index.js';

const page = readFileSync('SECURITY.md', 'utf8');

/** Rows of the rights table: `| kind | field | who |`. */
const rows = new Map(
  [...page.matchAll(/^\| (query|mutation|subscription) \| `(\w+)` \| (.+?) \|$/gm)].map(([, kind, field, who]) => [
    `${kind} ${field}`,
    who,
  ]),
);

const fields = [
  ...Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => ({ kind: 'query', field })),
  ...Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => ({ kind: 'mutation', field })),
  ...Object.values(schema.getSubscriptionType()?.getFields() ?? {}).map((field) => ({ kind: 'subscription', field })),
];

describe('the rights table of SECURITY.md', () => {
  it.each(fields.map(({ kind, field }) => [`${kind} ${field.name}`, field] as const))(
    'says who may use %s',
    (name, field) => {
      const rights = field.extensions['rights'];
      expect(typeof rights, 'a root field without rights is refused to everybody').toBe('string');
      expect(rows.get(name)).toBe(rights);
    },
  );

  it('lists no field that is gone', () => {
    expect(
      [...rows.keys()].filter((name) => !fields.some(({ kind, field }) => `${kind} ${field.name}` === name)),
    ).toEqual([]);
  });
});
