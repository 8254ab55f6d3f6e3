import { describe, expect, it } from 'vitest';
import { closeAfterAll } from '../support/graph-pins.js';
import { refusals, unclear, type Fault } from './faults.js';
import { startFaultySandbox, type FaultySandbox, type Trouble } from './faulty-sandbox.js';
import { additions, changeNames as names, flags, inputsFor, type ChangeName, type Input } from './sandbox-changes.js';
import { uncoded } from './support.js';

closeAfterAll();

type Name = ChangeName;

/** The upstream's path of each write, as far as it tells it from the others. */
const paths: Record<Name, (input: Input) => string> = {
  approvePayment: () => '/approve',
  completePayment: () => '/complete',
  cancelPayment: () => '/cancel',
  createPayment: () => '/v2/payments',
  addPin: () => '/pins',
  replacePin: ({ requestId }) => `/pins/${String(requestId)}`,
  removePin: ({ requestId }) => `/pins/${String(requestId)}`,
  createBadgeTemplate: () => '/createBadgeTemplate',
  updateBadgeTemplate: () => '/updateBadgeTemplate',
  deleteBadgeTemplate: () => '/deleteBadgeTemplate',
  createHolder: () => '/createHolder',
  updateHolder: () => '/updateHolder',
  deleteHolder: () => '/deleteHolder',
  issueBadge: () => '/issueBadge',
};

interface End {
  /** The member of the union, or the code of the error. */
  readonly end: unknown;
  readonly result: {
    readonly upstreamCode?: string | null;
    readonly idempotencyKey?: string | null;
    readonly results?: { readonly outcome: string }[];
  } | null;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
  /** Sendings of this change, and how many were carried out. */
  readonly sent: number;
  readonly done: number;
}

/** Makes all changes at once, each of which meets the trouble. */
async function changeAll(
  trouble: Trouble,
  which: readonly Name[] = names,
): Promise<{
  readonly world: FaultySandbox;
  readonly ends: Readonly<Record<string, End>>;
  readonly inputs: Record<Name, Input>;
}> {
  const world = await startFaultySandbox(trouble.fault.slow ? { WRITE_TIMEOUT_MS: '6000' } : {});
  const inputs = await inputsFor(world);
  world.trouble = trouble;
  const ends = await Promise.all(
    which.map(async (name): Promise<[Name, End]> => [name, await change(world, name, inputs[name])]),
  );
  return { world, ends: Object.fromEntries(ends), inputs };
}

async function change(world: FaultySandbox, name: Name, input: Input): Promise<End> {
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const answer = await world.ask<{ result: ({ __typename: string } & NonNullable<End['result']>) | null }>(
    `mutation ($input: ${title}Input!) { result: ${name}(input: $input) { __typename ... on UserError { ` +
      'code message upstreamCode } ... on OutcomeUnknownError { idempotencyKey } ' +
      `${name === 'issueBadge' ? '... on IssueBadgePayload { results { outcome } }' : ''} } }`,
    { input },
    world.operator,
  );
  expect(uncoded(answer)).toEqual([]);
  expect(JSON.stringify(answer)).not.toMatch(/app\.js|elsewhere\.example|127\.0\.0\.1/);
  const own = world.writes.filter(
    ({ path, method }) =>
      (path === paths[name](input) || path.endsWith(paths[name](input))) &&
      (path !== '/pins' || name === 'addPin') &&
      (name !== 'removePin' || method === 'DELETE'),
  );
  return {
    end: answer.data?.result?.__typename ?? answer.errors?.[0]?.extensions['code'],
    result: answer.data?.result ?? null,
    extensions: answer.errors?.[0]?.extensions,
    sent: own.length,
    done: own.filter(({ done }) => done).length,
  };
}

const payloadOf = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}Payload`;
/** A service that answers a removal with a whole 2xx of its own has removed the pin. */
const isYes = (name: Name, { yes }: Fault): boolean => name === 'removePin' && yes;
/** A yes without a word to a replacement is a yes: it is looked for, and not sent again. */
const isSilentYes = (name: Name, fault: Fault): boolean =>
  name === 'replacePin' && (fault === unclear['204 (11)'] || fault === unclear['an empty 200 (11)']);
/** Where one row of a kind is enough. */
const few = Object.entries(unclear).filter(([row]) => !/HTML with 502|another redirect|50[34] /.test(row));

describe.concurrent('a change that was carried out behind', () => {
  it.each(Object.entries(unclear))('%s is found, and not made again', async (_row, fault) => {
    const { ends } = await changeAll({ fault, effect: true, times: 100 });
    for (const name of names) {
      const { end, done, sent, result } = ends[name] as End;
      expect([name, end, done]).toEqual([name, payloadOf(name), name === 'issueBadge' ? 2 : 1]);
      if (name === 'issueBadge')
        expect(result?.results?.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 12 }, () => 'ISSUED'));
      // Only a removal is sent again without a look, because it may be.
      if (name !== 'removePin') expect([name, sent]).toEqual([name, done]);
    }
  });
});

describe.concurrent('a change that was not carried out and met', () => {
  it.each(Object.entries(unclear))(
    '%s once is sent once more after a look, where that is allowed',
    async (_row, fault) => {
      const { world, ends, inputs } = await changeAll({ fault, effect: false, times: 1 });
      for (const name of flags) {
        const { end, sent, done } = ends[name] as End;
        if (isYes(name, fault)) expect([name, end, sent]).toEqual([name, payloadOf(name), 1]);
        else if (isSilentYes(name, fault)) expect([name, end, sent, done]).toEqual([name, 'OutcomeUnknownError', 1, 0]);
        else expect([name, end, sent, done]).toEqual([name, payloadOf(name), 2, 1]);
      }
      for (const name of additions) {
        const { end, sent, done, result } = ends[name] as End;
        // Of twelve badges the second batch of two came through.
        if (name === 'issueBadge')
          expect([
            end,
            result?.results?.filter(({ outcome }) => outcome === 'ISSUED').length,
            result?.results?.filter(({ outcome }) => outcome === 'UNKNOWN').length,
            sent,
            done,
          ]).toEqual(['IssueBadgePayload', 2, 10, 2, 1]);
        else expect([name, end, sent, done]).toEqual([name, 'OutcomeUnknownError', 1, 0]);
      }
      // The same key again looks, and sends nothing so soon.
      const again = await change(world, 'createPayment', inputs.createPayment);
      expect([again.end, again.sent, again.result?.idempotencyKey]).toEqual(['OutcomeUnknownError', 1, 'payout-1']);
    },
  );

  it.each(few)('%s for ever is unknown, and sent no third time', async (_row, fault) => {
    const { ends } = await changeAll({ fault, effect: false, times: 100 });
    for (const name of names) {
      const { end, sent, done } = ends[name] as End;
      expect([name, end, done]).toEqual([name, isYes(name, fault) ? payloadOf(name) : 'OutcomeUnknownError', 0]);
      expect(sent, name).toBeLessThanOrEqual(
        (flags as readonly string[]).includes(name) ? (name === 'removePin' ? 3 : 2) : name === 'issueBadge' ? 2 : 1,
      );
    }
  });
});

describe.concurrent("a change that was not carried out and is refused, in nobody's words, with", () => {
  const pins: readonly Name[] = ['addPin', 'replacePin', 'removePin'];
  const payments: readonly Name[] = ['approvePayment', 'completePayment', 'cancelPayment'];
  const upstreamOf = (name: Name): string =>
    pins.includes(name) ? 'pinning' : name.endsWith('Payment') ? 'pi' : 'mypit';
  /** The changes in groups, in none of which an upstream has two. */
  const apart: Name[][] = [];
  for (const name of names) {
    const group = apart.find((some) => some.every((one) => upstreamOf(one) !== upstreamOf(name)));
    if (group) group.push(name);
    else apart.push([name]);
  }
  const once: readonly Name[] = ['createPayment', 'issueBadge'];
  /** What is never sent twice cannot be known to have come to nothing; a payment or pin is looked at, and has not changed. */
  const outcomeOf = (name: Name): string => (once.includes(name) ? 'unknown' : 'not_applied');
  const unauthorised = (name: Name) => ({
    end: 'UPSTREAM_AUTH_FAILED',
    more: { outcome: outcomeOf(name), retryable: false },
  });
  const unusable = { end: 'UPSTREAM_INVALID_RESPONSE', more: { outcome: 'not_applied' } };
  const notAbout = (name: Name, usual: string) =>
    once.includes(name)
      ? { end: 'OutcomeUnknownError' }
      : payments.includes(name) || pins.includes(name)
        ? unusable
        : { end: usual };
  const expected: Record<keyof typeof refusals, (name: Name) => { readonly end: string; readonly more?: object }> = {
    '400 (17)': (name) => notAbout(name, 'InvalidInputError'),
    '401 (18)': unauthorised,
    '403 (19)': unauthorised,
    '404 (20)': (name) => notAbout(name, 'NotFoundError'),
    '409 (21)': (name) => (payments.includes(name) ? { end: 'ConflictError' } : notAbout(name, 'ConflictError')),
    '429 (22)': (name) => ({
      end: 'RATE_LIMITED',
      more: { outcome: outcomeOf(name), retryable: true, retryAfterMs: expect.any(Number) as number },
    }),
  };

  it.each(Object.entries(expected))('%s is said as it is known, and not sent again', async (row, expectation) => {
    const trouble = { fault: refusals[row as keyof typeof refusals], effect: false, times: 100 };
    // A word about the credential or the pace is minded by the next call to that upstream, so each has one change then.
    const alone = row.startsWith('401') || row.startsWith('429');
    const worlds = await Promise.all((alone ? apart : [names]).map((some) => changeAll(trouble, some)));
    const ends = Object.assign({}, ...worlds.map((world) => world.ends)) as Record<Name, End>;
    for (const name of names) {
      const { end, extensions, sent, done } = ends[name];
      const { end: wanted, more } = expectation(name);
      expect([name, end, done]).toEqual([name, wanted, 0]);
      if (more) expect(extensions).toMatchObject(more);
      // A batch whose end is open does not stop the others.
      expect([name, sent]).toEqual([name, name === 'issueBadge' && more === undefined ? 2 : 1]);
    }
  });
});
