import { randomSecret } from '../names.js';
import type { SandboxClock, SandboxPart } from '../part.js';
import { serve } from '../server.js';
import { createPiService, type SignedInUser } from './service.js';
import { piUsers } from './users.js';

/** The Pi Platform API, running, with the people whose tokens it accepts. */
export interface PiPart extends SandboxPart {
  readonly users: readonly SignedInUser[];
}

/** Starts the Pi Platform API for the co-op's shop. Its key and tokens differ at every start; the tokens last a day. */
export async function startPi(clock: SandboxClock): Promise<PiPart> {
  const apiKey = randomSecret();
  const users = Object.values(piUsers).map((user): SignedInUser => ({ ...user, token: randomSecret() }));
  const running = await serve(createPiService({ apiKey, users }, clock), clock.speed);
  return {
    settings: {
      PI_BASE_URL: `${running.url}/v2`,
      PI_API_KEY: apiKey,
      PI_USER_ACTIONS: 'approve,complete,cancel',
      PAYOUT_MAX_PER_CALL: '10',
      PAYOUT_MAX_PER_DAY: '100',
    },
    headers: { authorization: `Bearer ${users[0]?.token ?? ''}` },
    users,
    close: () => running.close(),
  };
}
