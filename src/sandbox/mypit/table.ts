import { createHmac } from 'node:crypto';
import { Refusal } from '../routes.js';

interface Row {
  readonly _id: string;
}

/** What a listing is asked for. */
export interface PageRequest {
  readonly numItems: number;
  readonly cursor: string | null;
}

/** Some rows, and where to go on. */
export interface TablePage<T> {
  readonly rows: readonly T[];
  readonly isDone: boolean;
  readonly cursor: string;
}

/** One table of the backend, in the order of creation. */
export interface Table<T extends Row> {
  get(id: string): T | undefined;
  find(matches: (row: T) => boolean): T | undefined;
  insert(row: T): void;
  update(id: string, changes: Partial<T>): void;
  remove(id: string): void;
  /** A page; places of deleted rows are counted, so that a page can be short, or empty with more behind it. */
  page(request: PageRequest): TablePage<T>;
}

/** The most places that one page looks at, however many are asked for. */
const MAX_PLACES = 100;

/** `secret` makes cursors of this table and start good for nothing elsewhere. */
export function createTable<T extends Row>(seed: readonly T[], secret: string): Table<T> {
  const places: (T | null)[] = [...seed];
  const placeOf = new Map(seed.map((row, index) => [row._id, index]));
  const seal = (place: number) =>
    `${place}.${createHmac('sha256', secret).update(String(place)).digest('base64url').slice(0, 16)}`;
  const at = (id: string): T | undefined => places[placeOf.get(id) ?? -1] ?? undefined;
  const open = (cursor: string): number => {
    const place = Number(cursor.split('.')[0]);
    if (!Number.isInteger(place) || seal(place) !== cursor)
      throw new Refusal(400, 'InvalidCursor', 'cursor does not belong to this query');
    return place;
  };

  return {
    get: at,
    find: (matches) => places.find((row): row is T => row !== null && matches(row)) ?? undefined,
    insert(row) {
      placeOf.set(row._id, places.length);
      places.push(row);
    },
    update(id, changes) {
      const place = placeOf.get(id);
      const row = at(id);
      if (place !== undefined && row) places[place] = { ...row, ...changes };
    },
    remove(id) {
      const place = placeOf.get(id);
      if (place !== undefined) places[place] = null;
    },
    page({ numItems, cursor }) {
      if (!Number.isInteger(numItems) || numItems < 0)
        throw new Refusal(400, 'arguments', 'ArgumentValidationError: Path: .numItems must be a whole number from 0');
      const from = cursor === null ? 0 : open(cursor);
      const to = Math.min(places.length, from + Math.min(numItems, MAX_PLACES));
      return {
        rows: places.slice(from, to).filter((row) => row !== null),
        isDone: to >= places.length,
        cursor: seal(to),
      };
    },
  };
}
