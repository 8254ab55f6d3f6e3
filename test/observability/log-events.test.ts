import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../src', import.meta.url));
/** The call that writes a line, up to its fields. */
const WRITES = /\blog\.(debug|info|warn|error)\(([^,()]+)[,)]/g;

/** A line of the table of how loudly each fact about the state is told. */
const ABOUT_THE_STATE = /^ {2}(\w+): '(info|warn|error)',$/gm;

const ofTheState = [...readFileSync(join(root, 'open-state.ts'), 'utf8').matchAll(ABOUT_THE_STATE)].map(
  ([, name = '', level = '']) => `${level} ${name}`,
);
const written = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(WRITES)])
  .flatMap(([, level = '', event = '']) => [...event.matchAll(/'([^']+)'/g)].map(([, name = '']) => `${level} ${name}`))
  .concat(ofTheState);

const listed = readFileSync(join(root, 'observability/README.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, level = '', events = ''] = /^\| (debug|info|warn|error) \| (.*) \|$/.exec(line) ?? [];
    return [...events.matchAll(/`([^`]+)`/g)].map(([, name = '']) => `${level} ${name}`);
  });

it('lists every event of the log with its level, for those who write alerts', () => {
  expect(written.length).toBeGreaterThan(30);
  expect(ofTheState.length).toBeGreaterThan(7);
  expect(listed.toSorted()).toEqual([...new Set(written)].toSorted());
});

it('writes the names of events in one style', () => {
  expect(written.filter((event) => !/^[a-z]+ [a-z]+(_[a-z]+)*$/.test(event))).toEqual([]);
});
