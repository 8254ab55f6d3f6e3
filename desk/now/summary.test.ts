import { describe, expect, it } from 'vitest';
import type { Provider } from './providers.js';
import type { State } from './state.js';
import { stateTone, stateWord } from './state.js';
import { headlineOf } from './summary.js';

const pi: Provider = {
  __typename: 'ProviderHealth',
  name: 'pi',
  enabled: true,
  configured: true,
  circuit: 'CLOSED',
  standing: 'WELL',
  lastSuccessAt: null,
  lastFailureAt: null,
  lastFailure: null,
  latencyMs: null,
  budget: null,
};
const pinata: Provider = { ...pi, name: 'pinning:pinata', circuit: null, standing: null };
const off: Provider = { ...pinata, name: 'bitminter', configured: false };
const failing: Provider = { ...pi, name: 'mypit', standing: 'FAILING' };
const well: State = { kind: 'MEMORY', availability: 'AVAILABLE', doubt: null };
const forgets: State = { ...well, doubt: 'FORGETS' };
const lost: State = { ...well, availability: 'LOST' };

describe('the headline', () => {
  it.each([
    ['all is well', [pi, off], well, 'good', 'All is well.'],
    ['the state is not shown to this key', [pi], undefined, 'good', 'All is well.'],
    ['nothing is known', [pinata], 'unknown', 'plain', 'Not known yet: Pinning · pinata, the state store.'],
    ['one is not known', [pi, pinata], well, 'plain', 'Not known yet: Pinning · pinata.'],
    ['the state has not come', [pi], 'unknown', 'plain', 'Not known yet: the state store.'],
    [
      'one fails, one is not known',
      [failing, pinata],
      well,
      'bad',
      'MyPit is failing. Not known yet: Pinning · pinata.',
    ],
    ['the state forgets', [pi], forgets, 'wait', 'The state store is in doubt: payouts and badges wait.'],
    ['the state is lost', [pi], lost, 'bad', 'The state store cannot be reached.'],
    ['both', [failing], lost, 'bad', 'MyPit is failing, the state store cannot be reached.'],
    ['nothing can be asked', [off], well, 'plain', 'No upstream has a credential here.'],
  ] as const)('when %s', (_when, providers, state, tone, text) => {
    expect(headlineOf({ providers, state })).toEqual({ tone, text });
  });

  it('and the card of the state tell the same', () => {
    expect(
      [well, forgets, lost, { ...well, availability: 'STARTING' } as const].map((state) => [
        stateWord(state),
        stateTone(state),
      ]),
    ).toEqual([
      ['available', 'good'],
      ['in doubt', 'wait'],
      ['lost', 'bad'],
      ['starting', 'wait'],
    ]);
  });
});
