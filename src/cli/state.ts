import { readConfig } from '../config.js';
import { complainOf, say } from './terminal.js';

/** `headgate state accept`: what a store lost that came back empty is lost, a clock that is in doubt is right. */
export async function acceptLoss(): Promise<void> {
  const app = await import('../app.js');
  try {
    say([`headgate: ${await app.acceptLoss(readConfig())}`]);
  } catch (error) {
    complainOf(error, 'could not be accepted');
    process.exitCode = 1;
  }
}
