import { GatewayError } from '../errors.js';
import type { Holder } from '../providers/mypit/model.js';
import type { MyPitCredential, MyPitSession } from '../providers/mypit/session.js';
import type { User } from '../providers/pi/model.js';
import type { AccessOptions } from './access-options.js';
import { requireScope } from './require-scope.js';
import type { MyPitRight } from './rights.js';

/** The part of Access that opens MyPit. */
export interface MyPitAccess {
  /** Badges and holders of the acting user that the credential names. Reads share one session per operation. */
  mypit(right: Exclude<MyPitRight, 'mypit:pii'>): MyPitSession;
  /** Refuses whoever may not see holders' e-mail addresses, phone numbers and DIDs. */
  requireHolderContact(): void;
  /** The holder who is the signed-in Pi user, asked for with the uid that Pi vouches for; null when there is none. */
  ownHolder(): Promise<Holder | null>;
}

const OWN_PAIR = ', or your own x-mypit-client-id, x-mypit-secret-key and x-mypit-user-id';

/** `me`: the verified Pi user. */
export function createMyPitAccess(
  { viewer, providers: { mypit }, fingerprint, reads, writes }: AccessOptions,
  me: () => Promise<User>,
): MyPitAccess {
  let readSession: MyPitSession | undefined;

  const identify = (source: MyPitCredential['source'], fields: MyPitCredential['fields']): MyPitCredential => ({
    source,
    fields,
    fingerprint: fingerprint(
      'mypit',
      mypit.baseUrl,
      fields.clientId,
      fields.secretKey,
      fields.userId,
      fields.issuerDid ?? '',
    ),
  });
  /** The caller's own, when any of its headers came: then the server's must not be used. */
  const brought = (): MyPitCredential | undefined => {
    if (viewer.mypit.state === 'usable') return identify('caller', viewer.mypit.fields);
    if (viewer.mypit.state === 'absent') return undefined;
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
    mypit(right) {
      const own = brought();
      if (!own) requireScope(viewer, right, OWN_PAIR);
      const credential = own ?? servers();
      if (right === 'mypit:read') return reading(credential);
      // What is read after a write is read anew.
      readSession = undefined;
      return mypit.open(credential, writes());
    },
    requireHolderContact() {
      if (!brought()) requireScope(viewer, 'mypit:pii', OWN_PAIR);
    },
    async ownHolder() {
      const { uid } = await me();
      return reading(brought() ?? servers()).holderOfUser(uid);
    },
  };
}
