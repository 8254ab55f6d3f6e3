import type { OperationScope } from '../providers/provider.js';
import type { Providers } from '../providers/registry.js';
import { createBitMinterAccess, type BitMinterAccess } from './bitminter-access.js';
import type { Fingerprint } from './fingerprint.js';
import type { Identities } from './identity.js';
import { createMyPitAccess, type MyPitAccess } from './mypit-access.js';
import { createPiAccess, type PaymentRight, type PiAccess } from './pi-access.js';
import { createPinningAccess, type PinningAccess } from './pinning-access.js';
import type { Viewer } from './viewer.js';

/** What one operation's caller may reach. Every method either opens what was asked for or throws a coded refusal. */
export interface Access extends PinningAccess, PiAccess, MyPitAccess, BitMinterAccess {
  /** Names this caller for limits, idempotency and stream caps: equal for equal credentials, tells nothing of them. */
  readonly principal: string;
  /** A name of this caller that survives restarts and holds no secret: for markers in written objects. */
  readonly callerName: string;
  readonly isOperator: boolean;
}

export interface AccessOptions {
  readonly viewer: Viewer;
  readonly providers: Providers;
  readonly fingerprint: Fingerprint;
  readonly identities: Identities;
  readonly piUserActions: ReadonlySet<PaymentRight>;
  /** Scope of reads: ends with the operation. */
  readonly reads: OperationScope;
  /** Scope of one write: made when the write begins, so that each has its own time. */
  writes(): OperationScope;
}

/** Opens nothing by itself: no call is made before a method is used. */
export function createAccess(options: AccessOptions): Access {
  const { viewer, fingerprint } = options;
  const pi = createPiAccess(options);
  let principal: string | undefined;
  return {
    ...createPinningAccess(options),
    ...pi,
    ...createMyPitAccess(options, pi.me),
    ...createBitMinterAccess(options),
    get principal() {
      return (principal ??= namePrincipal(viewer, fingerprint));
    },
    callerName: viewer.operator === null ? 'caller' : `operator:${viewer.operator.name}`,
    isOperator: viewer.operator !== null,
  };
}

function namePrincipal({ operator, piToken, pinning, mypit, bitminter }: Viewer, fingerprint: Fingerprint): string {
  const fields = [
    operator?.name ?? '',
    piToken ?? '',
    pinning.state === 'usable' ? pinning.fields.token : '',
    ...(mypit.state === 'usable' ? [mypit.fields.clientId, mypit.fields.secretKey, mypit.fields.userId] : ['', '', '']),
    bitminter.state === 'usable' ? bitminter.fields.key : '',
  ];
  return fields.every((field) => field === '') ? 'public' : fingerprint('caller', '', ...fields);
}
