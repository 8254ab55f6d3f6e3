import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { NamedOperation } from '../options.js';

/** Reads the documented operations in the order of their names; none when the folder is not there. */
export function readOperations(folder: string): readonly NamedOperation[] {
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
