import { expect, it } from 'vitest';
import { Absences } from '../../src/values/absences.js';

/** Looks at these seconds; which of them say that the object is gone. */
function goneAt(...looks: readonly (number | `found ${number}`)[]): (number | string)[] {
  let now = 0;
  const absences = new Absences(() => now);
  return looks.filter((look) => {
    now = Number(String(look).replace('found ', '')) * 1_000;
    if (typeof look === 'number') return absences.missing('p1');
    absences.found('p1');
    return false;
  });
}

it('needs three looks over ten seconds', () => {
  expect(goneAt(0, 2, 4, 6, 8, 10)).toEqual([10]);
  expect(goneAt(0, 60)).toEqual([]);
  expect(goneAt(0, 60, 61)).toEqual([61]);
  expect(goneAt(0, 1, 2, 9.9)).toEqual([]);
});

it('begins anew when the object is found, or was called gone', () => {
  expect(goneAt(0, 5, 'found 6', 11, 12, 20, 22)).toEqual([22]);
  expect(goneAt(0, 5, 10, 11, 12)).toEqual([10]);
});

it('counts each object by itself', () => {
  let now = 0;
  const absences = new Absences(() => now);
  for (now of [0, 5_000]) absences.missing('a');
  now = 10_000;
  expect([absences.missing('b'), absences.missing('a')]).toEqual([false, true]);
});
