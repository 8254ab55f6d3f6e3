import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../src/app.js';
import { readConfig } from '../src/config.js';
import { silentLogger } from '../src/log.js';
import { startSandbox } from '../src/sandbox/index.js';

/** Runs an example against a gateway of its own with the sandbox behind it: `try.ts <program> <its arguments>`. */
const [program = '', ...words] = process.argv.slice(2);
const sandbox = await startSandbox();
const app = await createApp(readConfig({ PORT: '0' }), { sandbox, log: silentLogger });
const address = await app.listen();
console.log(`the gateway is at ${address}/graphql, its desk at ${address}/desk, GraphiQL at ${address}/`);
Object.assign(process.env, sandbox.examples, {
  HEADGATE_URL: `${address}/graphql`,
  HEADGATE_KEY: sandbox.operatorKey,
  PAYOUT_DIR: mkdtempSync(join(tmpdir(), 'headgate-payouts-')),
});
process.argv.splice(2, Infinity, ...words);
const running = (await import(program)) as { readonly serving?: Promise<void> };
await running.serving;
await app.close();
