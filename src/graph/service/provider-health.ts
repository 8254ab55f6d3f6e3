import type { HealthReport } from '../../access/health.js';
import { instantFromMillis } from '../../values/instant.js';
import { builder } from '../builder.js';
import { bitminter, ledger, mypit, pi, pinning, priced } from '../costs.js';
import { codeOfKind } from '../errors.js';
import { forAnyone } from '../rights.js';
import { ErrorCodeEnum } from '../user-errors.js';

/** More pinning services than this nobody is taken to have. */
const MOST_SERVICES = 10;

const CircuitEnum = builder.enumType('Circuit', {
  description: 'Whether calls to a provider are let through.',
  values: {
    CLOSED: { description: 'Calls go through.' },
    OPEN: { description: 'The provider has been failing; calls are refused for a few seconds.' },
    HALF_OPEN: { description: 'One call is let through to see whether the provider is back.' },
  },
});

const StandingEnum = builder.enumType('ProviderStanding', {
  description: 'What the last calls to a provider say, however few they were.',
  values: {
    NOT_ASKED: { description: 'Nothing has been asked of it yet.' },
    WELL: { description: 'It answered last, be it to refuse something.' },
    FAILING: {
      description:
        "The last of our calls failed, or this gateway's credential was refused: several times, or long after a good answer. " +
        'Also while the circuit is not closed.',
    },
  } satisfies Record<NonNullable<HealthReport['standing']>, { description: string }>,
});

const CallBudget = builder.objectRef<NonNullable<HealthReport['budget']>>('CallBudget').implement({
  description: 'How many calls a provider still allows, as its answers say.',
  fields: (t) => ({
    remaining: t.exposeInt('remaining', { description: 'Calls that are left.' }),
    limit: t.int({
      nullable: true,
      description: 'Calls of a full budget; null when it does not say.',
      resolve: ({ limit }) => limit ?? null,
    }),
    resetsAt: t.field({
      type: 'DateTime',
      description: 'When it is full again.',
      resolve: ({ resetsAt }) => instantFromMillis(resetsAt),
    }),
  }),
});

const ProviderHealth = builder.objectRef<HealthReport>('ProviderHealth').implement({
  description: 'How a provider is doing, as this instance sees it.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'As in `extensions.provider`, such as `pi` or `pinning:<service>`.',
    }),
    enabled: t.exposeBoolean('enabled', { description: 'Whether it is switched on here.' }),
    configured: t.exposeBoolean('configured', {
      description:
        "Whether this deployment has a credential of its own for it, or needs none; without one it serves callers' own.",
    }),
    circuit: t.expose('circuit', {
      type: CircuitEnum,
      nullable: true,
      description: 'Whether calls are let through; null for callers without an operator key.',
    }),
    lastSuccessAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last answered well; null before that, and for callers without an operator key.',
      resolve: (health) => (health.lastSuccessAt === null ? null : instantFromMillis(health.lastSuccessAt)),
    }),
    standing: t.expose('standing', {
      type: StandingEnum,
      nullable: true,
      description:
        'How it is doing: the circuit needs many calls to open, and begins closed, this needs one. Null for callers ' +
        'without an operator key.',
    }),
    lastFailureAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last failed; null before that, and for callers without an operator key.',
      resolve: ({ lastFailure }) => (lastFailure ? instantFromMillis(lastFailure.at) : null),
    }),
    lastFailure: t.field({
      type: ErrorCodeEnum,
      nullable: true,
      description: 'How it last failed, as a code of errors; null where `lastFailureAt` is.',
      resolve: ({ lastFailure }) => (lastFailure ? codeOfKind(lastFailure.kind) : null),
    }),
    latencyMs: t.exposeInt('latencyMs', {
      nullable: true,
      description:
        "Median time of the last 50 answers to calls with this gateway's credential, in milliseconds; null " +
        'before the first, and for callers without an operator key.',
    }),
    budget: t.field({
      type: CallBudget,
      nullable: true,
      description:
        'What is left of the calls that the provider allows, where it says so in its answers: of several ' +
        'budgets the one with the least left. Null where it says nothing, and for callers without an ' +
        'operator key.',
      resolve: ({ budget }) => budget,
    }),
    reachable: t.boolean({
      // Each row asks its own: all of them are asked once, and of the pinning services each.
      ...priced({}, [pi(1), mypit(1), pinning(MOST_SERVICES), bitminter(1), ledger(1)]),
      nullable: true,
      description:
        "Whether it answers a ping with this gateway's credential, tried at most every 30 seconds; null for " +
        'callers without an operator key.',
      resolve: (health) => health.reachable(),
    }),
  }),
});

builder.queryField('providers', (t) =>
  t.field({
    ...priced(forAnyone, []),
    type: [ProviderHealth],
    description: 'All providers. No call to any, unless `reachable` is asked for.',
    resolve: (_root, _args, context) => [...context.health()],
  }),
);
