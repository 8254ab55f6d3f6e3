import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../src', import.meta.url));

interface Import {
  readonly from: string;
  /** A file of ours without its ending, such as `upstream/client`, or a package name. */
  readonly to: string;
  readonly ours: boolean;
  readonly typeOnly: boolean;
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'));
const IMPORT = /^(import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, , type, specifier = '']) => {
    const ours = specifier.startsWith('.');
    const to = ours
      ? relative(root, normalize(join(root, dirname(file), specifier))).replace(/\.js$/, '')
      : specifier.replace(/^((?:@[^/]+\/)?[^/]+).*$/, '$1');
    return { from: file.replace(/\.ts$/, ''), to, ours, typeOnly: type !== undefined };
  });
}

const imports = files.flatMap(importsOf);

/** One row of the table of import directions: files that match `from` may import only what matches `may`. */
interface Rule {
  readonly from: RegExp;
  readonly may: readonly RegExp[];
  /** What may be imported for its types alone. */
  readonly mayTypes?: readonly RegExp[];
  readonly packages: readonly RegExp[];
}

const none: readonly RegExp[] = [];
const values = /^values\//;
const errors = /^(errors|error-codes|unclear-ends)$/;
const log = /^log$/;
const node = /^node:/;

const rules: readonly Rule[] = [
  { from: /^main$/, may: [/^cli\/(serve|cli)$/], packages: [node] },
  {
    from: /^cli\//,
    may: [
      /^cli\//,
      /^(app|config|settings|start-faults|summary|version)$/,
      log,
      values,
      /^access\/(scopes|operators)$/,
      /^observability\/thrown$/,
      /^providers\/registry$/,
      // What a failed probe failed of.
      /^errors$/,
      /^upstream\/client$/,
      /^graph\/index$/,
      /^server\/(bind-fault|operation\/(manifests|price))$/,
    ],
    mayTypes: [/^providers\/provider$/],
    packages: [/^leven$/, node, /^commander$/, /^close-with-grace$/, /^graphql$/],
  },
  { from: /^version$/, may: none, packages: [node] },
  { from: /^settings-names$/, may: none, packages: [/^leven$/] },
  { from: /^env-file$/, may: none, packages: [node] },
  {
    from: /^start-faults$/,
    may: [/^settings$/, /^server\/(bind-fault|operation\/manifests)$/, /^state\/secret$/],
    mayTypes: [/^config$/, /^server\/options$/],
    packages: [node],
  },
  { from: /^summary$/, may: [/^version$/, values], mayTypes: [/^config$/, /^providers\/provider$/], packages: none },
  { from: /^error-codes$/, may: none, packages: none },
  { from: /^errors$/, may: none, mayTypes: [/^error-codes$/], packages: none },
  { from: /^unclear-ends$/, may: [/^errors$/], packages: none },
  { from: /^log$/, may: none, packages: none },
  {
    from: /^values\//,
    may: [values],
    packages: [/^multiformats$/, /^@multiformats\/multiaddr$/, /^lossless-json$/, /^lru-cache$/],
  },
  { from: /^upstream\//, may: [/^upstream\//, errors, log, values], packages: [node, /^undici$/] },
  { from: /^state\//, may: [/^state\//, values], packages: [node, /^lru-cache$/, /^ioredis$/, /^lmdb$/] },
  { from: /^polling\//, may: [/^polling\//, errors, log, values], mayTypes: [/^state\/state$/], packages: [node] },
  { from: /^writes\//, may: [/^writes\//, errors, log, values], mayTypes: [/^state\/state$/], packages: [node] },
  {
    from: /^access\//,
    may: [/^access\//, errors, log, values],
    mayTypes: [/^providers\//, /^state\/state$/],
    packages: [node, /^leven$/, /^lru-cache$/, /^rate-limiter-flexible$/],
  },
  {
    from: /^graph\//,
    may: [/^graph\//, errors, values, /^providers\/[^/]+\/(model|validate|request-id)$/],
    mayTypes: [/^context$/, /^access\//, /^polling\/polling$/, /^writes\/writes$/, /^providers\/[^/]+\/session$/],
    packages: [/^@pothos\//, /^graphql$/],
  },
  {
    from: /^server\//,
    may: [/^server\//, errors, log, values],
    mayTypes: [/^context$/, /^state\/state$/, /^access\/viewer$/],
    packages: [node, /^graphql/, /^@graphql-yoga\//, /^ws$/, /^lru-cache$/],
  },
  {
    from: /^observability\//,
    may: [/^observability\//, errors, log, values],
    mayTypes: [/^upstream\/(http|client)$/, /^polling\/polling$/, /^writes\/writes$/],
    packages: [node, /^prom-client$/, /^@opentelemetry\//, /^graphql$/, /^pino$/],
  },
  { from: /^sandbox\/ledger\//, may: [/^sandbox\//, values], packages: [node, /^@stellar\/stellar-base$/] },
  { from: /^sandbox\/(?!ledger\/)/, may: [/^sandbox\//, values], packages: [node] },
  {
    from: /^providers\/(registry|provider)$/,
    may: [/^providers\/(provider|[^/]+\/index)$/],
    mayTypes: [/^upstream\/http$/, errors, log],
    packages: [/^zod$/],
  },
  {
    from: /^providers\/(call|reading|write-scope)$/,
    may: [errors, values],
    mayTypes: [/^upstream\/http$/],
    packages: none,
  },
];

/** Rules for one provider: itself and the shared ground, never another provider, the graph or the HTTP library. */
function providerRule(name: string): Rule {
  return {
    from: new RegExp(`^providers/${name}/`),
    may: [new RegExp(`^providers/(provider$|call$|reading$|write-scope$|${name}/)`), errors, log, values],
    mayTypes: [/^upstream\/http$/, /^polling\/polling$/, /^writes\/writes$/],
    packages: [node, /^zod$/, /^dataloader$/, /^lossless-json$/, /^lru-cache$/],
  };
}

const providers = [
  ...new Set(files.map((file) => /^providers\/([^/]+)\//.exec(file)?.[1]).filter((name) => name !== undefined)),
];
const allRules = [...rules, ...providers.map(providerRule)];

describe('import directions', () => {
  it('reads the imports', () => {
    expect(imports.length).toBeGreaterThan(100);
  });

  it.each(allRules.map((rule) => [String(rule.from), rule] as const))('%s imports only what it may', (_name, rule) => {
    const offending = imports
      .filter((one) => rule.from.test(one.from))
      .filter(({ to, ours, typeOnly }) => {
        const allowed = ours ? [...rule.may, ...(typeOnly ? (rule.mayTypes ?? []) : [])] : rule.packages;
        return !allowed.some((pattern) => pattern.test(to));
      });
    expect(offending.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('keeps every file under a rule', () => {
    const free = /^(app|parts|open-state|config|config-readers|settings|context)$/;
    const orphans = files
      .map((file) => file.replace(/\.ts$/, ''))
      .filter((file) => !free.test(file) && !allRules.some((rule) => rule.from.test(file)));
    expect(orphans).toEqual([]);
  });

  it('lets only the composition root start the sandbox', () => {
    expect(
      imports
        .filter(({ from, to }) => to.startsWith('sandbox/') && !from.startsWith('sandbox/'))
        .map(({ from }) => from),
    ).toEqual(['app']);
  });

  it('keeps the raw shapes of upstreams where their answers are read', () => {
    const reads = /^providers\/[^/]+\/(wire(-[a-z]+)?|fields)$/;
    // Refusals and settings have shapes of their own; the last is the answer of one write alone.
    const besides = /^providers\/(provider|[^/]+\/(errors|config)|mypit\/writes\/issue-answer)$/;
    const within = imports.filter(({ from }) => from.startsWith('providers/') && !reads.test(from));
    expect(within.filter(({ from, to }) => to === 'zod' && !besides.test(from)).map(({ from }) => from)).toEqual([]);
    expect(within.filter(({ to }) => /^providers\/[^/]+\/fields$/.test(to)).map(({ from }) => from)).toEqual([]);
    const shape = /^export (?:const|type|interface) \w*Dto\b/m;
    expect(files.filter((file) => shape.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('keeps the compiler of queries in one room', () => {
    expect(
      imports
        .filter(({ from, to }) => to === 'graphql-jit' && !from.startsWith('server/operation/compile/'))
        .map(({ from }) => from),
    ).toEqual([]);
  });

  it('lets nothing that defines types import the built schema', () => {
    const users = imports.filter(({ to }) => to === 'graph/index').map(({ from }) => from);
    expect(users.filter((from) => from !== 'app' && !from.startsWith('cli/'))).toEqual([]);
  });
});

describe('circles', () => {
  // Later imports of a function count as well: what is loaded late is known early.
  const LATE = /import\('(\.[^']+)'\)/g;
  const known = new Set(files.map((file) => file.replace(/\.ts$/, '')));
  const links = new Map<string, readonly string[]>();
  for (const file of files) {
    const late = [...readFileSync(join(root, file), 'utf8').matchAll(LATE)].map(([, specifier = '']) =>
      relative(root, normalize(join(root, dirname(file), specifier))).replace(/\.js$/, ''),
    );
    const from = file.replace(/\.ts$/, '');
    const direct = imports.filter((one) => one.ours && one.from === from).map(({ to }) => to);
    links.set(
      from,
      [...direct, ...late].filter((to) => known.has(to)),
    );
  }

  /** The first circle that leads back to a file, by way of what it imports. */
  function circleFrom(start: string): readonly string[] | undefined {
    const cameFrom = new Map<string, string>();
    const waiting = [start];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      for (const to of links.get(file) ?? []) {
        if (to === start) {
          const path = [file];
          for (let at = file; at !== start;) path.unshift((at = cameFrom.get(at) ?? start));
          return [...path, start];
        }
        if (cameFrom.has(to)) continue;
        cameFrom.set(to, file);
        waiting.push(to);
      }
    }
    return undefined;
  }

  it('are nowhere, those of types included', () => {
    expect(links.size).toBeGreaterThan(100);
    expect([...known].flatMap((file) => circleFrom(file)?.join(' -> ') ?? [])).toEqual([]);
  });
});

describe('forbidden words', () => {
  const reads = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));

  it('reads the environment in one place', () => {
    expect(reads(/process\.env/)).toEqual(['config.ts']);
  });

  it('asks for the date only where a date is meant: durations run on the monotonic clock', () => {
    expect(reads(/\bDate\.now\b|new Date\(\)/).toSorted()).toEqual(
      [
        // When something changed, shown to operators.
        'access/recent-changes.ts',
        // When Pi says that a token ends.
        'access/identity.ts',
        // Minutes of the clock, in which instances count together.
        'access/shared-rate.ts',
        'cli/serve.ts',
        'observability/logger.ts',
        // Dates shown to clients.
        'providers/bitminter/read-cache.ts',
        // How old the ledger's newest page is, by the date that it bears.
        'providers/ledger/search.ts',
        'providers/mypit/wire.ts',
        'providers/mypit/writes/template-writes.ts',
        'providers/pi/client.ts',
        // How old a payment is, by the date that Pi gives it.
        'providers/pi/payment-writes.ts',
        // The UTC day that a payout is counted on, from the start of a process.
        'state/days.ts',
        'state/embedded-date.ts',
        'state/embedded-store.ts',
        'state/memory.ts',
        // The sandbox is a world with a calendar of its own.
        'sandbox/index.ts',
        'upstream/call-classes.ts',
        'upstream/standing.ts',
        // `Retry-After` and rate resets may be dates.
        'upstream/pauses.ts',
        'summary.ts',
        'values/clock.ts',
        // When a write began, for the provider's own dates.
        'writes/engine.ts',
      ].toSorted(),
    );
  });

  it('reads the monotonic clock in one place, so that all moments count from the same zero', () => {
    expect(reads(/\bperformance\b|\bhrtime\b/)).toEqual(['values/clock.ts']);
  });

  it('cuts texts in one place, so that no character is split', () => {
    // Digests have characters of one kind only.
    const cuts = /\.slice\(0, (LONGEST_(NAME|TEXT|MESSAGE)|\d{3,})\)|\.substr(ing)?\(/;
    expect(reads(cuts)).toEqual([]);
  });

  it('hears of the end of an answer in one place: of those that stand in line on a closed connection Node says nothing', () => {
    expect(reads(/\b(response|res)\.(on|once|addListener)\('close'/)).toEqual(['server/http/connections.ts']);
  });

  it('keeps pieces that come in one by one in one place, which counts their bytes', () => {
    const hears = reads(/\.on(ce)?\('data'|\bonResponseData\(/);
    const keeps = hears.filter((file) => !readFileSync(join(root, file), 'utf8').includes('new Pieces('));
    // It keeps nothing: what it hears it hands on.
    expect(keeps).toEqual(['server/overload/early-refusals.ts']);
    // Of a known number of parts each.
    expect(reads(/Buffer\.concat\(/).toSorted()).toEqual(
      [
        'server/events/multipart.ts',
        'server/http/plain-upgrades.ts',
        'state/seal.ts',
        // As much as the longest head of an answer has.
        'upstream/interim-answers.ts',
        'values/positional.ts',
        'writes/identity.ts',
      ].toSorted(),
    );
  });

  it('never calls the global fetch', () => {
    expect(reads(/(?<![.\w])(?<!async )fetch\((?!request)/)).toEqual([]);
  });
});

describe('bench/ and soak/', () => {
  const home = fileURLToPath(new URL('..', import.meta.url));
  const programs = ['bench', 'soak'].flatMap((folder) =>
    readdirSync(join(home, folder))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`),
  );
  const importsOfProgram = (file: string): readonly string[] =>
    [...readFileSync(join(home, file), 'utf8').matchAll(IMPORT)]
      .map(([, , , specifier = '']) => specifier)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts'))
      .filter((to) => programs.includes(to));

  it('have no circle of imports', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file)) return;
      for (const to of importsOfProgram(file)) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of programs) visit(file, []);
    expect(programs.length).toBeGreaterThan(40);
    expect(circles).toEqual([]);
  });

  it('lets the bench know nothing of the soak', () => {
    const offending = programs.filter(
      (file) => file.startsWith('bench/') && importsOfProgram(file).some((to) => to.startsWith('soak/')),
    );
    expect(offending).toEqual([]);
  });
});
