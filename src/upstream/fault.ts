import {
  UpstreamError,
  type BadResponseReason,
  type CredentialSource,
  type Delivery,
  type UpstreamErrorKind,
} from '../errors.js';

/** How an attempt can fail below the level of answers. */
export type FaultKind = Extract<
  UpstreamErrorKind,
  'unavailable' | 'timeout' | 'bad_response' | 'rejected' | 'rate_limited' | 'circuit_open' | 'overloaded'
>;

interface FaultExtras {
  readonly reason?: BadResponseReason;
  readonly status?: number;
  readonly detail?: string;
  readonly retryAfterMs?: number;
}

/** A failed attempt before it is known on whose behalf it was made; the client turns it into an UpstreamError. */
export class Fault {
  constructor(
    readonly kind: FaultKind,
    readonly delivery: Delivery,
    readonly extras: FaultExtras = {},
  ) {}

  /** The same failure with the names of the provider and its operation. */
  toError(provider: string, operation: string, credential: CredentialSource): UpstreamError {
    return new UpstreamError(this.kind, { provider, operation, credential, delivery: this.delivery, ...this.extras });
  }
}

/** A burst is over by then, and a caller that comes no sooner adds little to one that is not. */
const ROOM_AGAIN_MS = 1_000;

/** What others ask of this upstream takes the room that there is for it; not the upstream's own failure. */
export function noRoom(delivery: Delivery, extras: FaultExtras = {}): Fault {
  return new Fault('overloaded', delivery, { retryAfterMs: ROOM_AGAIN_MS, ...extras });
}

/** A certificate or handshake that was refused: trying again would only hide an attack or a mistake. */
export class TlsFault extends Fault {
  constructor(code: string) {
    super('unavailable', 'unsent', { detail: code });
  }
}

const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether nobody at all could have connected: what is then true of one call is true of every other. */
export function isUnreachable(thrown: unknown): thrown is Fault {
  return thrown instanceof TlsFault || (thrown instanceof Fault && unconnected.has(thrown.extras.detail ?? ''));
}

/** How far the exchange had come when it failed. */
export type Stage = 'waiting' | 'sent' | 'answering';

const tlsCode =
  /^(ERR_(TLS|SSL)_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_C|HOSTNAME_M|INVALID_[CP]|PATH_LENGTH_|EPROTO$)/;

/** What an error of the HTTP library or the socket means; the error itself goes no further. */
export function faultOf(error: unknown, stage: Stage, status: number | undefined): Fault {
  const code = codeOf(error);
  if (stage === 'waiting') {
    if (tlsCode.test(code)) return new TlsFault(code);
    // The request itself cannot be written (a forbidden character in a header): the upstream has no part in it.
    if (code === 'UND_ERR_INVALID_ARG') return new Fault('rejected', 'unsent', { detail: code });
    return new Fault('unavailable', 'unsent', { detail: code });
  }
  const extras = status === undefined ? { detail: code } : { detail: code, status };
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return new Fault('timeout', 'unclear', extras);
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return new Fault('bad_response', 'unclear', { ...extras, reason: 'too_large' });
  }
  if (stage === 'answering') return new Fault('bad_response', 'unclear', { ...extras, reason: 'truncated' });
  // The parser's errors have a code for some violations only.
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('HPE_') || code === 'HTTPParserError')
    return new Fault('bad_response', 'unclear', extras);
  return new Fault('unavailable', 'unclear', extras);
}

/** The machine-readable code of an error: the only part of it that is surely free of addresses and contents. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  // Several addresses of one host were tried and each failed.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error ? error.name : 'UNKNOWN';
}
