import type { PollEvent } from '../../polling/polling.js';
import type { PoolStats } from '../../providers/bitminter/model.js';
import { builder } from '../builder.js';
import { bitminter, poll, priced } from '../costs.js';
import { forAnyone } from '../rights.js';
import { latestOf, streamOf } from '../streams.js';
import { PoolStatsRef } from './pool-stats.js';

/** The one object that the pool's poll reads. */
const STATS = 'stats';

builder.subscriptionField('poolStats', (t) =>
  t.field({
    ...priced(forAnyone, [poll(bitminter(4))]),
    type: PoolStatsRef,
    nullable: true,
    description:
      "The mining pool's figures now, then whenever one of them has changed. One poll for everybody; never ends by itself.",
    subscribe: (_root, _args, context) => {
      const source = context.access.of('bitminter').pool().statsPollSource();
      return streamOf(context, () => context.polling.watch(source, [STATS]));
    },
    resolve: (event) => latestOf(event as PollEvent<PoolStats>),
  }),
);
