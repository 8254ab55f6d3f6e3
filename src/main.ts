import closeWithGrace from 'close-with-grace';

/** The process: reads the settings, starts the gateway, ends it gracefully. */

/** Below the 20 s after which supervisors kill, and above the time that running operations get. */
const STOP_WITHIN_MS = 19_500;

// Node opens an inspector on this signal unless somebody listens; set before anything else is loaded.
process.on('SIGUSR1', () => {});

/** Every line on stderr is one plain fact: no stack, no value of a setting. */
function complain(lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `headgate: ${line.replaceAll('\n', ' ')}\n`).join(''));
}

/** What an unexpected error may say in the log: its kind and where it came from; its message could quote a secret. */
function describeCrash(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify({ level: 'error', event: 'crash', name: typeof error });
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trim().startsWith('at ')).slice(0, 5).map((line) => line.trim());
  return JSON.stringify({ level: 'error', time: new Date().toISOString(), event: 'crash', name: error.name, at: frames });
}

async function start(): Promise<void> {
  const [{ readConfig, ConfigError }, { createApp }] = await Promise.all([import('./config.js'), import('./app.js')]);
  try {
    const app = await createApp(readConfig());
    closeWithGrace({ delay: STOP_WITHIN_MS, logger: false, onTimeout: () => complain([`not stopped within ${STOP_WITHIN_MS} ms`]) }, async ({ err }) => {
      if (err) process.stderr.write(`${describeCrash(err)}\n`);
      await app.close();
    });
    const url = await app.listen();
    process.stdout.write(`${app.greeting(url).join('\n')}\n`);
  } catch (error) {
    complain(error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : 'could not start']);
    process.exit(1);
  }
}

await start();
