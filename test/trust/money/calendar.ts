const DAY_MS = 86_400_000;
const MAY_GO_BACK_MS = 10 * 60_000;
const MAY_BE_OFF_MS = 40 * DAY_MS;

/** The day that a payout counts on, worked out apart from what is under test, by whose clock it has to be. */
export interface Calendar {
  /** `in doubt` where none may be sent. */
  day(): string;
  /** A life begins over the store. */
  begin(): void;
  /** Somebody may have set the clock on the wall. */
  look(): void;
  /** People take the clock on the wall for right. */
  accept(): void;
}

const dayOf = (date: number): string => new Date(date).toISOString().slice(0, 10);

/** A clock that nobody sets: `now` tells it. */
export function steady(now: () => number): Calendar {
  return { day: () => dayOf(now()), begin() {}, look() {}, accept() {} };
}

/** The clock on the wall as it was when it was first believed in a life. */
export function ofFolder(): Calendar {
  let latest: number | undefined;
  let believed: number | undefined;
  const look = (): void => {
    if (believed !== undefined) return;
    const wall = Date.now();
    if (latest !== undefined && (wall < latest - MAY_GO_BACK_MS || wall > latest + MAY_BE_OFF_MS)) return;
    believed = wall;
    latest = Math.max(wall, latest ?? wall);
  };
  return {
    day: () => (believed === undefined ? 'in doubt' : dayOf(believed)),
    begin() {
      believed = undefined;
      look();
    },
    look,
    accept() {
      if (believed !== undefined) return;
      latest = Date.now();
      look();
    },
  };
}
