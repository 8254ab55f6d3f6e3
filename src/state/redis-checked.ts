import type { RedisConnection } from './redis-connection.js';
import type { RedisGuard } from './redis-guard.js';
import type { RedisNames } from './redis-names.js';
import { StateUnavailable } from './state.js';

const LOST = 'lost';

// The last two keys are those of the deployment and of the last version; the last two arguments what they have to hold.
const CHECK = `
if redis.call('GET', KEYS[#KEYS - 1]) ~= ARGV[#ARGV - 1]
  or tonumber(redis.call('GET', KEYS[#KEYS]) or 0) < tonumber(ARGV[#ARGV]) then return '${LOST}' end
`;

/**
 * Scripts on what money depends on. Each checks in one step with what it does that the store is still the one that this instance
 * knows, and has not gone back behind the newest version given here; otherwise it does nothing, and rejects with StateUnavailable.
 */
export interface CheckedScripts {
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** The same for a script that answers with a new version, which lies in its last key. */
  change(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

export function checkedScripts(connection: RedisConnection, guard: RedisGuard, names: RedisNames): CheckedScripts {
  const lost = (): StateUnavailable => new StateUnavailable('the shared state has lost what it held');

  async function ask(...[script, keys, args]: Parameters<CheckedScripts['run']>) {
    const known = guard.known();
    if (!known) throw lost();
    const answer = await connection.run(
      CHECK + script,
      [...keys, names.deployment, names.version],
      [...args, known.deployment, known.version],
    );
    if (answer !== LOST) return { answer, known };
    // Of many calls that meet it one has a look at what is there now.
    if (guard.miss(known)) connection.look().catch(() => undefined);
    throw lost();
  }

  return {
    run: async (...call) => (await ask(...call)).answer,
    async change(...call) {
      const { answer, known } = await ask(...call);
      const version = Number(answer);
      if (typeof answer === 'string' && Number.isSafeInteger(version)) guard.gave(known, version);
      return answer;
    },
  };
}
