import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { operatorHeaders } from '../support/create-test-app.js';
import { closeAfterEach, wirePin } from '../support/graph-pins.js';
import { spentOn } from '../support/spent-on.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../trust/support.js';

closeAfterEach();

/** How long the upstream takes. */
const SLOW_MS = 800;

let world: World;
let closed = 0;
beforeEach(async () => {
  closed = 0;
  world = await startWorld();
  world.acme.answer(async (_request, response) => {
    response.once('close', () => void (closed += response.writableFinished ? 0 : 1));
    await Promise.race([sleep(SLOW_MS), once(response, 'close')]);
    return response.destroyed ? undefined : { body: wirePin('a') };
  });
});

/** Asks for the pin until it is given up. */
function ask(query: string, leavesAfter?: number): Promise<unknown> {
  const signal = leavesAfter === undefined ? undefined : AbortSignal.timeout(leavesAfter);
  return world.ask(query, {}, operatorHeaders, signal).catch(() => 'left');
}

it.each<[string, (index: number) => string]>([
  ['an equal query', () => '{ pin(requestId: "a") { status } }'],
  ['other fields of the same pin', (index) => `{ pin(requestId: "a") { status n${index}: name } }`],
])('who stays waits for one read, whoever leaves before: %s', async (_what, query) => {
  const leaving = [0, 1, 2, 3, 4, 5, 6].map((index) => async () => {
    await sleep(index * 5 + (index > 0 ? 10 : 0));
    return ask(query(index), 100 + 80 * index);
  });
  const left = Promise.all(leaving.map((leave) => leave()));
  await sleep(10);
  const { value, ms } = await spentOn(() => ask(query(7)));
  expect(value).toMatchObject({ data: { pin: expect.anything() } });
  expect(ms).toBeLessThan(SLOW_MS * 1.5);
  expect(await left).toEqual(Array.from(leaving, () => 'left'));
  expect([world.acme.requests.length, closed]).toEqual([1, 0]);
});

it('the upstream is not kept at it for nobody', async () => {
  const query = '{ pin(requestId: "a") { status } }';
  const other = '{ pin(requestId: "a") { name } }';
  const left = Promise.all([ask(query, 150), ask(query, 50), ask(other, 100)]);
  await until(() => world.acme.requests.length === 1);
  expect(await left).toEqual(['left', 'left', 'left']);
  await until(() => closed === 1);
  expect(world.acme.requests).toHaveLength(1);
});
