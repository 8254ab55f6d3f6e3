import { randomSecret } from '../names.js';
import type { SandboxClock, SandboxPart } from '../part.js';
import { serve } from '../server.js';
import { archiveSeed, sandboxSeed } from './seed.js';
import { createPinningService } from './service.js';

/** Starts two pinning services: `sandbox` with room to play in, and the small `archive`, whose plan and pins run out. */
export async function startPinning(clock: SandboxClock): Promise<SandboxPart> {
  const now = clock.now();
  const plans = [
    { name: 'sandbox', token: randomSecret(), capacity: 5_000, keepDays: null, seed: sandboxSeed(now) },
    { name: 'archive', token: randomSecret(), capacity: 20, keepDays: 365, seed: archiveSeed(now) },
  ];
  const services = await Promise.all(
    plans.map(async (plan) => ({ ...plan, running: await serve(createPinningService(plan, clock), clock.speed) })),
  );
  const settings = services.flatMap(({ name, token, running }) => [
    [`PINNING_${name.toUpperCase()}_URL`, running.url],
    [`PINNING_${name.toUpperCase()}_TOKEN`, token],
  ]);
  return {
    settings: { PINNING_SERVICES: plans.map(({ name }) => name).join(','), ...Object.fromEntries(settings) },
    async close() {
      await Promise.all(services.map(({ running }) => running.close()));
    },
  };
}
