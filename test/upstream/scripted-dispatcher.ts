import { Dispatcher } from 'undici';

/** What becomes of one request: an answer, a connection that breaks, none to be had (a code such as ENOTFOUND), or nothing ever. */
export type Fate =
  | { readonly status: number; readonly afterMs: number }
  | { readonly resetAfterMs: number }
  | { readonly unconnected: string }
  | 'silence';

/** A request as it went out. */
export interface Departure {
  readonly at: number;
  readonly path: string;
}

/** Stands in for the network where time is made up: keeps when each request went out, and answers as the script says. */
export class ScriptedDispatcher extends Dispatcher {
  readonly departures: Departure[] = [];

  constructor(public fate: (path: string) => Fate) {
    super();
  }

  override dispatch({ path }: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.departures.push({ at: Date.now(), path });
    const controller: Dispatcher.DispatchController = {
      aborted: false,
      paused: false,
      reason: null,
      rawHeaders: null,
      rawTrailers: null,
      abort() {},
      pause() {},
      resume() {},
    };
    const fate = this.fate(path);
    if (typeof fate === 'object' && 'unconnected' in fate) {
      const error = Object.assign(new Error('not connected'), { code: fate.unconnected });
      setTimeout(() => handler.onResponseError?.(controller, error), 1);
      return true;
    }
    handler.onRequestStart?.(controller, {});
    if (fate === 'silence') return true;
    if ('status' in fate) {
      setTimeout(() => {
        handler.onResponseStart?.(controller, fate.status, {});
        handler.onResponseData?.(controller, Buffer.from('{}'));
        handler.onResponseEnd?.(controller, {});
      }, fate.afterMs);
    } else
      setTimeout(
        () => handler.onResponseError?.(controller, Object.assign(new Error('reset'), { code: 'ECONNRESET' })),
        fate.resetAfterMs,
      );
    return true;
  }
}

/** Numbers in [0, 1) that are the same each time. */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
