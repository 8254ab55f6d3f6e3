import { readConfig } from '../config.js';
import { complainOf, say } from './terminal.js';

const NO_SETTINGS =
  "nothing is configured in this shell, so no state was looked at: run it with the gateway's own settings (its .env, or " +
  'the same STATE_DIR, or REDIS_URL and HEADGATE_SECRET)';

/** `headgate state accept`: what a store lost that came back empty is lost, a clock that is in doubt is right. */
export async function acceptLoss(): Promise<void> {
  const app = await import('../app.js');
  try {
    const config = readConfig();
    if (config.sandboxed && config.redisUrl === undefined && config.stateDir === undefined)
      throw new Error(NO_SETTINGS);
    say([`headgate: ${await app.acceptLoss(config)}`]);
  } catch (error) {
    complainOf(error, 'could not be accepted');
    process.exitCode = 1;
  }
}
