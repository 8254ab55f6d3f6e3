import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { monotonicNow } from '../../src/values/clock.js';
import { UpstreamError } from '../../src/errors.js';
import { harness, otherRead, scope } from './support.js';
import { ScriptedDispatcher, type Fate } from './scripted-dispatcher.js';

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

const well: Fate = { status: 200, afterMs: 5 };
const down: Fate = { status: 502, afterMs: 5 };

/** An upstream in made-up time, and what was told of it. */
function start() {
  const told: string[] = [];
  let fate = well;
  const network = new ScriptedDispatcher(() => fate);
  const { client } = harness(
    'http://upstream.test',
    { upstreamTimeoutMs: 1_000 },
    { dispatcher: network, onStanding: (provider, standing) => void told.push(`${provider} ${standing}`) },
  );
  const ask = async (next: Fate, changes: Parameters<typeof scope>[0] = {}) => {
    fate = next;
    const asked = client
      .call(otherRead(), scope({ deadline: monotonicNow() + 5_000, ...changes }))
      .catch(() => undefined);
    await vi.advanceTimersByTimeAsync(2_000);
    await asked;
  };
  return { client, told, ask, standing: () => client.state().standing };
}

describe('an upstream that few ask', () => {
  test('is not asked yet, and well once it answered, be it to refuse', async () => {
    const { ask, standing, told } = start();
    expect(standing()).toBe('NOT_ASKED');
    await ask({ status: 404, afterMs: 5 });
    expect(standing()).toBe('WELL');
    await ask(well);
    expect([standing(), told]).toEqual(['WELL', []]);
  });

  test.each([
    ['502', down, 'unavailable'],
    ['nobody there', { unconnected: 'ENOTFOUND' }, 'unavailable'],
    ['silence', 'silence', 'timeout'],
    ['our credential refused', { status: 401, afterMs: 5 }, 'unauthorized'],
  ] as const)('is failing from the first failure on, with its circuit closed: %s', async (_name, fate, kind) => {
    const { client, ask, standing, told } = start();
    await ask(fate);
    expect(client.state()).toMatchObject({ circuit: 'CLOSED', standing: 'FAILING', lastSuccessAt: undefined });
    expect(client.state().lastFailure).toMatchObject({ kind, at: expect.any(Number) });
    expect(told).toEqual(['acme FAILING']);
    await ask(well);
    expect([standing(), told]).toEqual(['WELL', ['acme FAILING', 'acme WELL']]);
  });

  test('is failing when the last call failed, once its last good answer is ten seconds old', async () => {
    const { ask, standing } = start();
    await ask(well);
    await ask(down);
    expect(standing()).toBe('WELL');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(standing()).toBe('FAILING');
  });
});

test('one failure among many good answers tells nobody, three in a row do', async () => {
  const { ask, standing, told } = start();
  await ask(well);
  for (let round = 0; round < 5; round += 1) {
    await ask(down);
    await ask(well);
  }
  expect([standing(), told]).toEqual(['WELL', []]);
  for (let round = 0; round < 3; round += 1) await ask(down);
  expect([standing(), told]).toEqual(['FAILING', ['acme FAILING']]);
});

describe('what callers bring', () => {
  const theirs = { credential: 'caller', fingerprint: 'theirs' } as const;

  test('fails without a word on ours, but for a host that nobody can connect to', async () => {
    const { ask, standing } = start();
    await ask({ status: 401, afterMs: 5 }, theirs);
    await ask(down, theirs);
    expect(standing()).toBe('NOT_ASKED');
    await ask({ unconnected: 'ENOTFOUND' }, theirs);
    expect(standing()).toBe('FAILING');
    await ask(well, theirs);
    expect(standing()).toBe('WELL');
  });

  test('does not make ours good that is refused', async () => {
    const { ask, standing } = start();
    await ask({ status: 401, afterMs: 5 });
    await ask(well, theirs);
    expect(standing()).toBe('FAILING');
  });

  test('and what a stranger shaped is no failure for a 500', async () => {
    const { ask, standing } = start();
    await ask({ status: 500, afterMs: 5 }, { byStranger: true });
    expect(standing()).toBe('NOT_ASKED');
    await ask({ status: 500, afterMs: 5 });
    expect(standing()).toBe('FAILING');
  });
});

test('a client that leaves says nothing', async () => {
  const { client, standing } = start();
  const leave = new AbortController();
  const asked = client.call(otherRead(), scope({ signal: leave.signal })).catch((error: unknown) => error);
  leave.abort();
  await vi.advanceTimersByTimeAsync(100);
  expect(await asked).not.toBeInstanceOf(UpstreamError);
  expect(standing()).toBe('NOT_ASKED');
});
