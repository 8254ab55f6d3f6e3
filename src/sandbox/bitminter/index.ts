import { randomSecret } from '../names.js';
import type { SandboxClock, SandboxPart } from '../part.js';
import { serve } from '../server.js';
import { createPoolService } from './service.js';

/** Starts the mining pool, with a key to the account of the co-op. */
export async function startBitMinter(clock: SandboxClock): Promise<SandboxPart> {
  const apiKey = randomSecret();
  const running = await serve(createPoolService(apiKey, clock), clock.speed);
  return {
    settings: { BITMINTER_BASE_URL: `${running.url}/api`, BITMINTER_API_KEY: apiKey },
    close: () => running.close(),
  };
}
