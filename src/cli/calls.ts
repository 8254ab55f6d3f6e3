import { readFileSync, writeFileSync } from 'node:fs';
import type { OperationPrice } from '../server/operation/price.js';
import { UPSTREAMS, type Bound } from '../values/price.js';
import { priceOperations, type PricedOperation } from './operation-prices.js';
import { complain, complainOf, say, WRONG_USE } from './terminal.js';

export interface CallsOptions {
  readonly json?: boolean;
  readonly check?: string;
  readonly write?: string;
}

/** What each operation may cost each upstream, by their names. */
export type Budget = Readonly<Record<string, Readonly<Record<string, Bound>>>>;

/** `headgate calls <path...>`: 1 when an operation costs more than its budget, 2 when something cannot be read. */
export function calls(paths: readonly string[], { json, check, write }: CallsOptions): void {
  try {
    const operations = priceOperations(paths);
    const budget = budgetOf(operations);
    if (write !== undefined) writeFileSync(write, `${JSON.stringify(budget, null, 2)}\n`);
    say(json ? [JSON.stringify(budget, null, 2)] : tableOf(operations));
    if (check === undefined) return;
    const risen = risenAbove(readBudget(check), budget, check);
    complain(risen);
    if (risen.length > 0) process.exitCode = 1;
    // With --json the answer is JSON and nothing else.
    else if (!json) say(['', `passed: no operation costs more than ${check} says (${operations.length} looked at)`]);
  } catch (error) {
    complainOf(error, 'the operations could not be read');
    process.exitCode = WRONG_USE;
  }
}

/** With each variable as the most it can be. */
export function budgetOf(operations: readonly PricedOperation[]): Budget {
  return Object.fromEntries(operations.map(({ name, price }) => [name, { ...price.upstreams }]));
}

/** One line for each price that is above the budget, and for each operation that has none. */
export function risenAbove(budget: Budget, now: Budget, file: string): readonly string[] {
  return Object.entries(now).flatMap(([name, prices]) => {
    const allowed = budget[name];
    if (allowed === undefined) return [`${name} is not in ${file}`];
    return Object.entries(prices).flatMap(([upstream, { documented, most }]) => {
      const before = allowed[upstream] ?? { documented: 0, most: 0 };
      if (documented <= before.documented && most <= before.most) return [];
      return [`${name} rises at ${upstream} from ${wordsOf(before)} to ${wordsOf({ documented, most })}`];
    });
  });
}

const HEADER = ['operation', 'with', ...UPSTREAMS] as const;

/** A row for each operation, and one more for the variables that lie beside it. */
export function rowsOf(operations: readonly PricedOperation[]): readonly (readonly string[])[] {
  return operations.flatMap(({ name, variables, price, example }) => [
    [name, variables.length === 0 ? '' : `any ${variables.join(' ')}`, ...cellsOf(price)],
    ...(example ? [['', 'its variables.json', ...cellsOf(example)]] : []),
  ]);
}

function cellsOf({ upstreams }: OperationPrice): readonly string[] {
  if (UPSTREAMS.every((upstream) => upstreams[upstream] === undefined)) return UPSTREAMS.map(() => 'none');
  return UPSTREAMS.map((upstream) => {
    const bound = upstreams[upstream];
    return bound === undefined ? '' : wordsOf(bound);
  });
}

/** `2`, or `2 (210)` where a provider that does not keep to its documentation may cost more. */
export function wordsOf({ documented, most }: Bound): string {
  return documented === most ? `${documented}` : `${documented} (${most})`;
}

function tableOf(operations: readonly PricedOperation[]): readonly string[] {
  const rows = [HEADER, ...rowsOf(operations)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    '',
    'The most calls that one operation costs, lost answers and looks for what became of them included; in brackets what it can',
    'come to at a provider that does not keep to its documentation. A call that is made again because it failed counts once. Of a',
    'subscription: to open it, its first poll, and one event.',
  ];
}

function readBudget(file: string): Budget {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`${file} is not there, or no JSON`);
  }
  if (!isBudget(content)) throw new Error(`${file} is no budget; --write makes one`);
  return content;
}

function isBudget(content: unknown): content is Budget {
  return (
    isRecord(content) &&
    Object.values(content).every((prices) => isRecord(prices) && Object.values(prices).every(isBound))
  );
}

function isBound(value: unknown): value is Bound {
  return isRecord(value) && typeof value['documented'] === 'number' && typeof value['most'] === 'number';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
