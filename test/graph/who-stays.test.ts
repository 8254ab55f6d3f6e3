import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { operatorHeaders } from '../support/create-test-app.js';
import { closeAfterEach, createGate, wirePin } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../trust/support.js';

closeAfterEach();

/** In which all who ask have surely arrived. */
const ARRIVED_MS = 700;

let world: World;
let gate: ReturnType<typeof createGate>;
let closed = 0;
beforeEach(async () => {
  closed = 0;
  gate = createGate();
  world = await startWorld();
  world.acme.answer(async (_request, response) => {
    response.once('close', () => void (closed += response.writableFinished ? 0 : 1));
    await gate.opened;
    return response.destroyed ? undefined : { body: wirePin('a') };
  });
});

/** Asks for the pin until it is given up. */
function ask(query: string, leaving?: AbortController): Promise<unknown> {
  return world.ask(query, {}, operatorHeaders, leaving?.signal).catch(() => 'left');
}

it.each<[string, (index: number) => string]>([
  ['an equal query', () => '{ pin(requestId: "a") { status } }'],
  ['other fields of the same pin', (index) => `{ pin(requestId: "a") { status n${index}: name } }`],
])('who stays gets what the first one asked for, whoever leaves before: %s', async (_what, query) => {
  const leaving = Array.from({ length: 7 }, () => new AbortController());
  const left = leaving.slice(0, 1).map((one) => ask(query(0), one));
  await until(() => world.acme.requests.length === 1);
  const stays = ask(query(7));
  left.push(...leaving.slice(1).map((one, index) => ask(query(index + 1), one)));
  await sleep(ARRIVED_MS);
  for (const one of leaving) {
    one.abort();
    await sleep(20);
  }
  expect(await Promise.all(left)).toEqual(leaving.map(() => 'left'));
  expect([world.acme.requests.length, closed]).toEqual([1, 0]);
  gate.open();
  expect(await stays).toMatchObject({ data: { pin: expect.anything() } });
  expect([world.acme.requests.length, closed]).toEqual([1, 0]);
});

it('the upstream is not kept at it for nobody', async () => {
  const leaving = Array.from({ length: 3 }, () => new AbortController());
  const queries = ['{ pin(requestId: "a") { status } }', '{ pin(requestId: "a") { name } }'];
  const left = leaving.map((one, index) => ask(queries[index % 2] ?? '', one));
  await sleep(ARRIVED_MS);
  expect(world.acme.requests).toHaveLength(1);
  for (const one of leaving) one.abort();
  expect(await Promise.all(left)).toEqual(['left', 'left', 'left']);
  await until(() => closed === 1);
  expect(world.acme.requests).toHaveLength(1);
});
