import type { SettingsReader } from '../provider.js';

/** Where Pi's ledger can be read. */
export interface LedgerConfig {
  /** A Horizon server, without a trailing slash; undefined = the provider is off. */
  readonly baseUrl: string | undefined;
}

export function readLedgerConfig(settings: SettingsReader): LedgerConfig {
  return { baseUrl: settings.url('PI_LEDGER_URL') };
}
