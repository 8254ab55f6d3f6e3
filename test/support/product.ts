import { join } from 'node:path';
import { inject } from 'vitest';

/** The folder that the product was built into for this run: `dist`, `schema/operations` and `package.json`. */
export const productFolder = (): string => inject('built');

/** What Node is given to run the product. */
export const product = (): string => join(productFolder(), 'dist/main.js');

/** What Node is given to run `examples/pay-out`. */
export const payOut = (): string => join(productFolder(), 'pay-out/main.js');
