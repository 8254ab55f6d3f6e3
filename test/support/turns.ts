/** How many turns of the event loop something takes, from before it is begun. */
export async function turnsOf(begin: () => unknown): Promise<number> {
  let turns = 0;
  let over = false;
  const count = (): void => {
    if (over) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  await begin();
  over = true;
  return turns;
}
