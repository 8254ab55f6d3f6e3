import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A row of the table from REST call to GraphQL field, `schema/upstream/README.md`. */
export interface UpstreamCall {
  /** As its folder and its key in the registry are called: `pi`, `ledger`. */
  readonly provider: string;
  readonly method: string;
  /** With `{id}` where an object is named. */
  readonly path: string;
  /** `METHOD /path`. */
  readonly call: string;
  readonly fields: readonly { readonly type: string; readonly field: string }[];
  /** Whether no mutation stands behind it: it only reads, whatever its method. */
  readonly reads: boolean;
}

/** From the project's folder, where tests begin. */
const page = readFileSync(resolve('schema/upstream/README.md'), 'utf8');

export const upstreamCalls: readonly UpstreamCall[] = [
  ...page.matchAll(/^\| (\w+)[\w ]*? \| `([A-Z]+) ([^`]+)` \| (.+?) \|$/gm),
].map(([, upstream = '', method = '', path = '', places = '']) => {
  const fields = [...places.matchAll(/`(\w+)\.(\w+)`/g)].map(([, type = '', field = '']) => ({ type, field }));
  const reads = fields.every(({ type }) => type !== 'Mutation');
  return { provider: upstream.toLowerCase(), method, path, call: `${method} ${path}`, fields, reads };
});

/** Whether a request, its base path left out, is this call. The most exact row of a table is the one meant. */
export function isCall({ method, path }: UpstreamCall, asked: string): boolean {
  const parts = path.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${method} ${parts.join('[^/]+')}$`).test(asked);
}

/** The row that a request, its base path left out, belongs to: a row without an id before one with it. */
export function callOfRequest(provider: string, asked: string): UpstreamCall | undefined {
  return upstreamCalls
    .filter((row) => row.provider === provider && isCall(row, asked))
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}
