import type { PoolShift } from '../../providers/bitminter/model.js';
import { builder } from '../builder.js';
import { DEFAULT_PAGE, MAX_PAGE, toConnection } from '../connections.js';
import { connectionType } from '../connection-type.js';
import { priced } from '../costs.js';
import { cacheId, encodeGlobalId } from '../node-type.js';
import { forEverybodyAlike } from '../rights.js';
import { listingPrice, positionToJson, toPoolSlice } from './pool-connection.js';

const PoolShiftRef = builder.objectRef<PoolShift>('PoolShift').implement({
  description: 'A completed shift of the whole pool. The running one is in `poolRound`.',
  fields: (t) => ({
    id: t.id({ description: cacheId, resolve: ({ shiftId }) => encodeGlobalId('PoolShift', shiftId) }),
    shiftId: t.exposeID('shiftId', { description: "The pool's own id of the shift." }),
    difficulty: t.exposeFloat('difficulty', { description: 'The difficulty when it was completed.' }),
    accepted: t.expose('accepted', { type: 'BigInt', description: 'Accepted proofs of work.' }),
    rejected: t.expose('rejected', { type: 'BigInt', description: 'Rejected proofs of work.' }),
    score: t.exposeFloat('score', { description: "The pool's score of the shift." }),
    completedAt: t.expose('completedAt', { type: 'DateTime', description: 'When it was completed.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'How long it took, in seconds.' }),
  }),
});

const PoolShiftConnection = connectionType('PoolShift', PoolShiftRef, {
  page: 'A page of shifts, newest first.',
  row: 'One row of a listing of shifts.',
  cursor: "This row's place, for `after`. Good only for this listing.",
  node: "The shift; null, with an error at this path, when the pool's row could not be read.",
  nodes: 'The shifts of the rows; null where one could not be read.',
});

builder.queryField('poolShifts', (t) =>
  t.field({
    ...priced(forEverybodyAlike, listingPrice),
    type: PoolShiftConnection,
    nullable: true,
    description:
      'Completed shifts, newest first. Forward only: shifts completed meanwhile neither repeat nor hide a ' +
      'row. One call for each 50 rows, shared by everybody for a minute.',
    args: {
      first: t.arg.int({ description: `Rows of the page: 0 to ${MAX_PAGE}; ${DEFAULT_PAGE} when omitted.` }),
      after: t.arg.string({ description: 'Only rows behind this cursor.' }),
    },
    resolve: async (_root, args, context) => {
      const pool = context.access.of('bitminter').pool();
      const cursors = context.cursors.bind(() => JSON.stringify(['poolShifts']), pool.fingerprint);
      return toConnection(await pool.shifts(toPoolSlice(args, cursors)), cursors, positionToJson);
    },
  }),
);
