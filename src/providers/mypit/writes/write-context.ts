import type { CallFacts, UpstreamError } from '../../../errors.js';
import type { Logger } from '../../../log.js';
import { badResponse } from '../../reading.js';
import type { MyPitCaller, MyPitClient } from '../client.js';
import type { ListSizes } from '../listing/list-sizes.js';
import type { FormerStates } from './former-states.js';
import type { IssueMemory } from './issue-memory.js';
import type { MadeObjects } from './made-objects.js';
import { aftermathScope, sendScope } from '../../write-scope.js';

/** What a write is done with. Times are in milliseconds. */
export interface WriteContext {
  readonly client: MyPitClient;
  /** The operation's. Its scope bounds what is read before anything is sent, and nothing after that. */
  readonly caller: MyPitCaller;
  readonly readbackDelayMs: number;
  readonly upstreamTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly log: Logger;
  readonly made: MadeObjects;
  readonly former: FormerStates;
}

/** What issuing needs beyond what every write needs. */
export interface IssueContext extends WriteContext {
  readonly memory: IssueMemory;
  readonly sizes: ListSizes;
  /** True once the gateway is shutting down: no further batch is begun. */
  stopping(): boolean;
}

/** Clocks differ: an object older than the first sending by more than this was not made by it. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** What errors made by a write itself have in common with those of its calls. */
export function factsOf({ client, caller }: WriteContext, operation: string): CallFacts {
  return { provider: client.provider, operation, credential: caller.scope.credential };
}

/** The answer to a making names an object that is not the one asked for: what became of that nobody knows. */
export function anotherObject(context: WriteContext, operation: string): UpstreamError {
  return badResponse({ facts: factsOf(context, operation), delivery: 'unclear' }, 'identity_mismatch');
}

/** For the sending itself. */
export function sendCaller({ caller, writeTimeoutMs }: WriteContext): MyPitCaller {
  return { ...caller, scope: sendScope(caller.scope, writeTimeoutMs) };
}

/** For what follows a sending. */
export function aftermathCaller(
  { caller, upstreamTimeoutMs }: WriteContext,
  timeoutMs = upstreamTimeoutMs,
): MyPitCaller {
  return { ...caller, scope: aftermathScope(caller.scope, timeoutMs) };
}
