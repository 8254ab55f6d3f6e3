import { UpstreamError, type UpstreamErrorKind } from '../errors.js';
import { monotonicNow } from '../values/clock.js';
import type { CallProgress } from './call-progress.js';
import { Fault, isUnreachable } from './fault.js';
import type { CallClass, CallScope, CircuitState } from './http.js';

/** A failure that comes this soon after a good answer may be one call's alone; several in a row are not. */
const SOON_MS = 10_000;
const SEVERAL = 3;

type Told = Exclude<CircuitState['standing'], 'NOT_ASKED'>;

/** What the last calls say of an upstream, however few they were: a circuit needs many to open, and begins closed. */
export class Standing {
  /** Of the last answer that could be used, on the monotonic clock. */
  private succeededAt: number | undefined;
  private lastFailure: CircuitState['lastFailure'];
  /** Of the last good answer to a call of ours, on the monotonic clock. */
  private goodAt: number | undefined;
  /** Failures since then. */
  private failures = 0;
  /** Whether the last of them was that nobody can connect. */
  private away = false;
  private told: Told = 'WELL';

  constructor(private readonly turned: (standing: Told) => void) {}

  state(): Pick<CircuitState, 'standing' | 'lastSuccessAt' | 'lastFailure'> {
    const { succeededAt, lastFailure } = this;
    const asked = this.goodAt !== undefined || succeededAt !== undefined;
    // Made a date of when somebody asks: the clock on the wall is read for hardly any answer.
    const lastSuccessAt = succeededAt === undefined ? undefined : Date.now() - (monotonicNow() - succeededAt);
    return { standing: this.fails() ? 'FAILING' : asked ? 'WELL' : 'NOT_ASKED', lastSuccessAt, lastFailure };
  }

  /** An answer that could be used. */
  succeeded(name: CallClass, now: number): void {
    this.succeededAt = now;
    this.answered(name, now);
  }

  /** An attempt that threw. */
  threw(thrown: unknown, name: CallClass, scope: CallScope, progress: CallProgress): void {
    if (isUnreachable(thrown)) return this.failed(thrown.kind, true);
    const kind = kindOf(thrown, progress, scope);
    if (kind === undefined) return;
    if (!failing.has(kind)) return this.answered(name, monotonicNow());
    if (name === 'server') this.failed(kind, false);
  }

  private answered(name: CallClass, now: number): void {
    // What others bring says nothing of our own credential, but that there is somebody to answer.
    if (name !== 'server' && !this.away) return;
    if (name === 'server') this.goodAt = now;
    this.failures = 0;
    this.away = false;
    this.tell('WELL');
  }

  private failed(kind: UpstreamErrorKind, away: boolean): void {
    this.lastFailure = { at: Date.now(), kind };
    this.failures += 1;
    this.away = away;
    if (this.fails()) this.tell('FAILING');
  }

  private fails(): boolean {
    if (this.failures === 0) return false;
    return this.failures >= SEVERAL || this.goodAt === undefined || monotonicNow() - this.goodAt > SOON_MS;
  }

  private tell(standing: Told): void {
    if (standing === this.told) return;
    this.told = standing;
    this.turned(standing);
  }
}

/** Failures of the upstream, or of our credential; whatever else it answers shows that it is well. */
const failing: ReadonlySet<UpstreamErrorKind> = new Set(['unavailable', 'timeout', 'bad_response', 'unauthorized']);

/** What a failed attempt says of the upstream; undefined when it says nothing. */
function kindOf(
  thrown: unknown,
  { stage, status }: CallProgress,
  { byStranger, credential }: CallScope,
): UpstreamErrorKind | undefined {
  if (stage === 'sending') return thrown instanceof Fault && thrown.kind !== 'rejected' ? thrown.kind : undefined;
  if (stage !== 'answered' || !(thrown instanceof UpstreamError || thrown instanceof Fault)) return undefined;
  // Who shaped the request may have made this one fail; and where we have no credential, that one is missing is no news.
  if (status === 500 && byStranger === true) return undefined;
  if (thrown.kind === 'unauthorized' && credential !== 'server') return 'rejected';
  return thrown.kind;
}
