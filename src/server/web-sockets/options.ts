import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { AddressReader } from '../http/address.js';
import type { Places } from '../../values/places.js';
import type { OriginCheck } from '../http/origins.js';
import type { Refusals } from '../http/refusals.js';
import type { Lifecycle } from '../http/readiness.js';
import type { Pipeline } from '../operation/pipeline.js';
import type { ServerTimings, WebSocketLimits } from '../options.js';
import type { Overload } from '../overload/overload.js';

export interface WebSocketOptions {
  readonly pipeline: Pipeline;
  readonly timings: ServerTimings;
  readonly limits: WebSocketLimits;
  readonly maxPayloadBytes: number;
  readonly overload: Pick<Overload, 'enter' | 'turnAway'>;
  readonly lifecycle: Lifecycle;
  readonly addressOf: AddressReader;
  readonly places: Places;
  readonly refuse: Refusals['socket'];
  readonly mayConnect: OriginCheck;
}

/** The open WebSockets. */
export interface OpenWebSockets {
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Closes every socket with 1012: at once, or after its running queries and mutations. */
  drain(): void;
  /** Cuts what is still open. */
  terminate(): void;
}
