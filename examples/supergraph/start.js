// Starts the notes, composes them with a running Headgate, and serves both as one graph: `node start.js`, with HEADGATE_URL,
// HEADGATE_KEY (a key with schema:read, where Headgate's introspection is off), PORT and COMPOSER (theguild or apollo).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose } from './compose.js';
import { startNotes } from './notes.js';

const here = dirname(fileURLToPath(import.meta.url));
const { HEADGATE_URL = 'http://127.0.0.1:4000', HEADGATE_KEY, PORT = '4010', COMPOSER = 'theguild' } = process.env;
const url = HEADGATE_URL.replace(/(\/graphql)?\/*$/, '/graphql');

const notes = await startNotes();
const composed = await compose(COMPOSER, [
  { name: 'headgate', url, headers: HEADGATE_KEY ? { 'x-gateway-key': HEADGATE_KEY } : {} },
  { name: 'notes', url: notes.url },
]).catch((error) => {
  console.error(
    `${error.message}\nHeadgate has to run with SUBGRAPH=on; HEADGATE_URL says where it is, HEADGATE_KEY is its operator key.`,
  );
  process.exit(1);
});
const scratch = mkdtempSync(join(tmpdir(), 'headgate-supergraph-'));
const supergraph = join(scratch, 'supergraph.graphql');
writeFileSync(supergraph, composed);

const bin = join(here, 'node_modules/@graphql-hive/gateway/dist/bin.js');
const config = join(here, 'gateway.config.js');
const gateway = spawn(
  process.execPath,
  [
    bin,
    'supergraph',
    supergraph,
    '-c',
    config,
    '--fork',
    '1',
    '--host',
    '127.0.0.1',
    '--port',
    PORT,
    '--polling',
    '1h',
  ],
  { cwd: here, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => gateway.kill(signal));
gateway.on('exit', (code) => {
  notes.close();
  rmSync(scratch, { recursive: true });
  process.exit(code ?? 0);
});
