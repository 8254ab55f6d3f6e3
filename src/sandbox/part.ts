/** What the parts of one sandbox have in common. */
export interface SandboxClock {
  /** Epoch milliseconds. */
  now(): number;
  /** How many times faster than usual work makes progress: 2 halves every wait, Infinity leaves none. */
  readonly speed: number;
}

/** One upstream of the sandbox, running. */
export interface SandboxPart {
  /** What points the gateway at it, named like environment variables. */
  readonly settings: Readonly<Record<string, string>>;
  /** Request headers that sign a person in with this upstream: GraphiQL starts with them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the programs of `examples/` need beside the gateway, named like environment variables. */
  readonly examples?: Readonly<Record<string, string>>;
  close(): Promise<void>;
}
