/** A straight line through measurements, and how sure its slope is. */
export interface Slope {
  readonly perHour: number;
  /** Half the width of the interval that holds the true slope in 95 of 100 cases. */
  readonly give: number;
}

export type Point = readonly [hours: number, value: number];

const BLOCKS = 10;
/** Student's t for 95 % on both sides and two degrees of freedom fewer than blocks. */
const T_95 = 2.306;

/**
 * The line of least squares. How sure it is comes from means of ten stretches of time: single samples follow from the ones before
 * them, so that they would seem surer than they are.
 */
export function slopeOf(points: readonly Point[]): Slope {
  const blocks = Array.from({ length: BLOCKS }, (_none, index) =>
    points.slice(Math.floor((index * points.length) / BLOCKS), Math.floor(((index + 1) * points.length) / BLOCKS)),
  )
    .filter((block) => block.length > 0)
    .map((block): Point => [mean(block, 0), mean(block, 1)]);
  return { perHour: fit(points).slope, give: blocks.length === BLOCKS ? T_95 * fit(blocks).error : Infinity };
}

function fit(points: readonly Point[]): { readonly slope: number; readonly error: number } {
  const [x, y] = [mean(points, 0), mean(points, 1)];
  const spread = sum(points, (point) => (point[0] - x) ** 2);
  const slope = sum(points, (point) => (point[0] - x) * (point[1] - y)) / spread;
  const left = sum(points, (point) => (point[1] - y - slope * (point[0] - x)) ** 2);
  return { slope, error: Math.sqrt(left / (points.length - 2) / spread) };
}

const sum = (points: readonly Point[], of: (point: Point) => number): number =>
  points.reduce((total, point) => total + of(point), 0);
const mean = (points: readonly Point[], pick: 0 | 1): number => sum(points, (point) => point[pick]) / points.length;
