import type { HealthReport } from '../../access/health.js';
import { instantFromMillis } from '../../values/instant.js';
import { builder } from '../builder.js';
import { bitminter, ledger, mypit, pi, pinning, priced } from '../costs.js';
import { forAnyone } from '../rights.js';

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
    reachable: t.boolean({
      // Each row asks its own: all of them are asked once, and of the pinning services each.
      ...priced({}, [pi(1), mypit(1), pinning(MOST_SERVICES), bitminter(1), ledger(1)]),
      nullable: true,
      description:
        "Whether it answers a ping with this gateway's credential, tried at most every 30 seconds; null for callers without an operator key.",
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
