import { readFileSync } from 'node:fs';
import { buildSchema, isAbstractType } from 'graphql';
import { defineConfig } from 'vite';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));

/** Which types an interface or union may be: without them the cache cannot tell that `... on UserError` fits a NotFoundError. */
const possibleTypes = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

export default defineConfig({ define: { POSSIBLE_TYPES: JSON.stringify(possibleTypes) } });
