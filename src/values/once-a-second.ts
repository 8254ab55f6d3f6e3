/** Counts, and tells a second after the first. */
export function onceASecond(tell: (count: number) => void): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count > 1) return;
    setTimeout(() => {
      tell(count);
      count = 0;
    }, 1_000).unref();
  };
}
