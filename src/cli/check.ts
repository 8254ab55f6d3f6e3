import { ConfigError, readConfig, type Config } from '../config.js';
import { UpstreamError } from '../errors.js';
import { silentLogger } from '../log.js';
import type { Provider, UpstreamHealth } from '../providers/provider.js';
import { createProviders } from '../providers/registry.js';
import { summarize, warningsOf, type Summary } from '../summary.js';
import { createHttp } from '../upstream/client.js';
import { monotonicNow, preciseNow } from '../values/clock.js';
import { startFaults } from '../start-faults.js';
import { complainOf, say } from './terminal.js';

/** `headgate check [--probe]`: reads the settings and says what they come to; 1 when something is wrong. */
export async function check(probe: boolean): Promise<void> {
  try {
    const config = readConfig();
    const faults = await startFaults(config);
    if (faults.length > 0) throw new ConfigError(faults);
    const { providers, close } = openProviders(config);
    try {
      say(
        describe(
          config,
          providers.flatMap((provider) => provider.health()),
        ),
      );
      if (probe && !(await probeAll(providers, config))) process.exitCode = 1;
    } finally {
      await close();
    }
  } catch (error) {
    complainOf(error, 'the settings could not be read');
    process.exitCode = 1;
  }
}

/** The providers alone: nothing is listened to, and no store is opened, which a running gateway may hold. */
function openProviders(config: Config): { readonly providers: readonly Provider[]; close(): Promise<void> } {
  const http = createHttp(config.http, { log: silentLogger });
  const providers = createProviders(config.providers, {
    http,
    log: silentLogger,
    readbackDelayMs: config.readbackDelayMs,
    upstreamTimeoutMs: config.http.upstreamTimeoutMs,
    writeTimeoutMs: config.http.writeTimeoutMs,
  });
  return { providers: Object.values(providers), close: () => http.close() };
}

function describe(config: Config, health: readonly UpstreamHealth[]): string[] {
  if (config.sandboxed) return ['nothing is configured: `headgate serve` starts the sandbox'];
  const { production, providers, keys, state, payouts, documents, exposed, streams, piUserActions } = summarize(
    config,
    health,
  );
  const switched = (on: boolean) => (on ? 'on' : 'off');
  return [
    production
      ? 'production: yes'
      : 'production: no (NODE_ENV): GraphiQL, the desk, introspection and metrics are for anybody unless switched off',
    ...providers.map(
      ({ name, enabled, credential }) =>
        `provider ${name}: ${!enabled ? 'off' : credential ? 'on, with a credential' : "on, for callers' own credentials"}`,
    ),
    ...keys.map(({ name, scopes }) => `key ${name}: ${scopes.join(' ')}`),
    `state: ${state}`,
    `payouts: ${payouts === 'off' ? 'off' : `at most ${payouts.perCall} Pi a call, ${payouts.perDay} Pi a day`}`,
    `Pi users may: ${piUserActions.length === 0 ? 'nothing' : piUserActions.join(' ')}`,
    `streams: at most ${streams.most}, ${streams.perCaller} for each caller`,
    `documents: ${documentsOf(documents)}`,
    `GraphiQL ${switched(exposed.graphiql)}, desk ${switched(exposed.desk)}, introspection ` +
      `${switched(exposed.introspection)}, metrics for ${exposed.metrics}`,
    `SUBGRAPH ${exposed.subgraph ? 'on: _service and _entities are answered' : 'off'}`,
    `pages of other origins: ${exposed.corsOrigins.length === 0 ? 'none; CORS_ORIGINS names them' : exposed.corsOrigins.join(' ')}`,
    ...warningsOf(config, health).map((warning) => `warning: ${warning}`),
    'the settings are sound',
  ];
}

/** Which documents are answered; where nothing is listed, and no text is taken, the desk's are all there is. */
function documentsOf({ text, trusted }: Summary['documents']): string {
  if (trusted === null) return text ? 'any' : 'only those of the desk';
  return `${text ? 'any' : 'only those of TRUSTED_DOCUMENTS'} (${trusted})`;
}

/** One harmless call to each upstream that this deployment has a credential for; true when all answered. */
async function probeAll(providers: readonly Provider[], config: Config): Promise<boolean> {
  const upstreams = providers.flatMap((provider) =>
    provider
      .health()
      .filter(({ enabled, credential }) => enabled && credential)
      .map(({ name }) => ({ provider, name })),
  );
  const answers = await Promise.all(
    upstreams.map(async ({ provider, name }) => {
      const startedAt = preciseNow();
      try {
        await provider.ping(name, { signal: undefined, deadline: monotonicNow() + config.operationTimeoutMs });
        say([`probe ${name}: answered in ${since(startedAt)}`]);
        return true;
      } catch (error) {
        say([`probe ${name}: failed after ${since(startedAt)}: ${causeOf(error)}`]);
        return false;
      }
    }),
  );
  return answers.every(Boolean);
}

const since = (startedAt: number) => `${Math.round(preciseNow() - startedAt)} ms`;

/** What an operator can act on: `unavailable (ENOTFOUND)`, `unauthorized (401)`. Neither addresses nor bodies are in it. */
function causeOf(error: unknown): string {
  if (!(error instanceof UpstreamError)) return error instanceof Error ? error.message : 'unknown';
  const { kind, status, reason, detail, upstreamCode } = error;
  const facts = [...new Set([status, reason, detail, upstreamCode])].filter(
    (fact) => fact !== undefined && fact !== '',
  );
  return `${kind.replaceAll('_', ' ')}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}
