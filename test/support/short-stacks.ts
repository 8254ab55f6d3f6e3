/** As many frames as Node itself keeps. Vitest would have ten times as many, which takes a tenth of the time of tests of failures. */
Error.stackTraceLimit = 10;

/** What Vitest makes of a place in a built module: it looks for the line of the source in a map, each time. */
const mapped = Error.prepareStackTrace;
/** The lines of stacks by their places. No map, since entries of maps are what some tests count. */
const lines: Record<string, string | undefined> = {};

/** Node tells a place with the function, file, line and column. */
const placeOf = (site: unknown): string => String(site);

/** The same stack; a gateway writes one for every error that it passes on, and their places are mostly the same. */
function stackOfKnownLines(error: Error, sites: readonly NodeJS.CallSite[]): string {
  const stack = sites.map((site) => (lines[placeOf(site)] ??= lineOf(site)));
  return `${error.name || 'Error'}: ${error.message || ''}${stack.join('')}`;
}

function lineOf(site: NodeJS.CallSite): string {
  const stack = String(mapped?.({ name: 'none', message: '' }, [site]));
  return stack.slice(stack.indexOf('\n'));
}

// This file is run before each file of tests, and their worker stays the same.
if (mapped && mapped.name !== stackOfKnownLines.name) Error.prepareStackTrace = stackOfKnownLines;
