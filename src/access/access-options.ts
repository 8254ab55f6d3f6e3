import type { OperationScope } from '../providers/provider.js';
import type { Definitions, Providers } from '../providers/registry.js';
import type { Fingerprint } from './fingerprint.js';
import type { Identities } from './identity.js';
import type { PaymentRight } from './scopes.js';
import type { Viewer } from './viewer.js';
import type { Vouched } from './vouched.js';

/** What the access of one operation is made from. */
export interface AccessOptions {
  readonly viewer: Viewer;
  readonly definitions: Definitions;
  readonly providers: Providers;
  readonly fingerprint: Fingerprint;
  readonly identities: Identities;
  readonly vouched: Vouched;
  /** Where the caller is, as far as it can be told. */
  readonly address: string;
  readonly piUserActions: ReadonlySet<PaymentRight>;
  /** Scope of reads: ends with the operation. */
  readonly reads: OperationScope;
  /** Scope of one write: made when the write begins, so that each has its own time. */
  writes(): OperationScope;
}
