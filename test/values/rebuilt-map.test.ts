import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { RebuiltMap } from '../../src/values/rebuilt-map.js';
import { exposeCollector } from '../support/gc.js';

const collector = exposeCollector();
const LIVE = 40;
const OPERATIONS = 1_000;

/** Sets and deletes like operations that come and go, forty at a time, each with a kilobyte of its own. */
function comeAndGo(map: Pick<RebuiltMap<object>, 'set' | 'delete'>, from: number, count: number): void {
  for (let index = from; index < from + count; index += 1) {
    map.set(`operation ${index}`, { bytes: Array.from({ length: 128 }, () => index) });
    map.delete(`operation ${index - LIVE}`);
    if (index % 500 === 0) collector.minor();
  }
}

it('does not keep what has left it, however old the map is', () => {
  const map = new RebuiltMap<object>();
  comeAndGo(map, 0, OPERATIONS);
  for (let times = 0; times < 3; times += 1) collector.minor();
  collector.major();
  const before = collector.oldBytes();
  comeAndGo(map, OPERATIONS, 20 * OPERATIONS);
  const bytesPerOperation = (collector.oldBytes() - before) / (20 * OPERATIONS);
  // A plain map keeps what was in it when it made room: more than 500 bytes of each.
  expect(bytesPerOperation).toBeLessThan(60);
});

it('is a map', () => {
  const key = fc.integer({ min: 0, max: 150 }).map(String);
  const step = fc.oneof(fc.record({ set: key, value: fc.integer() }), fc.record({ delete: key }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
      const map = new RebuiltMap<number>();
      const model = new Map<string, number>();
      for (const one of steps) {
        if ('set' in one) {
          map.set(one.set, one.value);
          model.set(one.set, one.value);
        } else {
          map.delete(one.delete);
          model.delete(one.delete);
        }
        const touched = 'set' in one ? one.set : one.delete;
        expect(map.get(touched)).toBe(model.get(touched));
      }
      for (let index = 0; index <= 150; index += 1) expect(map.get(String(index))).toBe(model.get(String(index)));
    }),
  );
});
