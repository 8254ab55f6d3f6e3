import { dateFrom } from './days.js';
import type { StateReport } from './state.js';

/** Where the date is written down that a folder was last used on. */
export interface DatePlace {
  /** As it is now, whichever process wrote it. */
  read(): number | undefined;
  /** Only inside a change. */
  write(date: number): void;
}

/** The date that a folder goes by. */
export interface FolderDate {
  /** Epoch milliseconds; undefined while the clock on the wall is in doubt. */
  now(): number | undefined;
  /** Writes down how late it is; only inside a change. */
  note(): void;
}

/** NTP and people correct clocks by so much. */
const MAY_GO_BACK_MS = 10 * 60_000;
/** As long as a day's sum is kept: a machine that was off for longer looks like one whose clock is wrong. */
const MAY_BE_OFF_MS = 40 * 86_400_000;

/** Why a clock that shows this cannot be believed by a folder that was last used at `last`; undefined when it can. */
export function whyDoubted(wall: number, last: number | undefined): string | undefined {
  if (last === undefined) return undefined;
  const [shown, written] = [wall, last].map((date) => new Date(date).toISOString());
  const says = `the clock of this machine says ${shown}`;
  if (wall < last - MAY_GO_BACK_MS) return `${says}, which is before ${written}, when this state was last used`;
  if (wall > last + MAY_BE_OFF_MS) return `${says}, more than 40 days after ${written}, when this state was last used`;
  return undefined;
}

/**
 * Believes the clock on the wall once, when it fits what the folder was last used on, and goes on from there by itself. Until it
 * fits each question looks at both again: somebody may have set the clock right, or accepted it by writing it down.
 */
export function createFolderDate(place: DatePlace, report: StateReport): FolderDate {
  let date: (() => number) | undefined;
  /** Never written back, or a row of small steps back would lead far. */
  let latest = 0;
  let doubted = false;
  const now = (): number | undefined => {
    if (date) return date();
    const wall = Date.now();
    const last = place.read();
    const why = whyDoubted(wall, last);
    if (why === undefined) {
      date = dateFrom(wall);
      latest = Math.max(wall, last ?? wall);
      if (doubted) report('state_clock_believed', { date: new Date(wall).toISOString() });
      return wall;
    }
    if (!doubted)
      report('state_clock_doubted', {
        reason: `${why}; no payout and no badge until the clock is right, or accepted by: headgate state accept`,
      });
    doubted = true;
    return undefined;
  };
  return {
    now,
    note() {
      const today = now();
      if (today === undefined) return;
      latest = Math.max(latest, today);
      place.write(latest);
    },
  };
}
