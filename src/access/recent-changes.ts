import type { Availability, Doubt, StateKind } from '../state/state.js';

/** What can change about an instance: its upstreams' circuits, and the state that it rests on. */
export type GatewayEvent =
  | 'STARTED'
  | 'CIRCUIT_OPENED'
  | 'CIRCUIT_CLOSED'
  | 'PROVIDER_FAILING'
  | 'PROVIDER_RECOVERED'
  | 'STATE_REACHED'
  | 'STATE_LOST'
  | 'STATE_EVICTS'
  | 'STATE_UNSEEN'
  | 'STATE_EMPTIED'
  | 'STATE_FOREIGN'
  | 'STATE_LOSS_ACCEPTED'
  | 'STATE_CLOCK_DOUBTED'
  | 'STATE_CLOCK_BELIEVED';

export interface GatewayChange {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly event: GatewayEvent;
  /** The upstream that it is about; null when it is about the instance itself. */
  readonly provider: string | null;
}

/** How one instance is doing, for operators. */
export interface GatewayReport {
  readonly version: string;
  readonly state: { readonly kind: StateKind; readonly availability: Availability; readonly doubt: Doubt | null };
  /** Subscriptions open now. */
  readonly streams: number;
  /** Upstream objects that are polled now, and the subscriptions that they are polled for. */
  readonly polled: number;
  readonly pollSubscribers: number;
  readonly changes: readonly GatewayChange[];
}

/** Remembers what changed lately, in this process alone. */
export interface Changes {
  note(event: GatewayEvent, provider?: string): void;
  /** What changed within the last hour, newest first. */
  lastHour(): readonly GatewayChange[];
}

const HOUR_MS = 3_600_000;
/** An upstream that goes up and down all the time must not take memory, nor push out what others did within minutes. */
const MOST = 200;

/** Keeps the last hour's changes. */
export function createChanges(now: () => number = Date.now): Changes {
  let kept: GatewayChange[] = [];
  const recent = () => kept.filter(({ at }) => at > now() - HOUR_MS);
  return {
    note(event, provider) {
      // Reads and writes have circuits of their own: what both say is one change.
      const before = kept.findLast((change) => change.provider === (provider ?? null));
      if (before?.event === event) return;
      kept = [...recent(), { at: now(), event, provider: provider ?? null }].slice(-MOST);
    },
    lastHour: () => recent().toReversed(),
  };
}
