import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { licences } from '../licences.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The texts of the desk's operations, which the gateway trusts by their ids. */
const documents: Plugin = {
  name: 'documents',
  writeBundle: ({ dir = '' }) => copyFileSync(here('generated/persisted-documents.json'), `${dir}/documents.json`),
};

/** The desk as the gateway serves it: one page, one script, one style, at addresses that hold a hash of what is in them. */
export default defineConfig({
  root: here('.'),
  base: '/desk/',
  plugins: [react(), documents, licences([])],
  build: {
    outDir: '../dist/desk',
    emptyOutDir: true,
    target: 'es2022',
    // The strict policy of the page lets nothing run or show that is written into it.
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
  logLevel: 'warn',
});
