import { isUtf8 } from 'node:buffer';
import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { LONGEST_REFUSAL } from '../values/answer-bounds.js';
import { Pieces } from '../values/pieces.js';
import { unwatchDeparture, watchDeparture, type Departing, type Presence } from '../values/departure.js';
import type { ReceivedAnswer } from './http.js';
import type { Holding } from './answer-room.js';
import { Fault, faultOf, type Stage } from './fault.js';
import { pieceOf } from './piece.js';
import { speaksByStatus } from './refusal.js';
import { asText, wireAnswer, type Headers } from './wire-answers.js';

/** What bounds one attempt. */
export interface AttemptLimits {
  /** Milliseconds from now to the last byte of the body, queueing and connecting included. */
  readonly timeoutMs: number;
  /** Asked at the end of that time: milliseconds for which it may go on; none, or left out, is the end. */
  readonly putOff?: (() => number) | undefined;
  /** Cap on the body in bytes, as sent and as decoded; that of a refusal is smaller. */
  readonly maxBytes: number;
  /** Ends the attempt at once and rejects with its reason; left out for writes. */
  readonly signal?: Presence | undefined;
  /** What its answer takes of the room for long ones; left out for writes, whose end must be known. */
  readonly holding?: Holding | undefined;
}

/** Makes one request and reads its whole answer; rejects with a Fault, or with the reason of the signal. */
export function attempt(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  limits: AttemptLimits,
): Promise<ReceivedAnswer> {
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(limits, resolve, reject);
    if (exchange.start()) dispatcher.dispatch(options, exchange);
  });
}

/**
 * One request on the wire. It speaks the dispatcher's own protocol instead of reading a stream, because only this tells
 * exactly whether a request was written (`onRequestStart`), and because it costs less.
 */
class Exchange implements Dispatcher.DispatchHandler, Departing {
  private controller: Dispatcher.DispatchController | undefined;
  private stage: Stage = 'waiting';
  private settled = false;
  private timer: NodeJS.Timeout | undefined;
  private status: number | undefined;
  private headers: Headers = {};
  private gzipped = false;
  private body: Pieces | undefined;

  constructor(
    private readonly limits: AttemptLimits,
    private readonly resolve: (answer: ReceivedAnswer) => void,
    private readonly reject: (cause: unknown) => void,
  ) {}

  /** False when the caller has left already. */
  start(): boolean {
    const { signal, timeoutMs, holding } = this.limits;
    if (signal?.aborted) {
      this.reject(signal.reason);
      return false;
    }
    if (signal) watchDeparture(signal, this);
    if (holding) holding.keeper = this;
    this.timer = setTimeout(expire, timeoutMs, this);
    return true;
  }

  depart(reason: unknown): void {
    this.stop(reason);
  }

  expire(): void {
    const more = this.limits.putOff?.() ?? 0;
    if (more > 0) {
      this.timer = setTimeout(expire, more, this);
      return;
    }
    this.end(new Fault('timeout', this.stage === 'waiting' ? 'unsent' : 'unclear', { detail: 'attempt deadline' }));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Settled while it waited for a socket, or about to be written a second time: nothing is to be sent.
    if (this.settled || this.controller) {
      controller.abort(stopped);
      return;
    }
    this.controller = controller;
    this.stage = 'sent';
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.settled) return;
    this.stage = 'answering';
    this.status = status;
    if (status < 400 && status >= 300) return this.refuse('redirect');
    this.headers = headers;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && !this.understands(asText(encoding))) return this.refuse('encoding');
    if (Number(headers['content-length']) > this.mostBytes) this.tooLarge();
  }

  onRequestUpgrade(): void {
    this.refuse(undefined);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled) return;
    const body = (this.body ??= new Pieces(this.mostBytes));
    if (body.take(chunk)) this.isRoomFor(body.size);
    else this.tooLarge();
  }

  onResponseEnd(): void {
    if (this.settled) return;
    const body = this.body?.whole();
    if (!body || !this.gzipped) return this.succeed(body);
    const { mostBytes } = this;
    const chunkSize = pieceOf(body, mostBytes);
    if (!this.isRoomFor(body.length + chunkSize)) return;
    // The library stops as soon as the cap is passed, so a bomb costs no more than the cap.
    gunzip(body, { maxOutputLength: mostBytes, chunkSize }, (error, decoded) => {
      if (this.settled) return;
      if (!error) return void (this.isRoomFor(decoded.length) && this.succeed(decoded));
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ERR_BUFFER_TOO_LARGE') this.tooLarge();
      else this.refuse(code === 'Z_BUF_ERROR' ? 'truncated' : 'encoding');
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.end(faultOf(error, this.stage, this.status));
  }

  /** Takes so much of the room for long answers; false when there is none, and the attempt has ended. */
  private isRoomFor(bytes: number): boolean {
    this.limits.holding?.hold(bytes);
    return !this.settled;
  }

  /** Of what is no success, the longest refusal: more would be fetched and made into text for nothing. */
  private get mostBytes(): number {
    const { maxBytes } = this.limits;
    return this.isSuccess ? maxBytes : Math.min(maxBytes, LONGEST_REFUSAL);
  }

  private get isSuccess(): boolean {
    return this.status !== undefined && this.status < 300;
  }

  /** The rest is not waited for. What is no success is an answer all the same, of which nothing is known but its status. */
  private tooLarge(): void {
    if (this.isSuccess) return this.refuse('too_large');
    this.answer(undefined, true);
    this.controller?.abort(stopped);
  }

  private understands(encoding: string): boolean {
    const names = encoding
      .toLowerCase()
      .split(',')
      .map((name) => name.trim());
    const codings = names.filter((name) => !NO_ENCODING.has(name));
    this.gzipped = codings[0] === 'gzip' || codings[0] === 'x-gzip';
    return codings.length === 0 || (codings.length === 1 && this.gzipped);
  }

  private refuse(reason: 'redirect' | 'encoding' | 'too_large' | 'truncated' | undefined): void {
    this.end(
      new Fault('bad_response', 'unclear', {
        ...(reason && { reason }),
        ...(this.status !== undefined && { status: this.status }),
      }),
    );
  }

  /** No body can be had. Where the status says everything, that is an answer all the same, of an empty body. */
  private end(fault: Fault): void {
    if (this.settled) return;
    if (this.status !== undefined && speaksByStatus(this.status)) this.answer(undefined);
    else this.fail(fault);
    this.controller?.abort(stopped);
  }

  /** Rejects first and then destroys the socket, whose own complaint comes too late to be heard. */
  private stop(cause: unknown): void {
    if (this.settled) return;
    this.fail(cause);
    this.controller?.abort(stopped);
  }

  private fail(cause: unknown): void {
    this.settle();
    this.reject(cause);
  }

  private succeed(body: Buffer | undefined): void {
    // Read as UTF-8 other bytes would become U+FFFD, all of them the same: a key or an id would be another's.
    if (body && !isUtf8(body)) return this.refuse('encoding');
    this.answer(body);
  }

  private answer(body: Buffer | undefined, tooLong = false): void {
    this.settle();
    this.resolve(wireAnswer(this.status ?? 0, this.headers, body, tooLong));
  }

  private settle(): void {
    this.settled = true;
    clearTimeout(this.timer);
    const { signal, holding } = this.limits;
    if (signal) unwatchDeparture(signal, this);
    if (holding) holding.keeper = undefined;
    this.body = undefined;
  }
}

/** Names under which servers say that a body is as it is; the last two name what it never is, a charset. */
const NO_ENCODING: ReadonlySet<string> = new Set(['', 'identity', 'none', 'utf-8', 'utf8']);

const stopped = new Error('attempt stopped');

function expire(exchange: Exchange): void {
  exchange.expire();
}
