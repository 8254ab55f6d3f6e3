import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NamedOperation } from './server-options.js';

/** `schema/operations` of this package: two folders up from `src/server` and from `dist/server` alike. */
const DEFAULT_FOLDER = fileURLToPath(new URL('../../schema/operations', import.meta.url));

/** Reads the documented operations in the order of their names; none when the folder is not there. */
export function readOperations(folder: string = DEFAULT_FOLDER): readonly NamedOperation[] {
  return listFolder(folder)
    .filter((file) => file.endsWith('.graphql'))
    .toSorted()
    .map((file) => ({ name: basename(file, '.graphql'), text: readFileSync(join(folder, file), 'utf8') }));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // The operations are documentation: a deployment without them still serves.
  }
}
