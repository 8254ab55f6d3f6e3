#!/usr/bin/env node
import cluster from 'node:cluster';

/** The process: `headgate serve` when nothing else is asked for. */

// Node opens an inspector on this signal unless somebody listens; set before anything else is loaded.
process.on('SIGUSR1', () => {});

const args = process.argv.slice(2);
if (args.length === 0 || cluster.isWorker) await (await import('./cli/serve.js')).serve();
else await (await import('./cli/cli.js')).runCli(args);
