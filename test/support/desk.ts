import type { BrowserContextOptions, Page } from 'playwright-core';
import { Agent } from 'undici';
import { inject } from 'vitest';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.js';
import type { Settings } from '../../src/settings.js';
import type { BrowserShare } from './browser.js';
import { builtIn } from './build.js';
import { gatewayKey } from './create-test-app.js';

/** The folder of the desk as it is now. */
export const buildDesk = (): Promise<string> => builtIn(inject('built'), 'desk');

/** A gateway with its desk, in front of a sandbox. */
export interface DeskRig {
  readonly url: string;
  readonly sandbox: Sandbox;
  /** Requests to upstreams so far, as `POST /v2/payments/x/complete`. */
  readonly sent: readonly string[];
  /** Origins of upstreams that cannot be connected to for now. */
  readonly away: Set<string>;
  /** A page that has been signed in with a key. */
  open(browser: BrowserShare, key: string, options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

/** Operators of the tests, each with a key of its own name. */
export const OPERATORS: Settings = {
  GATEWAY_KEYS: [
    gatewayKey('pi:read+pi:complete+pi:cancel+mypit:read+ops:read', 'first-key', 'first'),
    gatewayKey('pi:read+pi:complete+pi:cancel+mypit:read+ops:read', 'second-key', 'second'),
    gatewayKey('pi:read+pin:read+mypit:read', 'looks-only', 'reader'),
  ].join(','),
};

const NOBODY_LISTENS = 'http://127.0.0.1:9';

/** The last settings stand in place of those that the sandbox says. */
export async function startDesk(
  settings: Settings = {},
  options: SandboxOptions = {},
  instead: Readonly<Record<string, string>> = {},
): Promise<DeskRig> {
  const [desk, started] = await Promise.all([
    buildDesk(),
    startSandbox({ operatorKey: 'sandbox-operator-key', ...options }),
  ]);
  const sandbox = { ...started, settings: { ...started.settings, ...instead } };
  const sent: string[] = [];
  const away = new Set<string>();
  const agent = new Agent();
  const dispatcher = agent.compose((dispatch) => (call, handler) => {
    sent.push(`${call.method} ${call.path}`);
    return dispatch(away.has(String(call.origin)) ? { ...call, origin: NOBODY_LISTENS } : call, handler);
  });
  const config = readConfig({ PORT: '0', LOG_LEVEL: 'silent', STATE_DIR: 'memory', ...OPERATORS, ...settings });
  const gateway = await createApp(config, { sandbox, desk, dispatcher, log: silentLogger });
  const url = await gateway.listen();
  return {
    url,
    sandbox,
    sent,
    away,
    async open(browser, key, context = {}) {
      const page = await (await browser.newContext({ viewport: { width: 1_200, height: 900 }, ...context })).newPage();
      await page.goto(`${url}/desk`);
      await page.getByLabel('Gateway key').fill(key);
      await page.getByRole('button', { name: 'Open the desk' }).click();
      await page.getByRole('heading', { name: 'Now', exact: true }).waitFor();
      return page;
    },
    async close() {
      await gateway.close();
      await agent.destroy();
    },
  };
}
