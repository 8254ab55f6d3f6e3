import { productArgs, productFile } from '../bench/servers.js';
import { killRounds } from './kill-rounds.js';

/** `npm run soak:kills`: is anything paid twice, above the cap, or forgotten, when the process is killed at any point? */
const kills = Number(process.env['KILLS'] ?? 200);
const writers = Number(process.env['WRITERS'] ?? 20);
/** Reached on the way, so that kills meet payouts below it, at it and beyond it. */
const cap = Number(process.env['CAP'] ?? 60);

const found = await killRounds({ kills, writers, cap, product: [...productArgs, productFile] }, (line) =>
  process.stdout.write(`${line}\n`),
);
const { readyMs, ...counts } = found;
const sorted = readyMs.toSorted((a, b) => a - b);
const median = Math.round(sorted[Math.floor(sorted.length / 2)] ?? NaN);
process.stdout.write(`${JSON.stringify({ ...counts, cap, medianReadyMs: median }, null, 2)}\n`);

const broken = found.doubled + found.lost + found.repeated > 0 || found.paid > cap || found.told === 0;
if (found.capped === 0) process.stdout.write('the cap was never touched: fewer Pi, or more kills\n');
process.stdout.write(broken ? 'BROKEN\n' : 'holds: at most one effect per key, the cap, and every end that was told\n');
process.exitCode = broken ? 1 : 0;
