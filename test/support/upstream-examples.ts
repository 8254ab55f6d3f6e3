import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A request as it is sent to an upstream, and the answer that it may get. */
export interface Example {
  /** Whose it is: the name of its folder. */
  readonly provider: string;
  readonly operation: string;
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body?: Record<string, unknown> };
  readonly response: { readonly status: number; readonly body: unknown };
}

/** From the project's folder, where tests and soak runs begin. */
const folder = `${resolve('schema/upstream')}/`;

const upstreams = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** Every example of a successful answer that is JSON, of whatever upstream. */
export const examples: readonly Example[] = upstreams.flatMap((upstream) =>
  readdirSync(`${folder}${upstream}/examples`)
    .toSorted()
    .map((file): Example => {
      const example = JSON.parse(readFileSync(`${folder}${upstream}/examples/${file}`, 'utf8')) as Example;
      const { body } = example.response;
      const read = typeof body === 'string' ? parsed(body) : body;
      return {
        ...example,
        provider: upstream,
        response: { ...example.response, body: read },
        name: file.replace(/\.json$/, ''),
        operation: file.split('.')[0] ?? '',
      };
    })
    .filter(({ response: { status, body } }) => status < 300 && body !== null && body !== undefined),
);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The object that this example answers. */
export function bodyOf(name: string): object {
  const body = examples.find((one) => one.name === name)?.response.body;
  if (typeof body !== 'object' || body === null) throw new Error(`no example ${name}`);
  return body;
}
