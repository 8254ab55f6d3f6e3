import type { User } from '../../providers/pi/model.js';
import { checkUid } from '../../providers/pi/validate.js';
import { builder } from '../builder.js';
import { me, priced } from '../costs.js';
import { nodeType } from '../node-type.js';
import { registerNode } from '../nodes.js';
import { forPiUser } from '../rights.js';

export const UserRef = builder.objectRef<User>('User');

nodeType(UserRef, {
  description: 'A Pi user, as their own access token shows them.',
  id: { resolve: (user) => user.uid, description: "Global id: opaque, and good for `node` with the user's own token." },
  fields: (t) => ({
    uid: t.exposeID('uid', {
      description: "The user's id in this app; it changes when the user withdraws their consent.",
    }),
    username: t.exposeString('username', {
      nullable: true,
      description: "The user's name; null without the scope `username`.",
    }),
    scopes: t.exposeStringList('scopes', { description: "What the user agreed to, in Pi's words." }),
    tokenValidUntil: t.expose('tokenValidUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'When the access token ends.',
    }),
    walletAddress: t.exposeString('walletAddress', {
      nullable: true,
      description: "The user's wallet; null without the scope `wallet_address`.",
    }),
  }),
});

registerNode('User', {
  check: checkUid,
  async load(uid, context) {
    const user = await context.access.me();
    return user.uid === uid ? user : null;
  },
});

builder.queryField('me', (t) =>
  t.field({
    ...priced(forPiUser, [me]),
    type: UserRef,
    nullable: true,
    description: 'The Pi user whose access token was sent. One call, or none while a recent answer may be used.',
    resolve: (_root, _args, context) => context.access.me(),
  }),
);
