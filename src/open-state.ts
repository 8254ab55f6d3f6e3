import { randomBytes } from 'node:crypto';
import type { Changes, GatewayEvent } from './access/recent-changes.js';
import type { Config } from './config.js';
import type { Logger } from './log.js';
import { createState } from './state/index.js';
import { keptSecret } from './state/secret.js';
import type { State, StateReport } from './state/state.js';

/** How loudly each fact about the state is told. */
const STATE_LEVELS: Readonly<Record<Parameters<StateReport>[0], 'info' | 'warn' | 'error'>> = {
  state_reached: 'info',
  state_lost: 'warn',
  state_evicts: 'error',
  state_unseen: 'error',
  state_emptied: 'error',
  state_foreign: 'error',
  state_loss_accepted: 'warn',
  state_clock_doubted: 'error',
  state_clock_believed: 'warn',
};

/** The same facts as operators read them in the graph. */
const STATE_EVENTS: Readonly<Record<Parameters<StateReport>[0], GatewayEvent>> = {
  state_reached: 'STATE_REACHED',
  state_lost: 'STATE_LOST',
  state_evicts: 'STATE_EVICTS',
  state_unseen: 'STATE_UNSEEN',
  state_emptied: 'STATE_EMPTIED',
  state_foreign: 'STATE_FOREIGN',
  state_loss_accepted: 'STATE_LOSS_ACCEPTED',
  state_clock_doubted: 'STATE_CLOCK_DOUBTED',
  state_clock_believed: 'STATE_CLOCK_BELIEVED',
};

/** The deployment's secret; without one set it is kept with the state, or holds for this process alone. */
export function secretOf({ secret, stateDir }: Config): Buffer {
  if (secret === undefined && stateDir === undefined) return randomBytes(32);
  return Buffer.from(secret ?? keptSecret(stateDir ?? ''), 'utf8');
}

/** The state that the settings ask for; what becomes of it goes to the log, and to the operators who ask the graph. */
export function openState(config: Config, secret: Buffer, log: Logger, changes: Changes): Promise<State> {
  return createState({
    redisUrl: config.redisUrl,
    folder: config.stateDir,
    secret,
    production: config.production,
    report(event, fields) {
      log[STATE_LEVELS[event]](event, fields);
      changes.note(STATE_EVENTS[event]);
    },
  });
}
