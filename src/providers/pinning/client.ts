import { UpstreamError, type CallFacts } from '../../errors.js';
import type { Answer, CallScope, CircuitState, HttpClient, RateBudget } from '../../upstream/http.js';
import type { Logger } from '../../log.js';
import { cidKey } from '../../values/cid.js';
import type { MaybePromise } from '../../values/maybe-promise.js';
import { refusal, tellsError } from './errors.js';
import { listPath } from './listing/list-query.js';
import type { ListAnswer, ListRequest } from './listing/listing.js';
import type { Pin, PinInput } from './model.js';
import { pinPath } from './request-id.js';
import { callOf, CHANGES, type CallParts } from '../call.js';
import { badResponse } from '../reading.js';
import { understandJson } from './json.js';
import { isPlainListing, isPlainPin } from './plain.js';
import { parseListing, parsePin, toPinBody, type Reading } from './wire.js';

/** One pinning service on the wire: the five operations of the protocol, each a single call that is understood and checked. */
export interface PinningClient {
  /** The configured name of the service, such as `pinata`. */
  readonly service: string;
  /** As clients see it: `pinning:<service>`. */
  readonly provider: string;
  readonly baseUrl: string;
  /** Without a token it asks without a credential, which services refuse. */
  getPins(scope: CallScope, token: string | null, request: ListRequest): Promise<ListAnswer>;
  /** `marker` is stored with the pin as `gw_idem`. Never sent twice by itself. */
  addPin(scope: CallScope, token: string, input: PinInput, marker: string): Promise<Pin>;
  /** Rejects with `not_found` when there is none. */
  getPinByRequestId(scope: CallScope, token: string, requestId: string): Promise<Pin>;
  /** Null when the service confirmed it without saying which pin it made. Never sent twice by itself. */
  replacePinByRequestId(
    scope: CallScope,
    token: string,
    requestId: string,
    input: PinInput,
    marker: string,
  ): Promise<Pin | null>;
  /** Rejects with `not_found` when there is none (any more): whoever sends it again knows what that means. */
  deletePinByRequestId(scope: CallScope, token: string, requestId: string): Promise<void>;
  /** What the service's rate headers last said about listings with this credential. */
  listBudget(fingerprint: string): RateBudget | undefined;
  /** Until when, on the monotonic clock, this credential (with `list`: its listings) should not be used; 0 when free. */
  pausedUntil(fingerprint: string, lane?: 'list'): number;
  state(): CircuitState;
}

/** Listings have a budget of their own at some services. */
const LIST_LANE = 'list';
const READ_RETRIES = 2;
/** What a header can carry without being misread; anything else cannot be a token. */
const SENDABLE_TOKEN = /^[\x21-\x7e]+$/;

/** Speaks to one service through its HTTP client. */
export function createPinningClient(service: string, http: HttpClient, log: Logger): PinningClient {
  const send = <T>(scope: CallScope, token: string | null, call: OwnCall<T>): Promise<T> => {
    const facts: CallFacts = { provider: http.provider, operation: call.operation, credential: scope.credential };
    if (token !== null && !SENDABLE_TOKEN.test(token)) {
      return Promise.reject(new UpstreamError('unauthorized', { ...facts, delivery: 'unsent' }));
    }
    const reading: Reading = {
      facts,
      service,
      delivery: call.effect === 'write' ? 'unclear' : 'answered',
      odd: oddities(log, service),
    };
    return http.call<T>(
      callOf(
        call,
        token === null ? undefined : { authorization: `Bearer ${token}` },
        (answer) => call.understand(answer, reading),
        (answer) => refusal(answer, facts, call.makes === true ? 'making' : call.effect),
      ),
      scope,
    );
  };
  const seen = (pin: Pin): Pin => {
    if (pin.status === 'UNKNOWN') log.debug('pinning_unknown_status', { service });
    return pin;
  };
  return {
    service,
    provider: http.provider,
    baseUrl: http.baseUrl,
    getPins: (scope, token, request) =>
      send(scope, token, {
        operation: 'getPins',
        method: 'GET',
        path: listPath(request),
        effect: 'read',
        retries: READ_RETRIES,
        lane: LIST_LANE,
        understand: (answer, reading) => understandJson(answer, reading, parseListing, isPlainListing),
      }),
    getPinByRequestId: (scope, token, requestId) =>
      send(scope, token, {
        operation: 'getPinByRequestId',
        method: 'GET',
        path: pinPath(requestId),
        effect: 'read',
        retries: READ_RETRIES,
        subject: requestId,
        understand: (answer, reading) =>
          understandJson(
            answer,
            reading,
            (json) => {
              const pin = seen(parsePin(json, reading));
              if (pin.requestId !== requestId) throw badResponse(reading, 'identity_mismatch', 'requestid');
              return pin;
            },
            isPlainPin,
          ),
      }),
    addPin: (scope, token, input, marker) =>
      send(scope, token, {
        operation: 'addPin',
        method: 'POST',
        path: '/pins',
        body: toPinBody(input, marker),
        effect: 'write',
        makes: true,
        restsWith: CHANGES,
        retries: 0,
        // A socket that a server is about to close would leave the outcome unclear for nothing.
        freshSocket: true,
        subject: cidKey(input.cid),
        understand: (answer, reading) =>
          understandJson(answer, reading, (json) => seen(sameContent(parsePin(json, reading), input, reading))),
      }),
    replacePinByRequestId: (scope, token, requestId, input, marker) =>
      send(scope, token, {
        operation: 'replacePinByRequestId',
        method: 'POST',
        path: pinPath(requestId),
        body: toPinBody(input, marker),
        effect: 'write',
        makes: true,
        restsWith: CHANGES,
        retries: 0,
        freshSocket: true,
        subject: requestId,
        // The id changes by design, so only the content can be compared.
        understand: (answer, reading) =>
          answer.text.trim() === ''
            ? null
            : understandJson(answer, reading, (json) => seen(sameContent(parsePin(json, reading), input, reading))),
      }),
    deletePinByRequestId: (scope, token, requestId) =>
      send<void>(scope, token, {
        operation: 'deletePinByRequestId',
        method: 'DELETE',
        path: pinPath(requestId),
        effect: 'write',
        restsWith: CHANGES,
        retries: 0,
        subject: requestId,
        understand: confirmed,
      }),
    listBudget: (fingerprint) => http.budget(fingerprint, LIST_LANE),
    pausedUntil: (fingerprint, lane) => http.pausedUntil(fingerprint, lane),
    state: () => http.state(),
  };
}

/** A call before its errors and headers are known. */
interface OwnCall<T> extends CallParts<T> {
  /** A write that makes a pin. */
  readonly makes?: boolean;
  understand(answer: Answer, reading: Reading): MaybePromise<T>;
}

/** Each odd field of an answer is told once, though all its rows may have it. */
function oddities(log: Logger, service: string): NonNullable<Reading['odd']> {
  let told: Set<string> | undefined;
  return (path) => {
    told ??= new Set();
    if (told.has(path)) return;
    told.add(path);
    log.debug('pinning_odd_field', { service, path });
  };
}

/** Services confirm a removal with nothing, `OK` or `{}`; a page, or what tells of an error, confirms nothing. */
function confirmed({ text }: Answer, reading: Reading): void {
  if (text.trimStart().startsWith('<')) throw badResponse(reading, 'html');
  if (tellsError(text)) throw badResponse(reading, 'shape', 'error');
}

function sameContent(pin: Pin, input: PinInput, reading: Reading): Pin {
  if (cidKey(pin.cid) !== cidKey(input.cid)) throw badResponse(reading, 'identity_mismatch', 'pin.cid');
  return pin;
}
