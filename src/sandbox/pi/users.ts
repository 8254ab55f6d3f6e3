import { uuidOf } from '../names.js';

/** A person with a Pi account who uses the co-op's app. */
export interface PiUser {
  /** As the Pi Platform knows them in this app; the same at every start. */
  readonly uid: string;
  readonly username: string;
  readonly scopes: readonly string[];
}

/** The two members that carry Pi tokens; other parts of the sandbox refer to them by uid. */
export const piUsers = {
  juniper: {
    uid: uuidOf('hollow-creek/juniper'),
    username: 'juniper_fields',
    scopes: ['username', 'payments', 'wallet_address'],
  },
  /** Has not shared a wallet, so nothing can be paid out to them. */
  marlow: { uid: uuidOf('hollow-creek/marlow'), username: 'marlow_hives', scopes: ['username', 'payments'] },
} as const satisfies Readonly<Record<string, PiUser>>;
