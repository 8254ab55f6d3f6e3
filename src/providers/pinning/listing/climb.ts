import type { Instant } from '../../../values/instant.js';
import { MAX_LIMIT } from './list-query.js';
import type { ListedPin } from './listing.js';
import type { PinPosition } from '../model.js';
import { positionId, type Row } from './position.js';
import type { Source } from './source.js';
import { floorTo, isSame, SECOND, TOP } from './ticks.js';
import { Walk } from './walk.js';

/** Windows read from one top before the stretch below is tried instead. */
const PATIENCE = 2;

interface Stretch {
  readonly walk: Walk;
  readonly top: number | null;
}

/**
 * Reads one listing upwards from a position, although services list downwards only: a walk from the top that arrives is all
 * it takes; one that does not is set aside, and a lower stretch is walked first. Stretches begin and end on whole seconds,
 * so that no instant is parted and coarse services are asked for what they understand.
 */
export class Climb {
  /** Consecutive rows, from `edge` downwards. */
  rows: readonly Row[] = [];
  /** Epoch milliseconds below which nothing is missing; null when that goes up to the top. */
  edge: number | null;
  /** Where the climb began, in epoch milliseconds: nothing from there on is missing. */
  readonly foot: number;
  private leading: readonly ListedPin[] = [];
  private readonly pending: Stretch[] = [];
  private readonly fromTop: boolean;
  /** The names of the rows at the foot, the last of them that of the row where the climb begins. */
  private readonly names: readonly string[];
  /** Whether the first stretch is read beyond its foot. */
  private goesBelow = false;

  /** Climbs from `before`, up to the second of `after` when that is given. */
  constructor(
    private readonly source: Source,
    before: PinPosition,
    after: PinPosition | null,
  ) {
    this.fromTop = isSame(before.createdAt, TOP);
    this.names = before.seen;
    this.foot = this.edge = floorTo(before.createdAt, SECOND);
    const goal = after && !isSame(after.createdAt, TOP) ? floorTo(after.createdAt, SECOND) + SECOND : null;
    if (goal === null || goal > this.foot) this.begin(goal);
    else this.edge = goal;
  }

  /** Whether all of it has been read. */
  get done(): boolean {
    return this.pending.length === 0;
  }

  /** Reads the next stretch upwards. */
  async more(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const stretch = this.pending.at(-1);
      if (!stretch || this.edge === null) return;
      if (this.arrived(stretch.walk, this.edge)) {
        this.join(stretch, this.edge);
        return;
      }
      const split = tries % (PATIENCE + 1) === PATIENCE ? this.splitBelow(stretch.walk.frontier, this.edge) : undefined;
      if (split === undefined) await stretch.walk.more();
      else this.begin(split);
    }
  }

  private begin(top: number | null): void {
    const isFirst = this.edge === this.foot;
    const after = this.fromTop || (isFirst && this.goesBelow) ? null : (this.edge ?? 0) - 1;
    const through = isFirst ? this.names.at(-1) : undefined;
    this.pending.push({ top, walk: new Walk(this.source, { top, after, through, limit: MAX_LIMIT }) });
  }

  /**
   * Whether a row is missing that was seen at the foot. It is gone; or it has no readable time, stood behind the last row that has
   * one, and is of an earlier second, which a service that compares whole seconds leaves out.
   */
  private lacksNamed(rows: readonly Row[]): boolean {
    if (this.fromTop) return false;
    const found = new Set(rows.map(({ id }) => positionId(id)));
    return this.names.some((name) => !found.has(name));
  }

  private arrived(walk: Walk, edge: number): boolean {
    return walk.done || (walk.frontier !== null && floorTo(walk.frontier, 1) < edge);
  }

  /** An eighth of the way to what has been read: pins come in bursts, and only the nearest are wanted. */
  private splitBelow(frontier: Instant | null, edge: number): number | undefined {
    if (!frontier || this.fromTop) return undefined;
    const gap = floorTo(frontier, SECOND) - edge;
    return gap > SECOND ? edge + Math.ceil(gap / 8 / SECOND) * SECOND : undefined;
  }

  private join({ walk, top }: Stretch, edge: number): void {
    const above = walk.rows.filter((row) => floorTo(row.at, 1) >= edge);
    if (edge === this.foot && !this.goesBelow && this.lacksNamed(above)) {
      this.goesBelow = true;
      this.pending.pop();
      this.begin(top);
      return;
    }
    const known = new Set(above.map((row) => row.id));
    // A row without a time that headed the stretch below follows the last row above it.
    const at = above.at(-1)?.at;
    const led = at === undefined ? [] : this.leading.filter((row) => !known.has(row.id) && this.source.wants(row, at));
    if (at !== undefined) this.leading = [];
    this.leading = [...walk.leading, ...this.leading];
    this.rows = [...above, ...led.map((row) => ({ id: row.id, at: at ?? TOP, pin: row.pin })), ...this.rows];
    if (top === null && this.leading.length > 0) {
      this.rows = [...this.leading.map((row) => ({ id: row.id, at: TOP, pin: row.pin })), ...this.rows];
      this.leading = [];
    }
    this.edge = top;
    this.pending.pop();
  }
}
