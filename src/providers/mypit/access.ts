import { GatewayError } from '../../errors.js';
import type { Caller } from '../provider.js';
import type { mypitScopes } from './callers.js';
import type { MyPitFields } from './config.js';
import type { Holder } from './model.js';
import type { MyPit, MyPitCredential, MyPitSession } from './session.js';

type MyPitRight = (typeof mypitScopes)[number];

/** What callers may open of MyPit. */
export interface MyPitAccess {
  /** Badges and holders of the acting user that the credential names. Reads share one session per operation. */
  open(right: Exclude<MyPitRight, 'mypit:pii'>): MyPitSession;
  /** Refuses whoever may not see holders' e-mail addresses, phone numbers and DIDs. */
  requireHolderContact(): void;
  /** The holder who is the signed-in Pi user, asked for with the uid that Pi vouches for; null when there is none. */
  ownHolder(): Promise<Holder | null>;
}

const OWN_PAIR = ', or your own x-mypit-client-id, x-mypit-secret-key and x-mypit-user-id';

export function createMyPitAccess(
  mypit: MyPit,
  { brought: sent, requireScope, userUid, fingerprint, reads, writes }: Caller<MyPitFields>,
): MyPitAccess {
  let readSession: MyPitSession | undefined;

  const identify = (source: MyPitCredential['source'], fields: MyPitCredential['fields']): MyPitCredential => ({
    source,
    fields,
    fingerprint: fingerprint(mypit.baseUrl, fields.clientId, fields.secretKey, fields.userId, fields.issuerDid ?? ''),
  });
  /** The caller's own, when any of its headers came: then the server's must not be used. */
  const brought = (): MyPitCredential | undefined => {
    if (sent.state === 'usable') return identify('caller', sent.fields);
    if (sent.state === 'absent') return undefined;
    throw new GatewayError(
      'UNAUTHENTICATED',
      'The headers x-mypit-client-id, x-mypit-secret-key and x-mypit-user-id go together; one is missing, empty or malformed.',
      { provider: 'mypit' },
    );
  };
  const servers = (): MyPitCredential => {
    if (mypit.fields) return identify('server', mypit.fields);
    throw new GatewayError(
      'PROVIDER_DISABLED',
      'This gateway has no MyPit credential (MYPIT_CLIENT_ID); send your own in x-mypit-client-id, x-mypit-secret-key and x-mypit-user-id.',
      { provider: 'mypit' },
    );
  };
  const reading = (credential: MyPitCredential): MyPitSession => (readSession ??= mypit.open(credential, reads));

  return {
    open(right) {
      const own = brought();
      if (!own) requireScope(right, OWN_PAIR);
      const credential = own ?? servers();
      if (right === 'mypit:read') return reading(credential);
      // What is read after a write is read anew.
      readSession = undefined;
      return mypit.open(credential, writes());
    },
    requireHolderContact() {
      if (!brought()) requireScope('mypit:pii', OWN_PAIR);
    },
    async ownHolder() {
      const uid = await userUid();
      return reading(brought() ?? servers()).holderOfUser(uid);
    },
  };
}
