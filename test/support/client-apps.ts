import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, inject } from 'vitest';
import { hasChromium, shareBrowser, type BrowserShare } from './browser.js';
import { builtIn, type ClientApp } from './build.js';

/** The apps of examples/clients, built and served as a page of another origin than the gateway's. */

export const clientsFolder = fileURLToPath(new URL('../../examples/clients', import.meta.url));
const installed = existsSync(join(clientsFolder, 'node_modules/vite'));
const required = process.env['HEADGATE_REQUIRE_EXAMPLES'] === '1';

const howToInstall = 'npm ci --prefix examples/clients';
if (!installed && !required) console.log(`Apps of clients are skipped; to run them: ${howToInstall}`);

/** Skipped where the clients are not installed, unless HEADGATE_REQUIRE_EXAMPLES=1 says that they must be. */
export const describeWithClients = installed || required ? describe : describe.skip;
/** Whether what needs the apps in a page runs: with a Chromium too, or when it must. */
export const runsPages = (installed && hasChromium) || required;
export const describeWithPages = runsPages ? describe : describe.skip;

export function needClients(): void {
  if (!installed) throw new Error(`HEADGATE_REQUIRE_EXAMPLES=1, but they are not installed: ${howToInstall}`);
}

export async function shareBrowserForApps(): Promise<BrowserShare> {
  needClients();
  return shareBrowser();
}

export interface ServedApp {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves an app that was built as for development, so that its libraries say what they do not like. */
export async function serveApp(name: ClientApp): Promise<ServedApp> {
  const folder = await builtIn(inject('built'), name);
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
