import { z } from 'zod';
import type { SettingsReader } from '../provider.js';

/** Where one pinning service is, and the server's own token for it, if there is one. */
export interface PinningServiceConfig {
  readonly name: string;
  /** Without `/pins`. */
  readonly baseUrl: string;
  readonly token: string | undefined;
}

export interface PinningConfig {
  /** At least one, unless a setting is wrong; the first is the default. */
  readonly services: readonly PinningServiceConfig[];
  /** The first interval of the pollers. */
  readonly pollIntervalMs: number;
}

const PINATA_URL = 'https://api.pinata.cloud/psa';
const DEFAULT_POLL_INTERVAL_MS = 2000;

const serviceNames = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .pipe(
    z
      .array(z.string().regex(/^[a-z0-9-]+$/, 'names consist of a-z, 0-9 and -'))
      .min(1, 'names no service')
      .refine((names) => new Set(names).size === names.length, 'names a service twice'),
  );
const token = z.string().regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');
const interval = z
  .string()
  .regex(/^\d+$/, 'must be a whole number of milliseconds')
  .transform(Number)
  .pipe(z.number().min(1, 'must be at least 1').max(3_600_000, 'must be at most an hour'));

/** Reads `PINNING_SERVICES`, each service's `PINNING_<NAME>_URL` and `_TOKEN`, and `PIN_POLL_INTERVAL_MS`. */
export function readPinningConfig(settings: SettingsReader): PinningConfig {
  const names = settings.read('PINNING_SERVICES', serviceNames, ['pinata']) ?? [];
  const services = names.flatMap((name) => readService(settings, name) ?? []);
  reportStrayTokens(settings, names);
  return {
    services,
    pollIntervalMs:
      settings.read('PIN_POLL_INTERVAL_MS', interval, DEFAULT_POLL_INTERVAL_MS) ?? DEFAULT_POLL_INTERVAL_MS,
  };
}

function prefixOf(name: string): string {
  return `PINNING_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** A token of a service that has neither a name nor a URL is a slip of the pen, and the service would be missed much later. */
function reportStrayTokens(settings: SettingsReader, names: readonly string[]): void {
  const known = new Set([...names, 'pinata'].map(prefixOf));
  for (const tokenName of settings.names(/^PINNING_.+_TOKEN$/)) {
    const prefix = tokenName.slice(0, -'_TOKEN'.length);
    if (!known.has(prefix) && !settings.has(`${prefix}_URL`)) {
      settings.problem(`${prefix}_URL`, `is required: ${tokenName} is set; and PINNING_SERVICES must name the service`);
    }
  }
}

function readService(settings: SettingsReader, name: string): PinningServiceConfig | undefined {
  const prefix = prefixOf(name);
  const urlName = `${prefix}_URL`;
  const secret = settings.read(`${prefix}_TOKEN`, token);
  if (name !== 'pinata' && !settings.has(urlName)) {
    settings.problem(
      urlName,
      settings.has(`${prefix}_TOKEN`)
        ? `is required: ${prefix}_TOKEN is set`
        : 'is required: the service is named in PINNING_SERVICES',
    );
    return undefined;
  }
  const url = settings.url(urlName, name === 'pinata' ? PINATA_URL : undefined);
  if (url === undefined) return undefined;
  const baseUrl = url.replace(/([^:/])\/{2,}/g, '$1/');
  if (/\/pins$/i.test(baseUrl)) {
    settings.problem(urlName, 'must not end in /pins: that part is added by the gateway');
    return undefined;
  }
  return { name, baseUrl, token: secret };
}
