#!/usr/bin/env node
import { existsSync } from 'node:fs';

// A checkout that was never built says so, in place of a stack.
const product = new URL('../dist/main.js', import.meta.url);
if (existsSync(product)) await import(product.href);
else {
  process.stderr.write('headgate: not built yet; run `npm ci --include=dev`, which builds it\n');
  process.exitCode = 1;
}
