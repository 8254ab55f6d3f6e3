import { join } from 'node:path';
import { inject } from 'vitest';
import type { BuiltExample } from './build.js';

/** The folder that the product was built into for this run: `dist`, `schema/operations` and `package.json`. */
export const productFolder = (): string => inject('built');

/** What Node is given to run the product. */
export const product = (): string => join(productFolder(), 'dist/main.js');

/** What Node is given to run an example. */
export const example = (name: BuiltExample): string => join(productFolder(), `examples/${name}.js`);
