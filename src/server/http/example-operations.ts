import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedOperation } from '../options.js';

/** Reads the documented operations with their variables, in the order of the tour; none when the folder is not there. */
export function readOperations(folder: string): readonly NamedOperation[] {
  const tour = join(folder, 'tour.json');
  // The operations are documentation: a deployment without them still serves.
  if (!existsSync(tour)) return [];
  const names = JSON.parse(readFileSync(tour, 'utf8')) as readonly string[];
  return names.map((name) => {
    const variables = join(folder, `${name}.variables.json`);
    return {
      name,
      text: readFileSync(join(folder, `${name}.graphql`), 'utf8'),
      variables: existsSync(variables) ? readFileSync(variables, 'utf8').trim() : '{}',
    };
  });
}
