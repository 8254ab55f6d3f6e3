import { startBitMinter } from './bitminter/index.js';
import { startMyPit } from './mypit/index.js';
import { randomSecret, sha256Hex } from './names.js';
import type { SandboxClock, SandboxPart } from './part.js';
import { startPi } from './pi/index.js';
import { startPinning } from './pinning/index.js';

/** Everything that a person who tries the gateway out may want to do. */
const PLAYGROUND_SCOPES = [
  'pi:read',
  'pi:approve',
  'pi:complete',
  'pi:cancel',
  'pi:payout',
  'mypit:read',
  'mypit:pii',
  'mypit:write',
  'mypit:delete',
  'mypit:issue',
  'pin:read',
  'pin:write',
  'bm:read',
  'ops:read',
  'ops:write',
  'schema:read',
];

/** Every upstream of the sandbox, one line each; the ledger comes with Pi, whose payments it holds. */
const starters: readonly ((clock: SandboxClock) => Promise<SandboxPart>)[] = [
  startPi,
  startMyPit,
  startPinning,
  startBitMinter,
];

export interface SandboxOptions {
  /** Epoch milliseconds; the system clock when not given. */
  readonly now?: () => number;
  /** How many times faster than usual work makes progress; Infinity leaves no wait. 1 when not given. */
  readonly speed?: number;
  /** A fixed operator key, for tests; a random one when not given. */
  readonly operatorKey?: string;
}

/** Embedded upstreams, running on loopback. */
export interface Sandbox {
  /** What points the gateway at them, named like environment variables. */
  readonly settings: Readonly<Record<string, string>>;
  /** The gateway key that may do everything. */
  readonly operatorKey: string;
  /** What GraphiQL sends along: the operator key, and whoever is signed in with an upstream. */
  readonly headers: Readonly<Record<string, string>>;
  /** What programs beside the gateway need: where the ledger is, the seed of the app's wallet, a user's token. */
  readonly examples: Readonly<Record<string, string>>;
  /** Stops them; a second call is harmless. */
  close(): Promise<void>;
}

/** Starts the embedded upstreams. Their tokens, and the operator key unless given, differ at every start. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { now = Date.now, speed = 1, operatorKey = randomSecret() } = options;
  const started = await Promise.allSettled(starters.map((start) => start({ now, speed })));
  const parts = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async () => {
    await Promise.all(parts.map((part) => part.close()));
  };
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) {
    await close();
    throw failure.reason;
  }
  const settings = Object.fromEntries(parts.flatMap((part) => Object.entries(part.settings)));
  return {
    settings: { ...settings, GATEWAY_KEYS: `playground:${sha256Hex(operatorKey)}:${PLAYGROUND_SCOPES.join('+')}` },
    operatorKey,
    headers: parts.reduce((all, part) => ({ ...all, ...part.headers }), { 'x-gateway-key': operatorKey }),
    examples: Object.assign({}, ...parts.map((part) => part.examples ?? {})) as Record<string, string>,
    close,
  };
}
