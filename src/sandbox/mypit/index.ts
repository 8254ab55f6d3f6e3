import { randomSecret } from '../names.js';
import type { SandboxClock, SandboxPart } from '../part.js';
import { serve } from '../server.js';
import { issuer, mypitSeed } from './seed.js';
import { createMyPitService } from './service.js';

/** Starts MyPit with the co-op's account: its templates, holders and issued badges. */
export async function startMyPit(clock: SandboxClock): Promise<SandboxPart> {
  const clientId = randomSecret();
  const secretKey = randomSecret();
  const running = await serve(
    createMyPitService({ clientId, secretKey, userId: issuer.userId, seed: mypitSeed(clock.now()) }, clock),
    clock.speed,
  );
  return {
    settings: {
      MYPIT_BASE_URL: running.url,
      MYPIT_CLIENT_ID: clientId,
      MYPIT_SECRET_KEY: secretKey,
      MYPIT_USER_ID: issuer.userId,
      MYPIT_ISSUER_DID: issuer.did,
    },
    close: () => running.close(),
  };
}
