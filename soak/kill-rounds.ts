import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, between, mutations, pause } from './fleet-clients.js';
import { freePort } from './free-port.js';
import { createInstance, KEY } from './instance.js';
import { startUpstreams } from './fleet-upstream.js';

/**
 * One instance that keeps its state on disk is killed again and again at random instants while writers pay out and issue
 * badges; what came of it is counted at the upstreams, on real sockets.
 */
export interface KillRounds {
  readonly kills: number;
  readonly writers: number;
  /** Pi that may be paid out a day; each payout is 1 Pi. */
  readonly cap: number;
  /** Arguments of Node for the built product. */
  readonly product: readonly string[];
}

export interface KillCount {
  readonly kills: number;
  readonly keys: number;
  /** Keys whose end was told. */
  readonly told: number;
  /** Keys (for badges: per recipient) that took effect more than once, as the upstream saw it. */
  readonly doubled: number;
  /** Pi that went out. */
  readonly paid: number;
  /** Payouts that the day's cap refused. */
  readonly capped: number;
  /** Keys whose end was told once, and then told otherwise or not at all. */
  readonly lost: number;
  /** Effects that came about when what had been told was asked for again. */
  readonly repeated: number;
  readonly readyMs: readonly number[];
}

interface Write {
  readonly kind: 'pay' | 'badge';
  readonly key: string;
  readonly input: object;
  /** The first end that was told, as JSON; undefined = none yet. */
  told: string | undefined;
  /** The cap refused it. */
  capped: boolean;
}

const LONGEST_LIFE_MS = 900;
const TRIES = 30;
const TRIES_AFTER = 40;
const SCOPES = 'pi:read+pi:payout+mypit:read+mypit:issue';

export async function killRounds(
  { kills, writers, cap, product }: KillRounds,
  say: (line: string) => void = () => {},
): Promise<KillCount> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-kills-'));
  const upstreams = await startUpstreams();
  upstreams.postMs.least = 5;
  upstreams.postMs.most = 150;
  upstreams.faults.share = 0.1;
  const instance = createInstance('instance', await freePort(), settingsOf(upstreams.settings, folder, cap), product);
  const recipients = await startAndSee(instance);
  const writes: Write[] = [];
  const readyMs: number[] = [];
  let over = false;

  async function write(writer: number): Promise<void> {
    for (let turn = 0; !over; turn += 1) {
      const one = newWrite(writer, turn, recipients);
      writes.push(one);
      // Some ends stay unknown for good: whoever only waited for them would stop writing.
      for (let tries = 0; !over && tries < TRIES && !(await tellsEnd(instance.address, one)); tries += 1)
        await pause(between([20, 200]));
    }
  }

  const writing = Array.from({ length: writers }, (_, writer) => write(writer));
  try {
    for (let round = 1; round <= kills; round += 1) {
      await pause(between([0, LONGEST_LIFE_MS]));
      await instance.kill();
      const began = performance.now();
      await instance.start();
      readyMs.push(performance.now() - began);
      if (round % 20 === 0) say(`${round} kills, ${writes.length} keys`);
    }
    over = true;
    await Promise.all(writing);
    return { kills, readyMs, ...(await count(instance.address, writes, upstreams.trails)) };
  } finally {
    over = true;
    await instance.kill();
    await Promise.all(writing);
    await upstreams.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function settingsOf(upstreams: Readonly<Record<string, string>>, folder: string, cap: number) {
  return {
    ...upstreams,
    STATE_DIR: folder,
    NODE_ENV: 'production',
    LOG_LEVEL: 'silent',
    GATEWAY_KEYS: `bench:${createHash('sha256').update(KEY).digest('hex')}:${SCOPES}`,
    PAYOUT_MAX_PER_CALL: '1',
    PAYOUT_MAX_PER_DAY: String(cap),
    RESEND_QUARANTINE_MS: '1000',
    UPSTREAM_TIMEOUT_MS: '3000',
    WRITE_TIMEOUT_MS: '3000',
    READBACK_DELAY_MS: '50',
  };
}

interface Recipients {
  readonly templateId: string;
  readonly ids: readonly string[];
}

async function startAndSee(instance: ReturnType<typeof createInstance>): Promise<Recipients> {
  await instance.start();
  const query = '{ badgeTemplates(first: 1) { nodes { templateId } } holders(first: 20) { nodes { holderId } } }';
  const { data } = (await ask(instance.address, query)) as unknown as {
    data: {
      badgeTemplates: { nodes: readonly { templateId: string }[] };
      holders: { nodes: readonly { holderId: string }[] };
    };
  };
  return {
    templateId: data.badgeTemplates.nodes[0]?.templateId ?? '',
    ids: data.holders.nodes.map(({ holderId }) => holderId),
  };
}

function newWrite(writer: number, turn: number, { templateId, ids }: Recipients): Write {
  const kind = writer % 4 === 3 ? 'badge' : 'pay';
  const key = `${kind}-${writer}-${turn}`;
  const own =
    kind === 'pay'
      ? { amount: '1', memo: key, userUid: `uid-${writer}` }
      : { templateId, recipientIds: [ids[writer % ids.length]] };
  return { kind, key, input: { ...own, idempotencyKey: key }, told: undefined, capped: false };
}

/** Asks once; true when the end was told now. */
async function tellsEnd(address: string, one: Write): Promise<boolean> {
  const end = await endOf(address, one);
  if (end === undefined) return false;
  one.told ??= end;
  return true;
}

/** The end as it is told, or undefined when none is. */
async function endOf(address: string, one: Write): Promise<string | undefined> {
  try {
    const { data, errors } = await ask(address, mutations[one.kind], { input: one.input });
    if (errors?.some(({ extensions }) => extensions.code === 'FORBIDDEN')) one.capped = true;
    const result = data?.['result'];
    if (!result?.__typename?.endsWith('Payload') || result['status'] === 'UNKNOWN') return undefined;
    return JSON.stringify(result);
  } catch {
    return undefined;
  }
}

async function count(
  address: string,
  writes: readonly Write[],
  trails: ReadonlyMap<string, { readonly effects: number }>,
): Promise<Omit<KillCount, 'kills' | 'readyMs'>> {
  const effects = [...trails].map(([marker, trail]) => [marker, trail.effects] as const);
  const told = writes.filter((one) => one.told !== undefined);
  let lost = 0;
  for (const one of told) {
    const again = await retold(address, one);
    if (again === undefined || (one.kind === 'pay' && again !== one.told)) lost += 1;
  }
  const paid = effects.filter(([marker]) => marker.startsWith('pay:')).reduce((sum, [, times]) => sum + times, 0);
  const after = [...trails.values()].reduce((sum, trail) => sum + trail.effects, 0);
  const before = effects.reduce((sum, [, times]) => sum + times, 0);
  return {
    keys: writes.length,
    told: told.length,
    capped: writes.filter(({ capped }) => capped).length,
    doubled: effects.filter(([, times]) => times > 1).length,
    paid,
    lost,
    repeated: after - before,
  };
}

async function retold(address: string, one: Write): Promise<string | undefined> {
  for (let attempt = 0; attempt < TRIES_AFTER; attempt += 1) {
    const end = await endOf(address, one);
    if (end !== undefined) return end;
    await pause(100);
  }
  return undefined;
}
