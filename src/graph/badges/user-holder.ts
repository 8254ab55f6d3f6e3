import { builder } from '../builder.js';
import { me, mypit, priced } from '../costs.js';
import { UserRef } from '../user/user.js';
import { HolderRef } from './holder.js';

builder.objectField(UserRef, 'holder', (t) =>
  t.field({
    ...priced({}, [mypit(1), me]),
    type: HolderRef,
    nullable: true,
    description:
      "The badge holder whose `externalId` is this user's uid; null when there is none. The user may read " +
      'their own e-mail address and phone number there. One call.',
    resolve: async ({ uid }, _args, context) => {
      const holder = await context.access.of('mypit').ownHolder();
      // Users are only ever the caller's own; this says so where it matters.
      const own = holder !== null && (await context.access.me()).uid === uid;
      return own ? { ...holder, own } : null;
    },
  }),
);
