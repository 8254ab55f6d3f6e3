import { randomUUID } from 'node:crypto';
import { ask, mutations, pause, quantile, Subscriber, writeUntilKnown, type WriteEnd } from './fleet-clients.js';
import { INTERVAL_MS, QUARANTINE_MS, startFleet, type Fleet } from './fleet-instances.js';
import type { Instance } from './instance.js';
import { cidOf, type WatchedPin } from './fleet-upstream.js';

/** Rounds in each of which one of three instances is killed, while its subscribers wait and its writes are under way. */

export interface KillOptions {
  readonly rounds: number;
  readonly subscribers: number;
  readonly pins: number;
}

export type Row = readonly [what: string, found: string, holds: boolean | undefined];

const WRITES = { pin: 9, pay: 5, badge: 2 } as const;
const RECIPIENTS = 4;
/** A holder's lease lasts twice the interval after its last reading. */
const AFTERMATH_MS = 2 * INTERVAL_MS * 1.1 + 2 * INTERVAL_MS;
/** Two readings closer than this are one too many: jitter and the joining of reads bring one this early at most. */
const TOO_SOON_MS = INTERVAL_MS * 0.6;
const PATIENCE_MS = 30_000;

interface Tally {
  lost: number;
  doubled: number;
  falseEnds: number;
  finished: number;
  reconnected: number;
  readonly delays: number[];
  readonly gaps: number[];
  readonly writes: { kind: string; promise: Promise<WriteEnd> }[];
  quietPairs: number;
  quietDoubles: number;
  /** Most readings of one pin within one interval after a kill. */
  most: number;
  /** Latest reading too many after a kill, in milliseconds after it. */
  lastDouble: number;
  reads: number;
  afterReads: number;
  afterExpected: number;
}

export async function runKills(options: KillOptions, say: (line: string) => void): Promise<readonly Row[]> {
  const fleet = await startFleet(3);
  const tally: Tally = {
    lost: 0,
    doubled: 0,
    falseEnds: 0,
    finished: 0,
    reconnected: 0,
    delays: [],
    gaps: [],
    writes: [],
    quietPairs: 0,
    quietDoubles: 0,
    most: 0,
    lastDouble: 0,
    reads: 0,
    afterReads: 0,
    afterExpected: 0,
  };
  try {
    fleet.upstreams.faults.share = 0.15;
    const badges = await badgeInputs(fleet);
    for (let round = 0; round < options.rounds; round += 1) {
      const began = performance.now();
      const { lost } = await killRound(fleet, round, options, tally, badges);
      say(
        `round ${round + 1}: lost ${lost}, reconnected ${tally.reconnected} in all, ${Math.round(performance.now() - began)} ms`,
      );
    }
    const ends = await Promise.all(tally.writes.map(async ({ kind, promise }) => ({ kind, ...(await promise) })));
    return report(fleet, options, tally, ends);
  } finally {
    await fleet.close();
  }
}

async function badgeInputs({
  instances: [first],
}: Fleet): Promise<{ readonly templateId: string; readonly recipientIds: readonly string[] }> {
  const { data } = await ask(
    first?.address ?? '',
    '{ badgeTemplates(first: 20) { nodes { templateId isActive } } holders(first: 20) { nodes { holderId } } }',
  );
  const nodes = (name: string): readonly Record<string, unknown>[] =>
    (data?.[name]?.['nodes'] ?? []) as readonly Record<string, unknown>[];
  return {
    templateId: String(nodes('badgeTemplates').find(({ isActive }) => isActive === true)?.['templateId']),
    recipientIds: nodes('holders')
      .slice(0, RECIPIENTS)
      .map(({ holderId }) => String(holderId)),
  };
}

async function killRound(
  fleet: Fleet,
  round: number,
  { subscribers: count, pins: pinCount }: KillOptions,
  tally: Tally,
  badges: Awaited<ReturnType<typeof badgeInputs>>,
): Promise<{ lost: number }> {
  const { upstreams, instances } = fleet;
  const pins = Array.from({ length: pinCount }, (_none, index) => upstreams.put(`pin-${round}-${index}`));
  const at = (index: number): Instance => instances[index % instances.length] ?? (instances[0] as Instance);
  const subscribers = Array.from(
    { length: count },
    (_none, index) =>
      new Subscriber(pins[index % pinCount]?.requestid ?? '', (last) =>
        choose(instances, last, Math.floor(index / pinCount)),
      ),
  );
  await connectAll(subscribers);
  const quietFrom = performance.now() + INTERVAL_MS;
  await pause(2 * INTERVAL_MS);

  const victim = at(round);
  for (const [kind, many] of Object.entries(WRITES)) {
    for (let index = 0; index < many; index += 1)
      startWrite(kind as keyof typeof WRITES, index, fleet, tally, badges, round);
  }
  const ended = Promise.all(
    pins.map(async (pin) => {
      await pause(Math.random() * 6_000);
      upstreams.end(pin);
    }),
  );
  await pause(150 + Math.random() * 300);
  const killedAt = performance.now();
  await victim.kill();
  await pause(2_500);
  await victim.start();
  await ended;
  await until(() => subscribers.every(({ finalAt }) => finalAt !== undefined), 20_000).catch(() => undefined);
  return { lost: tallyUp(fleet, subscribers, pins, quietFrom, killedAt, tally) };
}

/** At first each its turn; after a break any of the others, as behind a balancer that has noticed. */
function choose(instances: readonly Instance[], last: string | undefined, turn: number): string {
  const others = instances.filter(({ address }) => address !== last);
  const index = last === undefined ? turn % instances.length : Math.floor(Math.random() * others.length);
  return (others[index] ?? (instances[0] as Instance)).address;
}

/** A few at a time, so that it goes as fast as the machine can. */
async function connectAll(subscribers: readonly Subscriber[]): Promise<void> {
  for (const [index, subscriber] of subscribers.entries()) {
    subscriber.connect();
    if (index % 50 === 49)
      await until(
        () => subscribers.slice(0, Math.max(0, index - 150)).every(({ events }) => events > 0),
        30_000,
        'the first events',
      );
  }
  await until(() => subscribers.every(({ events }) => events > 0), 60_000, 'the first events');
}

function startWrite(
  kind: keyof typeof WRITES,
  index: number,
  { instances }: Fleet,
  tally: Tally,
  badges: Awaited<ReturnType<typeof badgeInputs>>,
  round: number,
): void {
  const idempotencyKey = randomUUID();
  const input = {
    pin: { cid: cidOf(idempotencyKey), name: `write ${round}`, idempotencyKey },
    pay: { userUid: 'uid-of-cleo', amount: '1.5', memo: 'thanks', idempotencyKey },
    badge: { ...badges, idempotencyKey },
  }[kind];
  const addressOf = (attempt: number): string =>
    (instances[(index + round + attempt - 1) % instances.length] ?? (instances[0] as Instance)).address;
  tally.writes.push({
    kind,
    promise: pause(Math.random() * 500).then(() => writeUntilKnown(addressOf, mutations[kind], input, PATIENCE_MS)),
  });
}

function tallyUp(
  fleet: Fleet,
  subscribers: readonly Subscriber[],
  pins: readonly WatchedPin[],
  quietFrom: number,
  killedAt: number,
  tally: Tally,
): number {
  const endOf = new Map(pins.map(({ requestid, endedAt }) => [requestid, endedAt ?? 0]));
  let lost = 0;
  for (const one of subscribers) {
    one.leave();
    if (one.finalAt === undefined) lost += 1;
    else tally.delays.push(one.finalAt - (endOf.get(one.id) ?? 0));
    tally.finished += one.finalAt === undefined ? 0 : 1;
    tally.doubled += Math.max(0, one.finals - 1);
    tally.falseEnds += one.falseEnds;
    tally.reconnected += one.connections > 1 ? 1 : 0;
    tally.gaps.push(...one.gaps);
  }
  tally.lost += lost;
  for (const { reads, endedAt } of pins) countReads(reads, quietFrom, killedAt, endedAt ?? Infinity, tally);
  tally.reads = fleet.upstreams.reads();
  fleet.upstreams.forget();
  return lost;
}

function countReads(
  reads: readonly number[],
  quietFrom: number,
  killedAt: number,
  endedAt: number,
  tally: Tally,
): void {
  for (const [index, read] of reads.entries()) {
    const before = reads[index - 1];
    if (before === undefined || read < quietFrom) continue;
    const afterKill = read >= killedAt && read <= killedAt + AFTERMATH_MS;
    const double = read - before < TOO_SOON_MS;
    if (!afterKill) {
      tally.quietPairs += 1;
      if (double) tally.quietDoubles += 1;
    } else if (double) tally.lastDouble = Math.max(tally.lastDouble, read - killedAt);
  }
  const after = reads.filter((read) => read >= killedAt && read <= killedAt + AFTERMATH_MS);
  for (const [index, read] of after.entries())
    tally.most = Math.max(tally.most, after.slice(index).filter((other) => other - read < INTERVAL_MS * 0.9).length);
  tally.afterReads += after.length;
  // It is read until the reading that tells of its end.
  tally.afterExpected += Math.min(AFTERMATH_MS, Math.max(0, endedAt - killedAt)) / INTERVAL_MS + 1;
}

function report(
  { upstreams }: Fleet,
  { rounds, subscribers }: KillOptions,
  tally: Tally,
  ends: readonly ({ kind: string } & WriteEnd)[],
): readonly Row[] {
  const trails = [...upstreams.trails.entries()];
  const twice = trails.filter(([, { effects }]) => effects > 1).length;
  const again = trails.filter(([, { posts }]) => posts.length > 1);
  const blind = again.filter(([, { posts, readbacks }]) =>
    posts.some((sent, index) => {
      const before = posts[index - 1];
      return (
        before !== undefined &&
        (sent - before < QUARANTINE_MS || readbacks.filter((look) => look > before && look < sent).length < 2)
      );
    }),
  ).length;
  const kinds = Object.keys(WRITES).map((kind) => {
    const own = ends.filter((end) => end.kind === kind);
    return `${kind} ${own.filter(({ end }) => end === 'done').length} of ${own.length}`;
  });
  const retried = ends.filter(({ tries }) => tries > 1).length;
  const codes = new Map<string, number>();
  for (const { codes: met } of ends) for (const code of met) codes.set(code, (codes.get(code) ?? 0) + 1);
  const ms = (value: number): string => `${Math.round(value)} ms`;
  return [
    ['rounds x subscribers', `${rounds} x ${subscribers}`, undefined],
    ['subscribers that connected again', String(tally.reconnected), undefined],
    [
      'break to next event',
      `p50 ${ms(quantile(tally.gaps, 0.5))}, p99 ${ms(quantile(tally.gaps, 0.99))}, most ${ms(quantile(tally.gaps, 1))}`,
      quantile(tally.gaps, 0.99) <= 5_000,
    ],
    ['terminal events lost', String(tally.lost), tally.lost === 0],
    ['terminal events told twice', String(tally.doubled), tally.doubled === 0],
    ['`complete` without a terminal event', String(tally.falseEnds), tally.falseEnds === 0],
    [
      'end of a pin to its event',
      `p50 ${ms(quantile(tally.delays, 0.5))}, p99 ${ms(quantile(tally.delays, 0.99))}, most ${ms(quantile(tally.delays, 1))}`,
      quantile(tally.delays, 1) <= INTERVAL_MS + 10_000,
    ],
    ['keys (and recipients) with more than one effect', `${twice} of ${trails.length}`, twice === 0],
    [
      'second POSTs',
      `${again.length}, of these without two looks or before ${QUARANTINE_MS} ms: ${blind}`,
      blind === 0,
    ],
    [
      'writes whose outcome became known',
      `${kinds.join(', ')}; ${retried} needed more than one try; slowest ${ms(
        quantile(
          ends.map((end) => end.ms),
          1,
        ),
      )}`,
      undefined,
    ],
    [
      'longest that a key was in progress',
      ms(
        quantile(
          ends.map(({ inProgressMs }) => inProgressMs),
          1,
        ),
      ),
      undefined,
    ],
    ['what the repeated tries met', [...codes].map(([code, many]) => `${code} ${many}`).join(', '), undefined],
    [
      'readings of a pin closer than 0.6 intervals, quiet',
      `${tally.quietDoubles} of ${tally.quietPairs}`,
      tally.quietDoubles === 0,
    ],
    [
      'most readings of a pin in an interval after a kill',
      `${tally.most}; the last one too many ${ms(tally.lastDouble)} after the kill`,
      tally.most <= 2,
    ],
    [
      'readings after kills, measured / one per interval',
      `${tally.afterReads} / ${Math.round(tally.afterExpected)}`,
      tally.afterReads <= 2 * tally.afterExpected,
    ],
  ];
}

async function until(fact: () => boolean, patienceMs: number, what = 'it'): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!fact()) {
    if (performance.now() > end) throw new Error(`${what} did not come about`);
    await pause(20);
  }
}
