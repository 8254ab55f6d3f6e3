import { askedOf, cpuMs, load, startLoad } from './processes.js';
import { headers, startFloor, startGateway, startPlainProxy, startUpstream } from './servers.js';
import { workloads } from './workloads.js';

/** One quick look while working: `node bench/.build/bench/probe.js w1 3 [node options for the gateway, such as --cpu-prof]`. */
const [name = 'w1', rounds = '2', ...nodeArgs] = process.argv.slice(2);
const workload = workloads.find((one) => one.name === name);
if (!workload) throw new Error(`there is no workload ${name}`);
const upstream = await startUpstream(1);
const floor = await startFloor(0, upstream);
const plain = await startPlainProxy(0, upstream);
const { JIT = 'on', LOG_LEVEL = 'info', METRICS = 'on' } = process.env;
const gateway = await startGateway(0, upstream, { JIT, LOG_LEVEL, METRICS }, nodeArgs);
const loader = startLoad(1);
const order = { path: '/graphql', method: 'POST', bodies: workload.bodies, headers } as const;
for (const forMs of [2_000, ...Array.from({ length: Number(rounds) }, () => 3_000)]) {
  for (const [who, server] of [
    ['floor', floor],
    ['plain', plain],
    ['gateway', gateway],
  ] as const) {
    const pid = server.child.pid ?? 0;
    const before = [cpuMs(pid), await askedOf(upstream)] as const;
    const report = await load(loader, { ...order, port: Number(new URL(server.url).port), connections: 32, forMs });
    const cpu = ((cpuMs(pid) - before[0]) * 1_000) / report.answers;
    const calls = ((await askedOf(upstream)) - before[1]) / report.answers;
    process.stdout.write(
      `${who.padEnd(8)} ${Math.round((report.answers / report.ms) * 1_000)} rps  cpu ${cpu.toFixed(1)} us  ` +
        `p50 ${report.p50} p99 ${report.p99} failures ${report.failures} upstream ${calls.toFixed(2)}\n`,
    );
  }
}
loader.kill();
await Promise.all([gateway.stop(), floor.stop(), plain.stop(), upstream.stop()]);
