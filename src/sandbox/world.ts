import { cidOf } from './names.js';

/**
 * The world that all parts of the sandbox tell of: Hollow Creek, a small farm co-op. Its files and badge images are
 * pinned; whatever shows one of these images points at the CID given here.
 */
const image = (file: string) => cidOf(`hollow-creek/badges/${file}`, 'v1');

/** The badge images by file name, as CIDv1 text. Each is pinned in the service `sandbox` from the start. */
export const worldCids = {
  'harvest.png': image('harvest.png'),
  'tractor.png': image('tractor.png'),
  'apiary.png': image('apiary.png'),
  'orchard.png': image('orchard.png'),
  'seedling.png': image('seedling.png'),
  'compost.png': image('compost.png'),
  'greenhouse.png': image('greenhouse.png'),
  'irrigation.png': image('irrigation.png'),
  'market-day.png': image('market-day.png'),
  'first-aid.png': image('first-aid.png'),
  'bookkeeper.png': image('bookkeeper.png'),
  'barn-raising.png': image('barn-raising.png'),
} as const satisfies Readonly<Record<string, string>>;

export type WorldImage = keyof typeof worldCids;

/** The second spelling (CIDv0) of a badge image. */
export function worldImageV0(file: WorldImage): string {
  return cidOf(`hollow-creek/badges/${file}`, 'v0');
}
