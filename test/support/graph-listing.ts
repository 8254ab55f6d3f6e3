import type { Script } from './fake-upstream.js';
import { cids, wirePin } from './graph-pins.js';

/** A pin of a service that shows whole seconds and compares by what it shows. */
export interface SecondPin {
  readonly requestid: string;
  /** Seconds since the epoch. */
  readonly second: number;
  readonly cid?: string;
  readonly status?: string;
}

/** `size` pins, `ties` of which share each second, oldest first. */
export function tiedPins(size: number, ties: number): SecondPin[] {
  const start = Date.UTC(2025, 2, 1) / 1_000;
  return Array.from({ length: size }, (_, index) => ({
    requestid: `p${String(index).padStart(3, '0')}`,
    second: start + Math.floor(index / ties),
  }));
}

/** Answers listings newest first, strict bounds, a count of all that match; and single pins. */
export function secondGranular(pins: readonly SecondPin[]): Script {
  const newestFirst = pins.toSorted((a, b) => b.second - a.second);
  const render = (pin: SecondPin) =>
    wirePin(pin.requestid, {
      status: pin.status ?? 'pinned',
      created: new Date(pin.second * 1_000).toISOString().replace('.000Z', '+00:00'),
      pin: { cid: pin.cid ?? cids.a },
    });
  return ({ path, query }) => {
    if (path !== '/pins') {
      const pin = pins.find((candidate) => candidate.requestid === decodeURIComponent(path.slice('/pins/'.length)));
      return pin ? { body: render(pin) } : { status: 404, body: { error: { reason: 'NOT_FOUND' } } };
    }
    const secondOf = (name: string) => Date.parse(query.get(name) ?? '') / 1_000;
    const wanted = query.get('cid')?.split(',');
    const matching = newestFirst.filter(
      (pin) =>
        (!query.has('before') || pin.second < secondOf('before')) &&
        (!query.has('after') || pin.second > secondOf('after')) &&
        (!wanted || wanted.includes(pin.cid ?? cids.a)) &&
        query
          .get('status')
          ?.split(',')
          .includes(pin.status ?? 'pinned'),
    );
    return { body: { count: matching.length, results: matching.slice(0, Number(query.get('limit'))).map(render) } };
  };
}
