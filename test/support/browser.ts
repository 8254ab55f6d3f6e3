import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { describe } from 'vitest';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const required = process.env['HEADGATE_REQUIRE_CHROMIUM'] === '1';
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const hasChromium = executablePath !== undefined;

/** Skipped without a Chromium, unless HEADGATE_REQUIRE_CHROMIUM=1 says that there must be one. */
export const describeWithChromium = hasChromium || required ? describe : describe.skip;

/** A part in the browser of this worker. */
export interface BrowserShare extends Pick<Browser, 'newContext' | 'newPage'> {
  /** Closes all that was opened through it; the browser stays for the files that follow. */
  close(): Promise<void>;
}

/** Started by whoever needs it first; it ends with the worker. */
let running: Promise<Browser> | undefined;

async function runningBrowser(): Promise<Browser> {
  if (running !== undefined && !(await running).isConnected()) running = undefined;
  return await (running ??= chromium.launch({ ...(executablePath ? { executablePath } : {}), args: flags }));
}

/** Contexts of one browser know nothing of each other, so that all files of a worker can have theirs in the same. */
export async function shareBrowser(): Promise<BrowserShare> {
  if (!hasChromium) throw new Error('a Chromium is required, but there is none here');
  const browser = await runningBrowser();
  const contexts: BrowserContext[] = [];
  async function newContext(options?: BrowserContextOptions): Promise<BrowserContext> {
    const context = await browser.newContext(options);
    contexts.push(context);
    return context;
  }
  return {
    newContext,
    newPage: async (options) => (await newContext(options)).newPage(),
    async close() {
      await Promise.all(contexts.map((context) => context.close()));
    },
  };
}
