import type { Instant } from '../../../values/instant.js';
import { endProven, isAtLimit, learnCut, settle } from './end-proof.js';
import { MAX_LIMIT } from './list-query.js';
import type { ListedPin } from './listing.js';
import type { PinPosition } from '../model.js';
import { NotNewestFirst } from './listing-habits.js';
import { positionId, type Row } from './position.js';
import type { Source, Window } from './source.js';
import { askUntilSure } from './twice.js';
import { FINEST, floorTo, isLater, isSame, SECOND, TOP } from './ticks.js';

/** Strict falls of time in one answer that make it certain that a listing is sorted, and not so by chance. */
const CERTAIN_FALLS = 6;
/** Rows asked for while the order is unknown: enough to see it. */
const SAMPLE = 21;

export interface WalkStart {
  /** Where to begin: behind a position, or below a whole second (epoch milliseconds); neither = at the head. */
  readonly cursor?: PinPosition | null;
  readonly top?: number | null;
  /** Nothing at or before this is asked for. */
  readonly after?: number | null;
  /** The name of a row that the walk must come upon before its end, unless that row is gone. */
  readonly through?: string | undefined;
  readonly limit: number;
}

/**
 * Reads one listing downwards, newest first, window by window. Each window lets the instant at which the last one ended come
 * again, so that pins of one instant are never parted; it must then bring the last row again, else the service compares more
 * coarsely than we ask and the window is widened.
 */
export class Walk {
  /** Consecutive rows of the listing that the query wants. From a cursor it may hold some that lie before it. */
  readonly rows: Row[] = [];
  /** Rows without a time at the very top: they belong behind the last row above `top`. */
  readonly leading: ListedPin[] = [];
  done = false;
  /** The earliest instant read so far: nothing later is missing. */
  frontier: Instant | null = null;

  private readonly met = new Map<string, Instant | null>();
  private edge: Instant | null;
  private isAnchor: ((row: ListedPin) => boolean) | null = null;
  private mode: 'auto' | 'wide' | 'narrow' = 'auto';
  private limit: number;
  /** How many rows the last answer held, when that was shorter than asked for: if more rows follow, it was cut. */
  private shortLength: number | null = null;
  /** Whether the instant at the edge has been asked for in fine steps. */
  private narrowed = false;

  constructor(
    private readonly source: Source,
    private readonly start: WalkStart,
  ) {
    const cursor = start.cursor ?? null;
    this.limit = Math.min(MAX_LIMIT, start.limit);
    this.edge = cursor?.createdAt ?? null;
    const own = cursor?.seen.at(-1);
    if (own !== undefined) this.isAnchor = (row) => positionId(row.id) === own;
  }

  /** Reads on until something new is known or the end is proven. Throws NotNewestFirst, or `pagination_stuck`. */
  async more(): Promise<void> {
    while (!this.done && !(await this.step()));
  }

  private async step(): Promise<boolean> {
    const after = this.start.after ?? null;
    const window = await askUntilSure(
      this.source,
      { before: this.before(), after, limit: this.nextLimit() },
      (answer) => this.isDoubtful(answer),
    );
    assertNewestFirst(window);
    if (this.skipsAnchor(window) && this.stepSize() === FINEST) {
      this.mode = 'wide';
      return false;
    }
    if (this.mode === 'wide') this.settleWidth(window);
    const progress = this.absorb(window);
    if (progress && this.shortLength !== null) learnCut(this.source, this.shortLength);
    this.shortLength = progress && window.length < window.limit ? window.rows.length : null;
    if (endProven(window, this.source.habits())) this.done = true;
    else if (progress) await this.confirmOrder(window);
    else await this.lookFurther(window);
    if (this.frontier && this.source.isBeyond(this.frontier)) this.done = true;
    if (progress) this.limit = Math.min(MAX_LIMIT, this.limit * 4);
    return progress;
  }

  /** Whether this answer would end the walk, or teach how the service compares, and yet may be a single slip. */
  private isDoubtful(window: Window): boolean {
    if (window.twice || window.length >= window.limit) return false;
    const { through, top = null, after = null } = this.start;
    const bounded = top !== null || after !== null;
    if (window.length === 0) return this.isAnchor !== null || bounded || this.source.unfiltered;
    const habits = this.source.habits();
    if (this.isAnchor && !window.rows.some(this.isAnchor)) return true;
    if (window.count > window.length) return !isAtLimit(window, habits);
    if (!endProven(window, habits)) return false;
    // A service that counts what it shows says nothing by it.
    if (this.isAnchor) return !habits.countsBeyond;
    return through !== undefined && !window.rows.some((row) => positionId(row.id) === through);
  }

  private nextLimit(): number {
    const { order, wholeSecondBounds } = this.source.habits();
    // A widened window may begin with a second's worth of rows that are known.
    const limit = this.edge && (wholeSecondBounds || this.mode === 'wide') ? this.limit * 2 : this.limit;
    return Math.min(MAX_LIMIT, order === 'unknown' ? Math.max(SAMPLE, limit) : limit);
  }

  /** The last row came again only in the wide window: the service compares whole seconds. Not even there: it is gone. */
  private settleWidth(window: Window): void {
    if (!this.isAnchor) return;
    if (window.rows.some(this.isAnchor)) this.source.learn({ wholeSecondBounds: true });
    else if (this.skipsAnchor(window)) this.isAnchor = null;
    else return;
    this.mode = 'auto';
  }

  private stepSize(): number {
    if (this.mode !== 'auto') return this.mode === 'wide' ? SECOND : FINEST;
    // A service that shows whole seconds may store, and compare, more than it shows.
    return this.edge?.nanos === 0 || this.source.habits().wholeSecondBounds ? SECOND : FINEST;
  }

  /** The bound that lets the instant at the edge come again. */
  private before(): number | null {
    if (!this.edge) return this.start.top ?? null;
    return isSame(this.edge, TOP) ? null : floorTo(this.edge, this.stepSize()) + this.stepSize();
  }

  private skipsAnchor(window: Window): boolean {
    if (!this.edge || !this.isAnchor || window.rows.some(this.isAnchor)) return false;
    const last = window.rows.findLast((row) => row.createdAt !== null)?.createdAt;
    return window.length < window.limit || (last !== undefined && last !== null && isLater(this.edge, last));
  }

  /** Takes in what is new; false when nothing was. */
  private absorb(window: Window): boolean {
    let previous: Instant | null = null;
    let progress = false;
    for (const row of window.rows) {
      const met = this.met.get(row.id);
      const at: Instant | null = row.createdAt ?? met ?? previous ?? this.placeAhead(row);
      previous = at ?? previous;
      if (met !== undefined) continue;
      progress = true;
      this.met.set(row.id, at);
      this.take(row, at);
    }
    const last = window.rows.at(-1);
    if (!progress || !last) return progress;
    this.isAnchor = (row) => row.id === last.id;
    if (this.mode === 'narrow') this.mode = 'auto';
    this.narrowed = false;
    this.edge = previous ?? this.edge;
    this.frontier = this.edge;
    return true;
  }

  /** Where a row stands that has neither a time nor a predecessor here. */
  private placeAhead(row: ListedPin): Instant | null {
    const { cursor, top = null } = this.start;
    if (!cursor) return top === null ? TOP : null;
    return isSame(cursor.createdAt, TOP) || positionId(row.id) === cursor.seen.at(-1) ? cursor.createdAt : null;
  }

  private take(row: ListedPin, at: Instant | null): void {
    const top = this.start.top ?? null;
    const above = at === null || (top !== null && floorTo(at, FINEST) >= top);
    if (at !== null && !above && this.source.wants(row, at)) this.rows.push({ id: row.id, at, pin: row.pin });
    // Behind a cursor such a row follows one that lies before it, and so does the row itself.
    else if (above && row.createdAt === null && !this.start.cursor) this.leading.push(row);
  }

  /** While the order is unknown: makes sure that nothing later than this window's last row was left out of it. */
  private async confirmOrder({ rows, before }: Window): Promise<void> {
    if (this.source.habits().order !== 'unknown') return;
    const times = rows.flatMap((row) => row.createdAt ?? []);
    const falls = times.filter((time, index) => index > 0 && !isSame(time, times[index - 1] ?? time)).length;
    const last = times.at(-1);
    if (falls < CERTAIN_FALLS && last) {
      // From the whole second on, for services that compare no finer; when that is cut, from the instant and from behind it.
      const second = floorTo(last, SECOND);
      for (const after of [second - FINEST, floorTo(last, FINEST), second + SECOND]) {
        const later = await this.source.ask({ before, after, limit: MAX_LIMIT });
        const missed = later.rows.some(
          (row) => !this.met.has(row.id) && row.createdAt !== null && isLater(row.createdAt, last),
        );
        if (missed) throw new NotNewestFirst();
        if (endProven(later, this.source.habits())) break;
      }
    }
    if (falls > 0) this.source.learn({ order: 'newest-first' });
  }

  /** Nothing new came: asks for more rows or in finer steps, until the end or the impossibility of going on is proven. */
  private async lookFurther(window: Window): Promise<void> {
    if (window.length >= window.limit && window.limit < MAX_LIMIT) {
      this.limit = Math.min(MAX_LIMIT, window.limit * 4);
      return;
    }
    const step = this.stepSize();
    const showsFractions = window.rows.some((row) => row.createdAt !== null && row.createdAt.nanos !== 0);
    if (step === SECOND && this.mode === 'auto' && showsFractions && !this.narrowed) {
      this.mode = 'narrow';
      this.narrowed = true;
      return;
    }
    const found = this.edge ? await settle(this.source, window, floorTo(this.edge, step), this.met) : 'end';
    if (found === 'end') {
      this.done = true;
      return;
    }
    assertNewestFirst(found);
    this.absorb(found);
    if (endProven(found, this.source.habits())) this.done = true;
  }
}

/** Throws NotNewestFirst when times rise within an answer, or lie so far above its bound that the bound was ignored. */
function assertNewestFirst({ rows, before }: Window): void {
  let above = TOP;
  for (const { createdAt } of rows) {
    if (createdAt === null) continue;
    const rises = isLater(createdAt, above);
    const ignored = before !== null && floorTo(createdAt, FINEST) > before + SECOND;
    if (rises || ignored) throw new NotNewestFirst();
    above = createdAt;
  }
}
