import type { IncomingHttpHeaders } from 'node:http';

/** One request as a sandbox service sees it. */
export interface Incoming<Param extends string = string> {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** The named parts of the path, decoded. */
  readonly params: Readonly<Record<Param, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came; empty when there is none. */
  readonly text: string;
  /** The parsed JSON body; undefined when there is none. */
  readonly body: unknown;
}

/** An answer: `json` or `text`, or neither for an empty body. */
export interface Reply {
  /** The connection breaks in place of the answer: what was done stays done. */
  readonly lost?: boolean;
  /** 200 when not given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly text?: string;
}

/** A "no" that a handler throws. Each service renders it in its own shape. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly status: number,
    /** For machines, such as `NOT_FOUND`. */
    readonly reason: string,
    /** For people. */
    readonly details: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`${status} ${reason}: ${details}`);
  }
}

/** A method and a path pattern, with what answers there. */
export interface Route {
  readonly method: string;
  /** The pattern's parts; one that begins with `:` stands for any text but an empty one. */
  readonly parts: readonly string[];
  handle(request: Incoming): Reply | Promise<Reply>;
}

/** The names in a pattern: `'/pins/:requestid'` has `'requestid'`. */
type ParamOf<Pattern extends string> = Pattern extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamOf<Rest>
  : Pattern extends `${string}:${infer Name}`
    ? Name
    : never;

/** Answers `method` at a pattern such as `/pins/:requestid`; the handler finds the decoded parts in `params`. */
export function route<Pattern extends `/${string}`>(
  method: string,
  pattern: Pattern,
  handle: (request: Incoming<ParamOf<Pattern>>) => Reply | Promise<Reply>,
): Route {
  return { method, parts: split(pattern), handle };
}

/** Where a request goes: a route with its path parts, or the methods that the path does know (none = no such path). */
export type Match =
  | { readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly route?: undefined; readonly allowed: readonly string[] };

/** Finds the route of a request. GET routes answer HEAD too; of several fitting patterns the first in the list wins. */
export function findRoute(routes: readonly Route[], method: string, path: string): Match {
  const parts = split(path);
  const wanted = method === 'HEAD' ? 'GET' : method;
  const allowed = new Set<string>();
  for (const candidate of routes) {
    const params = paramsOf(candidate.parts, parts);
    if (!params) continue;
    if (candidate.method === wanted) return { route: candidate, params };
    allowed.add(candidate.method);
    if (candidate.method === 'GET') allowed.add('HEAD');
  }
  return { allowed: [...allowed] };
}

function split(path: string): string[] {
  return path.slice(1).split('/');
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const actual = parts[at] ?? '';
    if (!expected.startsWith(':')) {
      if (expected !== actual) return undefined;
    } else {
      if (actual === '') return undefined;
      params[expected.slice(1)] = decode(actual);
    }
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, 'BAD_REQUEST', 'The path is not percent-encoded correctly');
  }
}
