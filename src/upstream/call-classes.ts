import { monotonicNow } from '../values/clock.js';
import { callClasses, classOf, createClassLimits, type ClassLimits } from './class-limits.js';
import type {
  AnnouncedBudget,
  Call,
  CallClass,
  CallScope,
  CircuitState,
  HttpSettings,
  RateBudget,
  UpstreamLoad,
} from './http.js';

/** The three classes of calls to one upstream, and what they say of it together. */
export class CallClasses {
  private readonly byName: Readonly<Record<CallClass, ClassLimits>>;

  constructor(
    settings: HttpSettings,
    onChange: (name: CallClass, effect: 'read' | 'write', circuit: CircuitState['circuit']) => void,
  ) {
    const limitsOf = (name: CallClass): ClassLimits =>
      createClassLimits(name, settings, (effect, circuit) => onChange(name, effect, circuit));
    this.byName = { server: limitsOf('server'), caller: limitsOf('caller'), identity: limitsOf('identity') };
  }

  of(call: Pick<Call<unknown>, 'asksWho'>, scope: Pick<CallScope, 'credential'>): ClassLimits {
    return this.byName[classOf(call, scope)];
  }

  budget(fingerprint: string, lane: string): RateBudget | undefined {
    const now = monotonicNow();
    // A fingerprint names a credential, and a credential is of one class.
    for (const name of callClasses) {
      const budget = this.byName[name].pauses.budget(fingerprint, lane, now);
      if (budget !== undefined) return budget;
    }
    return undefined;
  }

  pausedUntil(fingerprint: string, lane: string | undefined): number {
    const now = monotonicNow();
    return Math.max(...callClasses.map((name) => this.byName[name].pauses.until(fingerprint, lane, now)));
  }

  /** Of the calls with the server's own credential: the worse of their two circuits, and the tightest budget. */
  standing(): Pick<CircuitState, 'circuit' | 'budget'> {
    const now = monotonicNow();
    const { gates, pauses } = this.byName.server;
    const circuits = [gates.read.circuit(now), gates.write.circuit(now)];
    const circuit = circuits.includes('OPEN') ? 'OPEN' : circuits.includes('HALF_OPEN') ? 'HALF_OPEN' : 'CLOSED';
    const budget = pauses.tightest(now);
    return { circuit, budget: budget && announced(budget, now) };
  }

  /** A host that one class cannot connect to is as far away for the others. */
  unreachable(from: CallClass, effect: 'read' | 'write'): void {
    for (const name of callClasses) if (name !== from) this.byName[name].gates[effect].unreachable();
  }

  load(provider: string): readonly UpstreamLoad[] {
    const now = monotonicNow();
    return callClasses.flatMap((name) =>
      (['read', 'write'] as const).map((effect) => ({
        provider,
        class: name,
        effect,
        ...this.byName[name].gates[effect].load(now),
      })),
    );
  }
}

function announced({ remaining, limit, resetAt }: RateBudget, now: number): AnnouncedBudget {
  return { remaining, limit, resetsAt: Date.now() + resetAt - now };
}
