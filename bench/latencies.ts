/** Many latencies, kept as counts: hundredths of a millisecond up to 2 seconds; what took longer counts as that. */
export interface Latencies {
  add(ms: number): void;
  /** The latency in milliseconds that this share of all did not exceed; Infinity of none. */
  percentile(share: number): number;
}

const BUCKETS = 200_000;

/** An empty collection. */
export function createLatencies(): Latencies {
  const counts = new Uint32Array(BUCKETS);
  let total = 0;
  return {
    add(ms) {
      const bucket = Math.min(BUCKETS - 1, Math.round(ms * 100));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      total += 1;
    },
    percentile(share) {
      let seen = 0;
      for (let bucket = 0; total > 0 && bucket < BUCKETS; bucket += 1) {
        seen += counts[bucket] ?? 0;
        if (seen >= total * share) return bucket / 100;
      }
      return Infinity;
    },
  };
}
