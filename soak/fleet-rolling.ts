import { randomUUID } from 'node:crypto';
import { ask, mutations, pause, quantile, Subscriber } from './fleet-clients.js';
import { startBalancer } from './fleet-balancer.js';
import { startFleet } from './fleet-instances.js';
import type { Row } from './fleet-kills.js';
import { cidOf } from './fleet-upstream.js';

/** A rolling restart of three instances behind a balancer, under a steady load. */

export interface RollingOptions {
  readonly perSecond: number;
  readonly subscribers: number;
  /** How often each instance is restarted. */
  readonly times: number;
}

const READ = 'query ($id: ID!) { pin(requestId: $id) { requestId status cid name } }';
/** One request in so many is a write. */
const WRITES = 10;
/** More are not sent while so many wait for their answers: a fleet without a processor to run on would only be buried. */
const MOST_RUNNING = 300;

export async function runRolling(
  { perSecond, subscribers: count, times }: RollingOptions,
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const { upstreams, instances, close } = await startFleet(3, {
    UPSTREAM_TIMEOUT_MS: '8000',
    WRITE_TIMEOUT_MS: '20000',
  });
  Object.assign(upstreams.postMs, { least: 10, most: 100 });
  const balancer = await startBalancer(instances.map(({ address }) => address));
  const failures = new Map<string, number>();
  const latencies: number[] = [];
  const asked = { reads: 0, writes: 0 };
  const pins = Array.from({ length: 50 }, (_none, index) => upstreams.put(`kept-${index}`));
  const subscribers = Array.from(
    { length: count },
    (_none, index) => new Subscriber(pins[index % pins.length]?.requestid ?? '', () => balancer.address),
  );

  async function one(): Promise<void> {
    const began = performance.now();
    const writes = (asked.reads + asked.writes) % WRITES === 0;
    asked[writes ? 'writes' : 'reads'] += 1;
    let failure: string | undefined;
    try {
      const idempotencyKey = randomUUID();
      const { data, errors } = writes
        ? await ask(balancer.address, mutations.pin, { input: { cid: cidOf(idempotencyKey), idempotencyKey } })
        : await ask(balancer.address, READ, { id: pins[asked.reads % pins.length]?.requestid });
      if (errors !== undefined) failure = errors[0]?.extensions.code;
      else if (writes ? data?.['result']?.__typename !== 'AddPinPayload' : data?.['pin']?.['requestId'] === undefined)
        failure = writes ? String(data?.['result']?.__typename) : 'no pin';
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    latencies.push(performance.now() - began);
    if (failure !== undefined)
      failures.set(
        `${writes ? 'write' : 'read'}: ${failure}`,
        (failures.get(`${writes ? 'write' : 'read'}: ${failure}`) ?? 0) + 1,
      );
  }

  try {
    for (const subscriber of subscribers) subscriber.connect();
    while (!subscribers.every(({ events }) => events > 0)) await pause(20);
    const running = new Set<Promise<void>>();
    const began = performance.now();
    let sent = 0;
    let held = 0;
    const load = setInterval(() => {
      const due = ((performance.now() - began) / 1000) * perSecond;
      for (; sent < due; sent += 1) {
        if (running.size >= MOST_RUNNING) {
          held += 1;
          continue;
        }
        const each = one().finally(() => running.delete(each));
        running.add(each);
      }
    }, 5);
    await pause(2_000);
    const drains: { readonly ms: number; readonly code: number | null }[] = [];
    for (let round = 0; round < times; round += 1) {
      for (const instance of instances) {
        const end = await instance.term();
        drains.push(end);
        say(
          `${instance.name} ended with ${end.code} after ${Math.round(end.ms)} ms; failures so far ` +
            `${[...failures.values()].reduce((sum, many) => sum + many, 0)}`,
        );
        await instance.start();
        while (!balancer.isUp(instance.address)) await pause(20);
        await pause(1_000);
      }
    }
    clearInterval(load);
    await Promise.all(running);
    const ms = performance.now() - began;
    for (const pin of pins) upstreams.end(pin);
    const until = performance.now() + 20_000;
    while (!subscribers.every(({ finalAt }) => finalAt !== undefined) && performance.now() < until) await pause(20);
    const gaps = subscribers.flatMap((each) => each.gaps);
    const sum = (of: (each: Subscriber) => number): number => subscribers.reduce((total, each) => total + of(each), 0);
    const failed = [...failures.values()].reduce((total, many) => total + many, 0);
    const again = [...upstreams.trails.values()].filter(({ effects }) => effects > 1).length;
    return [
      [
        'load',
        `${asked.reads} queries, ${asked.writes} mutations, ${Math.round((latencies.length / ms) * 1000)} a ` +
          `second; p50 ${Math.round(quantile(latencies, 0.5))} ms, p99 ` +
          `${Math.round(quantile(latencies, 0.99))} ms`,
        undefined,
      ],
      ['not sent, because too many waited for an answer', String(held), undefined],
      [
        'failed queries and mutations',
        failed === 0 ? '0' : `${failed}: ${[...failures].map(([what, many]) => `${what} ${many}`).join(', ')}`,
        failed === 0,
      ],
      ['keys with more than one effect', String(again), again === 0],
      [
        'passed on by the balancer',
        `${balancer.passedOn.refused} refused connections, ${balancer.passedOn.stopping} answers of 503; ` +
          `${balancer.broken.requests} requests broke`,
        balancer.broken.requests === 0,
      ],
      ['subscribers', `${count}, connected ${sum(({ connections }) => connections)} times`, undefined],
      [
        '`complete` without a terminal event',
        String(sum(({ falseEnds }) => falseEnds)),
        sum(({ falseEnds }) => falseEnds) === 0,
      ],
      [
        'terminal events lost, told twice',
        `${subscribers.filter(({ finalAt }) => finalAt === undefined).length}, ${sum(({ finals }) => Math.max(0, finals - 1))}`,
        subscribers.every(({ finals }) => finals === 1),
      ],
      [
        'break to next event',
        `p50 ${Math.round(quantile(gaps, 0.5))} ms, p99 ${Math.round(quantile(gaps, 0.99))} ms`,
        quantile(gaps, 0.99) <= 5_000,
      ],
      [
        'drain, slowest',
        `${Math.round(
          quantile(
            drains.map((drain) => drain.ms),
            1,
          ),
        )} ms`,
        drains.every((drain) => drain.ms <= 20_000),
      ],
      ['exit codes', drains.map(({ code }) => code).join(' '), drains.every(({ code }) => code === 0)],
    ];
  } finally {
    for (const subscriber of subscribers) subscriber.leave();
    balancer.close();
    await close();
  }
}
