import type { GatewayChange, GatewayEvent, GatewayReport } from '../../access/recent-changes.js';
import { instantFromMillis } from '../../values/instant.js';
import { builder } from '../builder.js';
import { priced } from '../costs.js';
import { forOps } from '../rights.js';

type StateReport = GatewayReport['state'];

const StateKindEnum = builder.enumType('StateKind', {
  description: 'Where the state of money lies: idempotency keys, caps, quarantines.',
  values: {
    MEMORY: { value: 'memory', description: 'In this process: it ends with it.' },
    EMBEDDED: { value: 'embedded', description: 'In a folder of this instance.' },
    REDIS: { value: 'redis', description: 'In a Redis that instances share.' },
  } satisfies Record<Uppercase<StateReport['kind']>, { value: StateReport['kind']; description: string }>,
});

const StateAvailabilityEnum = builder.enumType('StateAvailability', {
  description: 'Whether the state can be reached.',
  values: {
    STARTING: { value: 'starting', description: 'It has not been reached yet.' },
    AVAILABLE: { value: 'available', description: 'It can be reached.' },
    LOST: { value: 'lost', description: 'It was reached and cannot be now; payouts and badges wait for it.' },
  } satisfies Record<
    Uppercase<StateReport['availability']>,
    { value: StateReport['availability']; description: string }
  >,
});

const StateDoubtEnum = builder.enumType('StateDoubt', {
  description: 'Why what must never be done twice cannot rest on the state now.',
  values: {
    EVICTS: { value: 'evicts', description: 'It throws entries out when it is full: set `noeviction`.' },
    EMPTIED: {
      value: 'emptied',
      description: 'It lost what it had been given, and nobody has accepted that: `headgate state accept`.',
    },
    CLOCK: {
      value: 'clock',
      description:
        "This machine's clock is behind the date of its last work, or more than 40 days ahead: set it right, or `headgate state accept`.",
    },
    FORGETS: {
      value: 'forgets',
      description: 'It ends with its process, which is one of production: set `STATE_DIR` to a folder, or `REDIS_URL`.',
    },
    UNCHECKED: {
      value: 'unchecked',
      description: 'It has not been looked at yet, or does not tell whether it throws entries out: allow `INFO`.',
    },
  } satisfies Record<
    Uppercase<NonNullable<StateReport['doubt']>>,
    { value: NonNullable<StateReport['doubt']>; description: string }
  >,
});

const GatewayState = builder.objectRef<StateReport>('GatewayState').implement({
  description: 'What idempotency keys, caps and quarantines rest on.',
  fields: (t) => ({
    kind: t.expose('kind', { type: StateKindEnum, description: 'Where it lies.' }),
    availability: t.expose('availability', {
      type: StateAvailabilityEnum,
      description: 'Whether it can be reached.',
    }),
    doubt: t.expose('doubt', {
      type: StateDoubtEnum,
      nullable: true,
      description: 'Why payouts and badges are refused although it can be reached; null when they are not.',
    }),
  }),
});

const GatewayEventEnum = builder.enumType('GatewayEvent', {
  description: 'What can change about an instance.',
  values: {
    STARTED: { description: 'The instance started.' },
    CIRCUIT_OPENED: { description: 'A provider has been failing: calls to it are refused for a few seconds.' },
    CIRCUIT_CLOSED: { description: 'A provider is well again: calls go through.' },
    PROVIDER_FAILING: { description: "The last calls to a provider failed, or it refused this gateway's credential." },
    PROVIDER_RECOVERED: { description: 'A provider that was failing answered again.' },
    STATE_REACHED: { description: 'The state can be reached, for the first time or again.' },
    STATE_LOST: { description: 'The state cannot be reached any more.' },
    STATE_EVICTS: { description: 'The state throws entries out when it is full.' },
    STATE_UNSEEN: { description: 'The state does not tell whether it throws entries out.' },
    STATE_EMPTIED: { description: 'The state lost what it had been given.' },
    STATE_FOREIGN: { description: 'The state belongs to a deployment with another secret.' },
    STATE_CLOCK_DOUBTED: { description: "This machine's clock does not fit the date of its last work." },
    STATE_CLOCK_BELIEVED: { description: 'The clock was set right, or an operator accepted it.' },
    STATE_LOSS_ACCEPTED: { description: 'An operator accepted that the state lost something.' },
  } satisfies Record<GatewayEvent, { description: string }>,
});

const GatewayChangeRef = builder.objectRef<GatewayChange>('GatewayChange').implement({
  description: 'Something that changed about this instance.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When.', resolve: ({ at }) => instantFromMillis(at) }),
    event: t.expose('event', { type: GatewayEventEnum, description: 'What.' }),
    provider: t.exposeString('provider', {
      nullable: true,
      description: 'The provider that it is about; null when it is about the instance itself.',
    }),
  }),
});

const GatewayRef = builder.objectRef<GatewayReport>('Gateway').implement({
  description: 'How the instance that answers is doing.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'The version that runs.' }),
    state: t.field({ type: GatewayState, description: 'What money rests on.', resolve: ({ state }) => state }),
    streams: t.exposeInt('streams', { description: 'Subscriptions that are open.' }),
    polled: t.exposeInt('polled', { description: 'Objects of upstreams that are watched, however many watch each.' }),
    pollSubscribers: t.exposeInt('pollSubscribers', { description: 'Subscriptions that watch them.' }),
    changes: t.field({
      type: [GatewayChangeRef],
      description: 'What changed within the last hour, newest first, at most 200.',
      resolve: ({ changes }) => [...changes],
    }),
  }),
});

builder.queryField('gateway', (t) =>
  t.field({
    ...priced(forOps('ops:read'), []),
    type: GatewayRef,
    nullable: true,
    description: 'The instance that answers: its state, its streams, what changed lately. No call to any provider.',
    resolve: (_root, _args, context) => context.gateway(),
  }),
);
