import closeWithGrace from 'close-with-grace';
import { describeThrown } from './observability/thrown.js';

/** The process: reads the settings, starts the gateway, ends it gracefully. */

/** Below the 20 s after which supervisors kill, and above the time that running operations get. */
const STOP_WITHIN_MS = 19_500;
/** Until then every balancer has noticed; idle connections that were cut at once would break requests that are on their way. */
const LINGER_MS = 1_500;

// Node opens an inspector on this signal unless somebody listens; set before anything else is loaded.
process.on('SIGUSR1', () => {});

/** Every line on stderr is one plain fact: no stack, no value of a setting. */
function complain(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `headgate: ${line.replaceAll('\n', ' ')}\n`).join(''));
}

/** The log line of an unexpected error. */
function describeCrash(error: unknown): string {
  return JSON.stringify({ level: 'error', time: new Date().toISOString(), event: 'crash', ...describeThrown(error) });
}

async function start(): Promise<void> {
  const [{ readConfig, ConfigError }, { createApp }] = await Promise.all([import('./config.js'), import('./app.js')]);
  try {
    const app = await createApp(readConfig());
    closeWithGrace(
      { delay: STOP_WITHIN_MS, logger: false, onTimeout: () => complain([`not stopped within ${STOP_WITHIN_MS} ms`]) },
      async ({ err }) => {
        if (err) process.stderr.write(`${describeCrash(err)}\n`);
        await app.close(LINGER_MS);
      },
    );
    const url = await app.listen();
    process.stdout.write(`${app.greeting(url).join('\n')}\n`);
  } catch (error) {
    complain(
      error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : 'could not start'],
    );
    process.exit(1);
  }
}

/** `headgate state accept`: what a store lost that came back empty is lost. */
async function acceptLoss(): Promise<void> {
  const [{ readConfig }, app] = await Promise.all([import('./config.js'), import('./app.js')]);
  try {
    process.stdout.write(`headgate: ${await app.acceptLoss(readConfig())}\n`);
  } catch (error) {
    complain([error instanceof Error ? error.message : 'could not be accepted']);
    process.exitCode = 1;
  }
}

await (process.argv.slice(2).join(' ') === 'state accept' ? acceptLoss() : start());
