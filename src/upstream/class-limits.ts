import { callClasses, roomForWrites } from '../values/call-room.js';
import type { Room } from './bulkhead.js';
import { Gate } from './circuit-gate.js';
import type { Call, CallClass, CallScope, CircuitState, HttpSettings } from './http.js';
import { InFlight } from './in-flight.js';
import { Pauses } from './pauses.js';
import { RetryBudget } from './retry.js';

/**
 * For whom an upstream is called: with the server's own credential (or none), with one that a caller brought, or to find out
 * who a caller is. What comes with a credential that nobody has vouched for must not get in the way of what comes with ours.
 */
export { callClasses };

export function classOf(call: Pick<Call<unknown>, 'asksWho'>, scope: Pick<CallScope, 'credential'>): CallClass {
  if (call.asksWho === true) return 'identity';
  return scope.credential === 'caller' ? 'caller' : 'server';
}

/** All that bounds the calls of one class: none of it is shared with another. */
export interface ClassLimits {
  readonly name: CallClass;
  readonly gates: { readonly read: Gate; readonly write: Gate };
  readonly pauses: Pauses;
  readonly retryBudget: RetryBudget;
  readonly inFlight: InFlight;
}

/** What one caller may take of the room for calls with callers' own credentials. */
const MOST_OF_ONE = 0.5;
/** What all who are no operators may take together of the room for calls with the server's credentials. */
const MOST_OF_STRANGERS = 0.75;

function roomOf(name: CallClass, limit: number): Room {
  if (name !== 'server') return { limit, eachCaller: Math.ceil(limit * MOST_OF_ONE), strangers: limit };
  return { limit, eachCaller: limit, strangers: Math.max(1, Math.floor(limit * MOST_OF_STRANGERS)) };
}

export function createClassLimits(
  name: CallClass,
  settings: HttpSettings,
  onChange: (effect: 'read' | 'write', circuit: CircuitState['circuit']) => void,
): ClassLimits {
  const gate = (effect: 'read' | 'write', limit: number): Gate =>
    new Gate(settings, roomOf(name, limit), (circuit) => onChange(effect, circuit));
  const { upstreamConcurrency } = settings;
  return {
    name,
    gates: {
      read: gate('read', upstreamConcurrency),
      write: gate('write', roomForWrites(upstreamConcurrency)),
    },
    pauses: new Pauses(),
    retryBudget: new RetryBudget(),
    inFlight: new InFlight(),
  };
}
