import type { ConflictReason, ErrorCode } from './generated/graphql.js';
import type { Fault } from './graph.js';

/** What happened, and what to do about it. */
export interface Advice {
  readonly said: string;
  readonly next: string;
}

const again = 'Try again in a moment.';
const tellUs = 'Look into the log of the gateway for this time.';

/** Every code of the graph, and none at all, in words for people. */
const codes: Record<Fault['code'], Advice> = {
  AUTH_PROVIDER_UNAVAILABLE: { said: 'Who you are could not be checked right now.', next: again },
  BAD_USER_INPUT: { said: 'Something that you typed cannot be used.', next: 'Correct it as the message says.' },
  CIRCUIT_OPEN: {
    said: 'The upstream has been failing, so calls to it are paused.',
    next: 'Wait some seconds; “Now” shows when it is back.',
  },
  CONFLICT: { said: 'Its state does not allow this.', next: 'Look at it again: somebody may have been quicker.' },
  CURSOR_EXPIRED: { said: 'The upstream no longer knows this place in its list.', next: 'Load the list anew.' },
  FORBIDDEN: { said: 'Your key lacks the right for this.', next: 'Ask whoever keeps GATEWAY_KEYS for the scope.' },
  GRAPHQL_PARSE_FAILED: { said: 'This page and the gateway do not fit each other.', next: 'Reload the page.' },
  GRAPHQL_VALIDATION_FAILED: { said: 'This page and the gateway do not fit each other.', next: 'Reload the page.' },
  IDEMPOTENCY_IN_PROGRESS: { said: 'The same change is still under way.', next: again },
  IDEMPOTENCY_KEY_REUSED: {
    said: 'This batch was used with other data for the same row.',
    next: 'Put the old data back, or begin a new batch if the row was never issued.',
  },
  IDEMPOTENCY_QUOTA_EXCEEDED: {
    said: 'Your key holds as many open changes as one caller may. Nothing was sent.',
    next: 'Wait until older ones are forgotten.',
  },
  IDEMPOTENCY_STORE_UNAVAILABLE: {
    said: 'The state store is away, so nothing was sent.',
    next: '“Now” says what is wrong with it.',
  },
  INSUFFICIENT_FUNDS: { said: 'The account at the upstream cannot pay for this.', next: 'Top it up, then try again.' },
  INTERNAL_SERVER_ERROR: { said: 'Something went wrong in the gateway.', next: tellUs },
  LOOKUP_LIMIT: { said: 'The search ended at its limit before the answer was known.', next: 'Narrow it down.' },
  NOT_FOUND: { said: 'It is not there, or no longer.', next: 'Look at the list again: somebody may have removed it.' },
  OUTCOME_UNKNOWN: {
    said: 'It may or may not have happened.',
    next: 'Do it once more: the same change is looked for, and never made twice.',
  },
  OVERLOADED: { said: 'The gateway has too much to do.', next: again },
  PERSISTED_QUERY_NOT_FOUND: { said: 'The gateway has another version of this page.', next: 'Reload the page.' },
  PROVIDER_DISABLED: {
    said: 'This upstream is off here, or has no credential of its own.',
    next: 'Set its credential, and start the gateway again.',
  },
  RATE_LIMITED: { said: 'The upstream asks for a slower pace.', next: again },
  SUBSCRIPTION_INTERRUPTED: { said: 'The live view was cut.', next: 'Reload the page.' },
  SUBSCRIPTION_LIMIT: { said: 'Too many live views are open.', next: 'Close other tabs of the desk.' },
  TOO_MANY_REQUESTS: { said: 'Your key has used up its share of the gateway.', next: again },
  UNAUTHENTICATED: { said: 'The gateway does not know your key any more.', next: 'Leave the desk and sign in anew.' },
  UPSTREAM_AUTH_FAILED: {
    said: 'The upstream refused the credential of this gateway.',
    next: 'Check the credential in the settings.',
  },
  UPSTREAM_INVALID_RESPONSE: { said: 'The upstream sent an answer that cannot be used.', next: tellUs },
  UPSTREAM_TIMEOUT: { said: 'The upstream did not answer in time.', next: again },
  UPSTREAM_UNAVAILABLE: { said: 'The upstream cannot be reached or is failing.', next: again },
  NO_ANSWER: { said: 'The gateway did not answer.', next: 'Check the connection, then try again.' },
};

/** What stands in the way of a change, in words for people. */
const conflicts: Record<ConflictReason, Advice> = {
  CANCELLED: { said: 'It was cancelled before.', next: 'Nothing is left to do: do not deliver.' },
  CHANGED_MEANWHILE: { said: 'It was changed meanwhile.', next: 'Look at what it is now, then decide anew.' },
  COMPLETED_BY_ANOTHER_TRANSACTION: {
    said: 'It was completed by another transaction than the one named.',
    next: 'Compare both transactions on the ledger: somebody may have paid twice.',
  },
  DUPLICATE: { said: 'The same was done before.', next: 'Nothing is left to do.' },
  HAS_TRANSACTION: {
    said: 'There is a transaction for it: the user has paid.',
    next: 'Settle it: that completes a payment whose transaction matches. Do not cancel.',
  },
  NOT_AS_EXPECTED: {
    said: 'It is no longer what you confirmed. Nothing was sent.',
    next: 'Read the payment again; if its amount or person surprises you, ask the shop.',
  },
  OTHER_NETWORK: {
    said: 'It is on another network than this gateway is for.',
    next: 'Use the gateway of that network (PI_NETWORK).',
  },
  PAYOUT_OPEN: {
    said: 'Another payout of the app is open.',
    next: 'Complete or cancel that one first, then ask with a new key.',
  },
  REFUSED_UPSTREAM: {
    said: 'The upstream refuses.',
    next: 'Its own words stand below. Sending the same again does not help before they are heeded.',
  },
  WRONG_DIRECTION: {
    said: 'It goes from the app to the user.',
    next: 'Finish it where payouts are made: only the app’s wallet can pay it.',
  },
};

/** What a refusal says, of a union or of an error alike. */
export interface Refused {
  readonly code: Fault['code'];
  readonly reason?: ConflictReason;
}

export function adviceFor({ code, reason }: Refused): Advice {
  return reason === undefined ? codes[code as ErrorCode] : conflicts[reason];
}

/** One line for places that have no room for more. */
export function sentenceOf(refused: Refused): string {
  const { said, next } = adviceFor(refused);
  return `${said} ${next}`;
}
