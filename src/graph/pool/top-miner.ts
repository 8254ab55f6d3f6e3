import type { TopMiner } from '../../providers/bitminter/model.js';
import { builder } from '../builder.js';
import { bitminter, priced } from '../costs.js';
import { cacheId, encodeGlobalId } from '../node-type.js';
import { forEverybodyAlike } from '../rights.js';
import { hashRateField } from './hash-rate.js';

const TopMinerRef = builder.objectRef<TopMiner>('TopMiner').implement({
  description: "One of the pool's fastest miners.",
  fields: (t) => ({
    id: t.id({ description: cacheId, resolve: ({ name }) => encodeGlobalId('TopMiner', name) }),
    rank: t.exposeInt('rank', { description: 'Place by hash rate; 1 is the fastest.' }),
    name: t.exposeString('name', { description: 'Name of the account.' }),
    hashRate: hashRateField<TopMiner>(t, 'all its machines'),
  }),
});

builder.queryField('topMiners', (t) =>
  t.field({
    ...priced(forEverybodyAlike, [bitminter(1)]),
    type: [TopMinerRef],
    nullable: true,
    description: "The pool's fastest miners, 50 at most, fastest first. One call a minute for everybody.",
    resolve: async (_root, _args, context) => [...(await context.access.of('bitminter').pool().topMiners())],
  }),
);
