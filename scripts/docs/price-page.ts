import { readFileSync } from 'node:fs';
import { priceOperations, type PricedOperation } from '../../src/cli/operation-prices.js';
import { wordsOf } from '../../src/cli/calls.js';
import type { OperationPrice } from '../../src/server/operation/price.js';
import { UPSTREAMS } from '../../src/values/price.js';
import { note, row } from './markdown.js';

/** What the shipped operations may cost, beside what they cost in the sandbox. */
export function pricePage(): string {
  const operations = priceOperations(['schema/operations', 'examples/operations']);
  const onTheDesk = priceOperations(['desk/operations']);
  return [
    '# What an operation costs',
    note,
    '',
    'Providers limit how often they may be asked, so an app should know what its operations cost before it ships them.',
    '',
    '```sh',
    'npx headgate calls schema/operations',
    'npx headgate calls schema/operations --check schema/operations/budget.json',
    '```',
    '',
    'It takes folders of `.graphql` files and the manifests of client-preset (`persisted-documents.json`), Relay',
    '(`persisted_queries.json`) and Apollo. `--write budget.json` writes a budget, once and whenever a rise is meant; `--check',
    'budget.json` ends with 1 and a line for each price that rose, or that has no budget yet. `--json` prints the budget. What',
    'cannot be read, or does not fit the graph, is told in one line and ends with 2. The same is read',
    'by [`TRUSTED_DOCUMENTS`](settings.md): with `TRUSTED_ONLY=on` nothing else is answered, and then the table',
    'is all that clients can make this deployment spend on one operation.',
    '',
    '## How to read it',
    '- A number is **the most** calls that one operation makes to that upstream, where providers keep to what they document:',
    '  pages of listings, links of each row, looks before a write with a key, looks for what became of a lost answer, and who the',
    '  user is (`/me`). In brackets: the most where a provider does not, such as a pinning service that hides rows or lists them in no',
    '  order. The same numbers are what a single operation is limited by (500 in all).',
    '- A call that is made again because it failed counts once. A read is made again at most twice; a write only where nothing of',
    '  it had left.',
    '- A variable counts as the most that it can be: 100 rows of a page, 100 ids, 1,000 recipients. A number that the document writes',
    '  counts as it is, and so do the values of `<operation>.variables.json` where that lies beside a document.',
    '- Of a subscription: to open it, its first poll, and one event. Later polls are made once for all who watch the same with',
    '  one credential, each `PIN_POLL_INTERVAL_MS`, `PAYMENT_POLL_INTERVAL_MS` or `POOL_POLL_INTERVAL_MS`.',
    '- `pinning` is all pinning services together. `providers { reachable }` asks each: ten are counted.',
    '- What is remembered or shared costs less: pool data for a minute, equal queries at the same moment, a user for a minute.',
    '',
    'A new field that calls an upstream and names no price is a failing test, and prices are held against what is really',
    'counted, with random variables, lost answers and odd services (`test/trust/prices.test.ts`).',
    '',
    '## The shipped operations',
    '`schema/operations` and `examples/operations`. Counted: what the sandbox was asked with the variables beside the operation.',
    '',
    '| Operation | Counted | At most, with those variables | At most, with any |',
    '|---|---|---|---|',
    ...operations.map((operation) =>
      row(
        operation.name,
        countedOf(operation.name) ?? '',
        operation.example ? pricesOf(operation.example) : '',
        pricesOf(operation.price),
      ),
    ),
    '',
    '## The desk',
    'What [the desk](desk.md) asks.',
    '',
    '| Operation | At most |',
    '|---|---|',
    ...onTheDesk.map(({ name, price }) => row(name, pricesOf(price))),
    '',
  ].join('\n');
}

function pricesOf({ upstreams }: OperationPrice): string {
  const parts = UPSTREAMS.flatMap((upstream) => {
    const bound = upstreams[upstream];
    return bound === undefined ? [] : [`${upstream} ${wordsOf(bound)}`];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** The line of the documented operation's file that the tests hold to what is counted. */
function countedOf(name: PricedOperation['name']): string | undefined {
  const file = name.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  try {
    return /^# budget: (.+)$/m.exec(readFileSync(`schema/operations/${file}.graphql`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
