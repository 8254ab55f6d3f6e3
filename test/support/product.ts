import { join } from 'node:path';
import { inject } from 'vitest';
import { builtIn } from './build.js';

const folder = await builtIn(inject('built'), 'product');

/** The folder that the product was built into for this run: `dist`, `schema/operations` and `package.json`. */
export const productFolder = (): string => folder;

/** What Node is given to run the product. */
export const product = (): string => join(folder, 'dist/main.js');
