import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';
import { familyOf, licences } from './licences.js';

/** Brings its own binaries, which cannot be part of a file of ours. */
const OUTSIDE = 'lmdb';

/** Node warns of the old way to make a Buffer, at every start of the sandbox, where it stands outside of node_modules. */
const buffers: Plugin = {
  name: 'buffers',
  transform: (code, id) =>
    /[\\/]base32\.js[\\/]index\.js$/.test(id) ? code.replaceAll('new Buffer(', 'Buffer.from(') : null,
};

/** What cannot be bundled lies beside the product, in a folder where Node looks for it: the product needs nothing else. */
const outsiders: Plugin = {
  name: 'outsiders',
  generateBundle() {
    for (const home of familyOf(OUTSIDE)) {
      for (const file of readdirSync(home, { recursive: true, withFileTypes: true })) {
        const path = relative(home, join(file.parentPath, file.name)).replaceAll('\\', '/');
        if (!file.isFile() || !RUNS.test(path) || BUILDS.test(path)) continue;
        this.emitFile({
          type: 'asset',
          fileName: `${home.slice(home.lastIndexOf('node_modules')).replaceAll('\\', '/')}/${path}`,
          source: readFileSync(join(home, path)),
        });
      }
    }
  },
};
/** What is needed for running, of packages that bring their sources along too. */
const RUNS = /\.([cm]?js|node)$|(^|\/)package\.json$/;
const BUILDS = /^(dependencies|src|benchmark|test|bin|\.[^/]+)\/|(^|\/)node_modules\/|\.min\.js$/;

/**
 * The product as `npm start` runs it: every module and every library in a few files. Node then starts in less than half of the
 * time and holds a fifth less memory, for it opens a dozen files instead of nine hundred. What is seldom needed (GraphiQL, Redis,
 * traces, the sandbox) is imported where it is needed, and so stays a file of its own that is read only then. Names stay as they
 * are, and a comment tells of each module where it begins: a place in a log's stack can be found.
 */
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  external: [OUTSIDE],
  plugins: [licences([OUTSIDE]), outsiders, buffers],
  // All beside each other, as `src/app.ts` lies in `src`: it looks for the documented operations one folder up.
  output: { dir: 'dist', format: 'esm', cleanDir: true, chunkFileNames: '[name].js' },
});
