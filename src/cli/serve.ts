import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import { describeThrown } from '../observability/thrown.js';
import { stopWithStarter } from './starter.js';
import { complain, complainOf } from './terminal.js';

/** Below the 20 s after which supervisors kill, and above the time that running operations get. */
const STOP_WITHIN_MS = 19_500;
/** Until then every balancer has noticed; idle connections that were cut at once would break requests that are on their way. */
const LINGER_MS = 1_500;

/** A crowd of 300 connections is taken in within 20 turns of 5 ms; one more costs each connection a microsecond. */
const ACCEPTS_PER_TURN = 16;
/** Workers get theirs from the first process, which has nothing else to do; Windows gives no second descriptor of a socket away. */
const acceptsPerTurn = (): number => (cluster.isWorker || process.platform === 'win32' ? 1 : ACCEPTS_PER_TURN);

/** `headgate serve`: one gateway in this process, until it is told to stop. */
export async function serve(): Promise<void> {
  const [{ isStartedByNpm, readConfig }, { createApp }] = await Promise.all([
    import('../config.js'),
    import('../app.js'),
  ]);
  try {
    const app = await createApp(readConfig());
    stopGracefully(() => app.close(LINGER_MS));
    if (isStartedByNpm() && !cluster.isWorker) stopWithStarter();
    tell(app.greeting(await app.listen(acceptsPerTurn())));
  } catch (error) {
    complainOf(error, 'could not start');
    process.exit(1);
  }
}

/** A worker leaves it to the first process to speak. */
function tell(greeting: readonly string[]): void {
  if (cluster.isWorker) process.send?.({ greeting });
  else process.stdout.write(`${greeting.join('\n')}\n`);
}

function stopGracefully(close: () => Promise<void>): void {
  // Ctrl-C reaches every process of the terminal; a worker waits until the first process tells it.
  if (cluster.isWorker) process.on('SIGINT', () => {});
  closeWithGrace(
    {
      delay: STOP_WITHIN_MS,
      logger: false,
      skip: cluster.isWorker ? ['SIGINT'] : [],
      onTimeout: () => complain([`not stopped within ${STOP_WITHIN_MS} ms`]),
    },
    async ({ err }) => {
      if (err) process.stderr.write(`${describeCrash(err)}\n`);
      await close();
    },
  );
}

/** The log line of an unexpected error. */
function describeCrash(error: unknown): string {
  return JSON.stringify({ level: 'error', time: new Date().toISOString(), event: 'crash', ...describeThrown(error) });
}
