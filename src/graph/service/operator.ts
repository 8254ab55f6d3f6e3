import type { Operator } from '../../access/operators.js';
import { builder } from '../builder.js';
import { priced } from '../costs.js';
import { forAnyone } from '../rights.js';

const OperatorRef = builder.objectRef<Operator>('Operator').implement({
  description: 'An operator key: a trusted server, or a person who looks after this deployment.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name in GATEWAY_KEYS, as in the log.' }),
    scopes: t.stringList({
      description: 'What it may do, such as `pi:read`: the names that fields give their rights by.',
      resolve: ({ scopes }) => [...scopes],
    }),
  }),
});

builder.queryField('operator', (t) =>
  t.field({
    ...priced(forAnyone, []),
    type: OperatorRef,
    nullable: true,
    description:
      'Whose operator key came with the request, and what it may do; null without one, and for a key that is not known here. No call.',
    resolve: (_root, _args, context) => context.access.operator,
  }),
);
