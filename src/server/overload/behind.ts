/** An operator's name; null for all others. Costs something to find out. */
export type Privilege = () => string | null;

/** What has arrived: exactly one of the two is called, soon. `left` must follow each `go` once. */
export interface Arrival {
  readonly go: () => void;
  readonly refuse: () => void;
  /** Asked when the line is full: in whose name it may stand behind it. */
  readonly privilege?: Privilege;
}

/**
 * Who stands behind a full line: so many of each operator, so that a flood by one key, leaked or gone wrong, takes no room
 * from the others. There are as many operators as the deployment has keys.
 */
export class Behind<Waiting> {
  private readonly queue: { readonly one: Waiting; readonly name: string }[] = [];
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly mostOfEach: number,
    private readonly operators = Infinity,
  ) {}

  get length(): number {
    return this.queue.length;
  }

  /** In whose name somebody may stand here; null when nobody's, or when there are enough of his. */
  nameFor(privilege: Privilege | undefined): string | null {
    // A key has to be hashed before it can be known: a tenth of a refusal, spared where no name would help.
    if (this.queue.length >= this.mostOfEach * this.operators) return null;
    const name = privilege?.() ?? null;
    return name !== null && (this.counts.get(name) ?? 0) < this.mostOfEach ? name : null;
  }

  push(one: Waiting, name: string): void {
    this.queue.push({ one, name });
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  shift(): Waiting | undefined {
    const first = this.queue.shift();
    if (first === undefined) return undefined;
    this.counts.set(first.name, (this.counts.get(first.name) ?? 1) - 1);
    return first.one;
  }

  /** Takes all out. */
  empty(): readonly Waiting[] {
    this.counts.clear();
    return this.queue.splice(0).map(({ one }) => one);
  }
}
