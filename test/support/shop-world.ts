import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.js';

type Settings = Readonly<Record<string, string>>;

interface Row {
  readonly hash: string;
  readonly memo?: string;
  readonly source_account: string;
}

/** A gateway on a port with the sandbox behind it, as the examples meet it. */
export interface ShopWorld {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ledgerUrl: string;
  readonly seed: string;
  readonly sandbox: Sandbox;
  /** Transactions with the same memo as this one. */
  paidBy(txid: string): Promise<readonly string[]>;
  /** Transactions that the app's wallet has sent since the start. */
  payouts(): Promise<number>;
  readAll(folder: string): Promise<string[]>;
  close(): Promise<void>;
}

/** `bend` changes what the gateway is told of the sandbox, `clock` how the sandbox's time goes. */
export async function startShopWorld(
  settings: Settings = {},
  bend: (told: Settings) => Promise<Settings> = async () => ({}),
  clock: Pick<SandboxOptions, 'now' | 'speed'> = { speed: 20 },
): Promise<ShopWorld> {
  const started = await startSandbox(clock);
  const sandbox = { ...started, settings: { ...started.settings, ...(await bend(started.settings)) } };
  const app: App = await createApp(readConfig({ PORT: '0', STATE_DIR: 'memory', ...settings }), {
    sandbox,
    log: silentLogger,
  });
  const ledgerUrl = sandbox.examples['PI_LEDGER_URL'] ?? '';
  const endpoint = `${await app.listen()}/graphql`;
  const get = async <T>(path: string) => (await (await fetch(`${ledgerUrl}${path}`)).json()) as T;
  const { seed, wallet } = { seed: sandbox.examples['PI_WALLET_SEED'] ?? '', wallet: sandbox.examples['PI_WALLET'] };
  async function history(): Promise<readonly Row[]> {
    const path = `/accounts/${wallet}/transactions?order=desc&limit=200`;
    return (await get<{ readonly _embedded: { readonly records: readonly Row[] } }>(path))._embedded.records;
  }
  const sentByApp = async () => (await history()).filter((row) => row.source_account === wallet).length;
  const atStart = await sentByApp();
  return {
    endpoint,
    headers: { 'x-gateway-key': sandbox.operatorKey },
    ledgerUrl,
    seed,
    sandbox,
    async paidBy(txid) {
      const rows = await history();
      const memo = rows.find(({ hash }) => hash === txid)?.memo;
      return rows.filter((row) => memo !== undefined && row.memo === memo).map(({ hash }) => hash);
    },
    payouts: async () => (await sentByApp()) - atStart,
    readAll: async (folder) => Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8'))),
    close: () => app.close(),
  };
}
