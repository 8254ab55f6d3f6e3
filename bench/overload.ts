import { ask, pause, quantile } from './fleet-clients.js';
import { flood, type FloodReport } from './overload-flood.js';
import { startFleet } from './fleet-instances.js';
import type { Row } from './fleet-kills.js';

/** One instance that gets five times what it can do. */

const CAPACITY_MS = 6_000;
const TIMES = 5;

export async function runOverload(forMs: number, say: (line: string) => void): Promise<readonly Row[]> {
  const { upstreams, instances, close } = await startFleet(1);
  const [instance] = instances;
  if (instance === undefined) throw new Error('no instance');
  try {
    upstreams.put('kept-0');
    const port = Number(new URL(instance.address).port);
    const capacity = await climb(port, say);
    const live: number[] = [];
    const probes = setInterval(() => {
      const asked = performance.now();
      fetch(`${instance.address}/health/live`).then((answer) => answer.text()).then(() => live.push(performance.now() - asked), () => live.push(Infinity));
    }, 200);
    const flooded = await flood({ port, perSecond: capacity * TIMES, forMs });
    const endedAt = performance.now();
    clearInterval(probes);
    let quick = 0;
    while (quick < 10 && performance.now() - endedAt < 20_000) {
      const asked = performance.now();
      const { errors } = await ask(instance.address, '{ pin(requestId: "kept-0") { status } }');
      quick = errors === undefined && performance.now() - asked < 50 ? quick + 1 : 0;
      await pause(20);
    }
    const recovery = performance.now() - endedAt;
    const goodput = (flooded.good / forMs) * 1000;
    const show = (values: readonly number[]): string => (values.length === 0 ? 'none' : `p50 ${Math.round(quantile(values, 0.5))} ms, p99 ${Math.round(quantile(values, 0.99))} ms`);
    const share = goodput / capacity;
    return [
      ['capacity', `${Math.round(capacity)} a second`, undefined],
      ['flood', `${Math.round((flooded.sent / forMs) * 1000)} sent a second (${TIMES} x ${Math.round(capacity)} wanted) for ${forMs / 1000} s`, undefined],
      ['goodput', `${Math.round(goodput)} a second, ${Math.round(share * 100)} % of capacity; ${show(flooded.goodMs)}`, share >= 0.7],
      ['refused', `${flooded.rejected} (${Object.entries(flooded.codes).map(([code, many]) => `${code} ${many}`).join(', ')}); ${show(flooded.rejectedMs)}`, flooded.rejectedMs.length === 0 ? undefined : quantile(flooded.rejectedMs, 0.99) <= 100],
      ['not answered within 2 s', String(flooded.late), flooded.late === 0],
      ['liveness meanwhile', `${show(live)}`, quantile(live, 0.99) <= 200],
      ['recovery', `${Math.round(recovery)} ms`, recovery <= 5_000],
    ];
  } finally {
    await close();
  }
}

/** Doubles the rate until less than nine tenths of it come back good. */
async function climb(port: number, say: (line: string) => void): Promise<number> {
  await flood({ port, perSecond: 200, forMs: 2_000 });
  let best = 0;
  for (let perSecond = 400; perSecond <= 12_800; perSecond *= 1.5) {
    const report: FloodReport = await flood({ port, perSecond, forMs: CAPACITY_MS / 3 });
    const rate = (report.good / (CAPACITY_MS / 3)) * 1000;
    say(`${Math.round(perSecond)} a second: ${Math.round(rate)} good`);
    best = Math.max(best, rate);
    if (rate < perSecond * 0.9) return best;
  }
  return best;
}
