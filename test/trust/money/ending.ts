import { expect } from 'vitest';
import type { End } from './documents.js';
import { type History, type Kind, operationOf } from './history.js';
import { resolve } from './take.js';
import { CLAIM_MS, QUARANTINE_MS, wait } from './world.js';

/** Ends of a key that took no effect and is not open either. */
const refused = ['CONFLICT', 'FORBIDDEN', 'BAD_USER_INPUT', 'UPSTREAM_AUTH_FAILED', 'NOT_FOUND'];

/** Everything works again: every key comes to the truth, and at last to an end. Returns how many were left to people. */
export async function end(history: History): Promise<number> {
  const { world } = history;
  world.away = false;
  await world.evict(false);
  world.upstreams.meet('ok', false);
  await world.accept();
  // So long a claim of a life that is over holds.
  await wait(CLAIM_MS);
  let left = 0;
  for (const [name, inputs] of history.tried) {
    const [kind, key] = name.split(' ') as [Kind, string];
    const told = await truth(history, kind, key, inputs);
    if (told.what === 'OUTCOME_UNKNOWN') left += await people(history, kind, key, inputs);
    history.check();
  }
  return left;
}

/** Asks with what the key stands for, whichever of its inputs that is. */
async function ask(history: History, kind: Kind, key: string, inputs: readonly object[]): Promise<End> {
  for (const input of inputs) {
    const end = await history.world.ask(0, operationOf[kind], input);
    history.hears(kind, key, input, end);
    if (end && end.what !== 'IDEMPOTENCY_KEY_REUSED') return end;
  }
  throw new Error(`${kind} ${key} stands for nothing that it was sent with`);
}

async function truth(history: History, kind: Kind, key: string, inputs: readonly object[]): Promise<End> {
  const before = history.effectsOf(kind, key);
  let told = await ask(history, kind, key, inputs);
  if (kind === 'pin' && told.what === 'OUTCOME_UNKNOWN') {
    // What two looks do not find may be sent again after a while.
    await wait(QUARANTINE_MS);
    told = await ask(history, kind, key, inputs);
    expect(told.what, `pin ${key}`).not.toBe('OUTCOME_UNKNOWN');
  }
  const name = `${kind} ${key}: ${JSON.stringify(told)}`;
  // What the store held before it was lost is promised by nobody.
  if (history.world.epoch > 0) return told;
  if (history.closed.has(`${kind} ${key}`)) expect(told.what, name).toBe('CONFLICT');
  else if (before.length === 0)
    expect(
      [...refused, 'OUTCOME_UNKNOWN', 'IssueBadgePayload', 'AddPinPayload', 'CreatePaymentPayload'],
      name,
    ).toContain(told.what);
  else if (kind === 'badge') badgesAsTold(history, key, told, name);
  else if (told.what === 'OUTCOME_UNKNOWN') expect(history.behindItsBack, name).toContain(before[0]?.id);
  else expect(told.payment?.paymentId ?? told.pin?.requestId, name).toBe(before[0]?.id);
  return told;
}

/** Whoever is said to have a badge has it; where MyPit hides what it was issued with, one may stay unknown. */
function badgesAsTold(history: History, key: string, told: End, name: string): void {
  const issued = new Map(history.effectsOf('badge', key).map((effect) => [effect.key.split(' ')[1], effect.id]));
  const hidden = !history.world.upstreams.showsData;
  if (told.what === 'OUTCOME_UNKNOWN') return expect(hidden, name).toBe(true);
  expect(told.what, name).toBe('IssueBadgePayload');
  for (const { recipientId, outcome, badgeId } of told.results ?? []) {
    const id = issued.get(recipientId);
    if (outcome === 'ISSUED') expect([id, null], name).toContain(badgeId);
    if (outcome === 'ISSUED') expect(id, name).toBeDefined();
    else expect(id === undefined || (hidden && outcome === 'UNKNOWN'), name).toBe(true);
  }
}

/** What stays unknown is in the list of what is open, and people end it: closed where it took effect, else sent once more. */
async function people(history: History, kind: Kind, key: string, inputs: readonly object[]): Promise<number> {
  const open = await history.world.query<{ openWrites: { nodes: { operation: string; state: string }[] } }>(
    0,
    '{ openWrites(first: 100) { nodes { operation state } } }',
  );
  const operation = operationOf[kind];
  // Another one whose process died before it was sent may stand there, too.
  const listed = open?.openWrites.nodes.filter((write) => write.operation === operation && write.state !== 'INTENT');
  expect(listed?.length, `${kind} ${key} is listed`).toBeGreaterThan(0);
  expect((await resolve(history, kind, key))?.what).toBe('ResolveOpenWritePayload');
  const told = await ask(history, kind, key, inputs);
  if (history.closed.has(`${kind} ${key}`)) expect(told.what).toBe('CONFLICT');
  else expect(told.what, `${kind} ${key} after people freed it`).not.toBe('OUTCOME_UNKNOWN');
  return 1;
}
