import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp, type App } from '../src/app.js';
import { readConfig } from '../src/config.js';
import { silentLogger } from '../src/log.js';
import { startSandbox } from '../src/sandbox/index.js';
import { product } from './support/product.js';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...inFolder('docs'),
  ...inFolder('examples'),
  'examples/pay-with-pi/README.md',
  'deploy/README.md',
  'test/README.md',
  ...everything('src').filter((path) => path.endsWith('/README.md')),
];
const read = (file: string) => readFileSync(file, 'utf8');

function inFolder(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}/${file}`);
}

/** All files and folders below these, without what is installed or built. */
function everything(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
      .flatMap((entry) => {
        const path = `${folder}/${entry.name}`;
        return entry.isDirectory() ? [path, ...everything(path)] : [path];
      }),
  );
}

/** Stands for a name that readers give: `acme` is the upstream that a guide adds. */
const PLACEHOLDER = /\*|NAME|DOMAIN|FIELD|\bX\b|acme/g;
const MEDIA_TYPE = /^(application|multipart|text)\//;
/** Paths and files that a page names in code; `*` stands for anything. Addresses and patterns are none. */
function namedPaths(page: string): string[] {
  const named = [
    ...read(page)
      .replaceAll(/```[^]*?```/g, '')
      .matchAll(/`([\w.*-]+(?:\/[\w.*-]+)*\/?)`/g),
  ];
  return named
    .map(([, name = '']) => name.replace(/\/$/, '').replace(/^(\.\.\/)+/, ''))
    .filter(
      (name) =>
        !name.startsWith('.') &&
        (name.includes('/') || /\w\.(ts|md|mjs|json|graphql)$/.test(name)) &&
        !MEDIA_TYPE.test(name),
    );
}

/** Links to files, each with the heading that it leads to. */
function linksOf(page: string): { readonly file: string; readonly heading: string }[] {
  const prose = read(page).replaceAll(/```[^]*?```/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', heading = ''] = target.split('#');
      return { file: path === '' ? page : join(dirname(page), path), heading };
    });
}

/** As the usual renderers make an anchor of a heading. */
function anchorsOf(page: string): Set<string> {
  return new Set(
    [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

describe('documentation', () => {
  it.each(pages)('%s leads nowhere that is gone', (page) => {
    for (const { file, heading } of linksOf(page)) {
      expect(existsSync(file), `${page} -> ${file}`).toBe(true);
      if (heading !== '') expect(anchorsOf(file), `${page} -> ${file}#${heading}`).toContain(heading);
    }
  });

  const known = [
    ...['src', 'test', 'schema', 'docs', 'desk', 'examples', 'deploy', 'scripts', 'soak', 'bench'].flatMap((folder) => [
      folder,
      ...everything(folder),
    ]),
    ...readdirSync('.'),
  ];
  const inside = ['CONTRIBUTING.md', 'test/README.md', ...pages.filter((page) => page.startsWith('src/'))];
  it.each(inside)('%s names no file that is gone', (page) => {
    const gone = namedPaths(page).filter((name) => {
      const pattern = name.replaceAll('.', '\\.').replaceAll(PLACEHOLDER, '[^/]*');
      const wanted = new RegExp(`(^|/)${pattern}(\\.ts|\\.test\\.ts)?$`);
      return !known.some((path) => wanted.test(path));
    });
    expect(gone).toEqual([]);
  });

  it('names only tests that are there, to those who contribute', () => {
    const [, sentence = ''] = /one of these names it: the tests ([^.]+?)\(/.exec(read('CONTRIBUTING.md')) ?? [];
    const named = [...sentence.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !existsSync(`test/${name}.test.ts`))).toEqual([]);
  });

  it('has a row for every loose file and every room of the sources', () => {
    const rooms = readdirSync('src').map((name) => (name.endsWith('.ts') || name.endsWith('.md') ? name : `${name}/`));
    const told = read('src/README.md');
    expect(rooms.filter((name) => name !== 'README.md' && !told.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists every page', () => {
    const listed = linksOf('docs/README.md').map(({ file }) => file);
    for (const page of inFolder('docs')) if (page !== 'docs/README.md') expect(listed).toContain(page);
  });

  it('names those commands of examples that a test runs', () => {
    const named = inFolder('docs').flatMap((page) => read(page).match(/npm run try --prefix \S+/g) ?? []);
    // By test/examples/try.test.ts.
    expect([...new Set(named)].toSorted()).toEqual(['pay-out', 'pay-with-pi', 'recover'].map(tried));
  });

  it('tells defaults of settings from examples', () => {
    const rows = new Map(
      read('docs/settings.md')
        .split('\n')
        .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('`', '')))
        .map(([, name = '', byDefault = '', example = '']) => [name, [byDefault, example]] as const),
    );
    const wanted = {
      PORT: ['4000', ''],
      HEALTH_PORT: ['', '4001'],
      GRAPHIQL: ['on', ''],
      TRUSTED_ONLY: ['', 'on'],
      OTEL_SDK_DISABLED: ['', 'true'],
      STATE_DIR: ['.headgate', ''],
      REDIS_URL: ['', 'redis://127.0.0.1:6379'],
      PI_NETWORK: ['', 'mainnet'],
      PAYOUT_MAX_PER_DAY: ['0', ''],
      PI_API_KEY: ['', ''],
    };
    for (const [name, cells] of Object.entries(wanted)) expect(rows.get(name), name).toEqual(cells);
  });

  it('says of every setting what it means', () => {
    const rows = [...read('docs/settings.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)`.*\|([^|]*)\|$/gm)];
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter(([, , meaning = '']) => meaning.trim() === '').map(([, name]) => name)).toEqual([]);
  });

  it('names only operations and settings that exist', () => {
    const settings = new Set([...read('.env.example').matchAll(/^#?\s*([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name));
    const known = new Set([...settings, 'NODE_ENV', 'HEADGATE_URL', 'HEADGATE_KEY']);
    const sections = ['docs/start.md', 'docs/deploy.md', 'docs/watch-it.md'].map(read).join('\n');
    const named = [...sections.matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)].map(([, name = '']) => name);
    const codes = new Set(Object.keys(JSON.parse(JSON.stringify(errorCodes()))));
    expect(named.filter((name) => !known.has(name) && !codes.has(name))).toEqual([]);
  });
});

const tried = (example: string) => `npm run try --prefix examples/${example}`;

function errorCodes(): Record<string, true> {
  return Object.fromEntries(
    [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code = '']) => [code, true]),
  );
}

describe('commands of the documentation', () => {
  let gateway: App;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const sandbox = await startSandbox({ operatorKey: 'key-of-the-documentation', speed: 20 });
    const settings = { PORT: '0', LOG_LEVEL: 'silent', PIN_POLL_INTERVAL_MS: '50' };
    gateway = await createApp(readConfig(settings), { sandbox, log: silentLogger });
    environment = { HEADGATE_URL: await gateway.listen(), HEADGATE_KEY: 'key-of-the-documentation' };
  });
  afterAll(() => gateway.close());

  /** Blocks marked `sh`; those marked `sh setup` install or start something, and are tried by whoever reads. */
  const commands = inFolder('docs').flatMap((page) =>
    [...read(page).matchAll(/^```sh\n([^]*?)^```/gm)].map(([, text = '']) => [page, text] as const),
  );

  it.each(commands)('%s: %s', { timeout: 60_000 }, async (_page, text) => {
    const here = text.replaceAll('npx headgate', `${process.execPath} ${product()}`);
    const { code, out } = await bash(here, environment);
    expect(code, out).toBe(0);
    expect(out).not.toContain('"errors"');
    expect(out.trim()).not.toBe('');
  });
});

function bash(text: string, settings: Readonly<Record<string, string>>): Promise<{ code: number; out: string }> {
  const options = { env: { PATH: process.env['PATH'], STATE_DIR: 'memory', ...settings } };
  return new Promise((resolve) => {
    execFile('bash', ['-ec', text], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out: out + err }),
    );
  });
}
