import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { describe } from 'vitest';

/** The apps of examples/clients, built and served as a page of another origin than the gateway's. */

export const clientsFolder = fileURLToPath(new URL('../../examples/clients', import.meta.url));
const installed = existsSync(join(clientsFolder, 'node_modules/vite'));
const required = process.env['HEADGATE_REQUIRE_EXAMPLES'] === '1';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

const howToInstall = 'npm ci --prefix examples/clients';
if (!installed && !required) console.log(`Apps of clients are skipped; to run them: ${howToInstall}`);

/** Skipped where the clients are not installed, unless HEADGATE_REQUIRE_EXAMPLES=1 says that they must be. */
export const describeWithClients = installed || required ? describe : describe.skip;
/** The same for pages, which need a Chromium too. */
export const describeWithPages = (installed && chromiumPath !== undefined) || required ? describe : describe.skip;

export function needClients(): void {
  if (!installed) throw new Error(`HEADGATE_REQUIRE_EXAMPLES=1, but they are not installed: ${howToInstall}`);
}

export async function launchBrowser(): Promise<Browser> {
  needClients();
  if (chromiumPath === undefined) throw new Error('HEADGATE_REQUIRE_EXAMPLES=1, but there is no Chromium here');
  return chromium.launch({ executablePath: chromiumPath, args: flags });
}

export interface ServedApp {
  readonly origin: string;
  close(): Promise<void>;
}

/** Builds an app as for development, so that its libraries say what they do not like, and serves it. */
export async function serveApp(name: string): Promise<ServedApp> {
  const folder = mkdtempSync(join(tmpdir(), `headgate-${name}-`));
  const vite = join(clientsFolder, 'node_modules/vite/bin/vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--mode', 'development', '--outDir', folder], {
    cwd: join(clientsFolder, name),
    env: { ...process.env, NODE_ENV: 'development' },
  });
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    readFile(join(folder, path)).then(
      (bytes) => response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain' }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  return {
    origin: await listen(server),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
