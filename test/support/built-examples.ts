import { join } from 'node:path';
import { inject } from 'vitest';
import { builtIn, type BuiltExample } from './build.js';

const folder = await builtIn(inject('built'), 'examples');

/** What Node is given to run an example. */
export const example = (name: BuiltExample): string => join(folder, `${name}.js`);
