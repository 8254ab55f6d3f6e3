import { cidOf, numberOf, peerIdOf, uuidOf, type CidForm } from '../names.js';
import { worldCids, worldImageV0, type WorldImage } from '../world.js';
import type { Course } from './lifecycle.js';
import type { PinBody } from './pin-body.js';
import type { PinRecord } from './store.js';

const DAY_MS = 86_400_000;

/** One pin of the story, before it has a time. */
interface Chapter {
  /** Makes its request id and size; the same at every start. */
  readonly label: string;
  readonly ageMs: number;
  readonly pin: PinBody;
  readonly course?: Course;
}

const settled: Course = { queueMs: 0, stepMs: 0, failure: null };
const failing = (failure: string): Course => ({ queueMs: 0, stepMs: 0, failure });
const meta = (kind: string, more: Readonly<Record<string, string>> = {}) => ({ app: 'farm', kind, ...more });
const file = (label: string, form: CidForm) => cidOf(`hollow-creek/${label}`, form);

/** Some days ago; nobody works at full hours, so the label adds up to 10 hours of disorder. */
function daysAgo(days: number, label: string): number {
  return days * DAY_MS + numberOf(label, 36_000_000);
}

/** `name-YYYY-MM-DD.extension` at `count` regular distances, the first `firstDay` days ago. */
function series(options: {
  name: string;
  extension: string;
  count: number;
  firstDay: number;
  everyDays: number;
  form: CidForm;
  now: number;
  named?: boolean;
  meta?: (at: number) => Readonly<Record<string, string>>;
}): Chapter[] {
  return Array.from({ length: options.count }, (_, at) => {
    const label = `${options.name}/${at}`;
    const ageMs = daysAgo(options.firstDay + at * options.everyDays, label);
    const day = new Date(options.now - ageMs).toISOString().slice(0, 10);
    return {
      label,
      ageMs,
      pin: {
        cid: file(label, options.form),
        ...(options.named !== false && { name: `${options.name}-${day}.${options.extension}` }),
        ...(options.meta && { meta: options.meta(at) }),
      },
    };
  });
}

/** The twelve badge images; the harvest picture was pinned once before under its older spelling. */
function badgeImages(): Chapter[] {
  const chapters = (Object.keys(worldCids) as WorldImage[]).map((name, at): Chapter => ({
    label: name,
    ageMs: daysAgo(40 - at, name),
    pin: { cid: worldCids[name], name, meta: meta('badge-image', { licence: 'CC-BY-4.0' }) },
  }));
  return [
    ...chapters,
    {
      label: 'harvest-old',
      ageMs: daysAgo(75, 'harvest-old'),
      pin: { cid: worldImageV0('harvest.png'), name: 'Harvest.PNG' },
    },
  ];
}

/** Reports and papers that come back every week or so. */
function papers(now: number): Chapter[] {
  return [
    ...series({
      name: 'market-prices',
      extension: 'csv',
      count: 10,
      firstDay: 2,
      everyDays: 7,
      form: 'raw',
      now,
      meta: (at) => meta('prices', { stall: at % 2 === 0 ? 'town' : 'harbour' }),
    }),
    ...series({
      name: 'weather',
      extension: 'jsonl',
      count: 14,
      firstDay: 1,
      everyDays: 1,
      form: 'raw',
      named: false,
      now,
      meta: (at) => meta('weather', { station: at % 3 === 0 ? 'south-field' : 'north-field' }),
    }),
    ...series({
      name: 'newsletter',
      extension: 'pdf',
      count: 4,
      firstDay: 6,
      everyDays: 30,
      form: 'v0',
      now,
      meta: () => meta('newsletter'),
    }),
    ...series({
      name: 'soil-report',
      extension: 'pdf',
      count: 3,
      firstDay: 20,
      everyDays: 35,
      form: 'v1',
      now,
      meta: () => meta('soil', { lab: 'Brook & Sons' }),
    }),
  ];
}

/** Single files: some bare CIDs, some with origins, some that did not work out. */
function singles(): Chapter[] {
  const at = (days: number, label: string, pin: PinBody, course: Course = settled): Chapter => ({
    label,
    ageMs: daysAgo(days, label),
    pin,
    course,
  });
  return [
    at(88, 'bylaws', { cid: file('bylaws', 'v0'), name: 'bylaws.pdf', meta: meta('office', { signed: 'true' }) }),
    at(83, 'field-map', {
      cid: file('field-map', 'raw'),
      name: 'field-map.geojson',
      meta: meta('map', { revision: '3' }),
    }),
    at(61, 'seed-library', { cid: file('seed-library', 'v1'), name: 'Seed library 🌱', meta: meta('catalogue') }),
    at(58, 'photo-1', { cid: file('photo-1', 'v0') }),
    at(57, 'photo-2', { cid: file('photo-2', 'v0') }),
    at(29, 'tractor-manual', {
      cid: file('tractor-manual', 'v1'),
      name: 'tractor-manual.pdf',
      origins: [`/dns4/workshop.hollow-creek.example/tcp/4001/p2p/${peerIdOf('workshop')}`],
    }),
    at(16, 'honey-label', {
      cid: file('honey-label', 'raw'),
      name: 'honey-label.svg',
      meta: meta('label', { product: 'honey' }),
    }),
    at(9, 'season-2', { cid: file('season-2', 'v1'), name: 'season-2.car', meta: meta('archive', { season: '2' }) }),
    at(
      47,
      'old-website',
      { cid: file('old-website', 'v0'), name: 'old-website.car' },
      failing('No peer offered this content in time'),
    ),
    at(
      12,
      'drone',
      { cid: file('drone', 'v1'), name: 'orchard-drone-footage.mp4', meta: meta('video') },
      failing('The DAG is larger than this plan allows'),
    ),
    at(3, 'broken-link', { cid: file('broken-link', 'raw') }, failing('A block of the DAG could not be decoded')),
  ];
}

/**
 * What is still on its way when the gateway starts: it moves while one watches. Seeded pins have a course of their own; the
 * words in a name that steer a new pin (`courseOf`) only tell here what to expect.
 */
function arriving(): Chapter[] {
  return [
    {
      label: 'timelapse',
      ageMs: 9_000,
      pin: { cid: file('timelapse', 'v1'), name: 'harvest-timelapse.mp4', meta: meta('video') },
      course: { queueMs: 4_000, stepMs: 15_000, failure: null },
    },
    {
      label: 'irrigation-log',
      ageMs: 6_000,
      pin: { cid: file('irrigation-log', 'raw'), name: 'irrigation-log.csv', meta: meta('log') },
      course: { queueMs: 20_000, stepMs: 5_000, failure: null },
    },
    {
      label: 'lost-film',
      ageMs: 4_000,
      pin: { cid: file('lost-film', 'v0'), name: 'lost-film.mov' },
      course: { queueMs: 25_000, stepMs: 5_000, failure: 'No peer offered this content in time' },
    },
    {
      label: 'hive-audio',
      ageMs: 2_000,
      pin: { cid: file('hive-audio', 'raw'), name: 'slow-hive-audio.flac', meta: meta('audio', { hive: '7' }) },
      course: { queueMs: 60_000, stepMs: 2_000, failure: null },
    },
  ];
}

/** About sixty pins of the co-op's main service, oldest first. */
export function sandboxSeed(now: number): PinRecord[] {
  return toRecords('sandbox', now, [...badgeImages(), ...papers(now), ...singles(), ...arriving()]);
}

/** A handful of yearly backups in the second service; the field map is kept in both. */
export function archiveSeed(now: number): PinRecord[] {
  const backups = Array.from({ length: 6 }, (_, at): Chapter => ({
    label: `backup/${at}`,
    ageMs: daysAgo(10 + at * 30, `backup/${at}`),
    pin: { cid: file(`backup/${at}`, 'v1'), name: `backup-${6 - at}.car`, meta: meta('backup') },
  }));
  const map: Chapter = {
    label: 'field-map',
    ageMs: daysAgo(80, 'map-copy'),
    pin: { cid: file('field-map', 'raw'), name: 'field-map.geojson' },
  };
  return toRecords('archive', now, [...backups, map]);
}

function toRecords(service: string, now: number, chapters: readonly Chapter[]): PinRecord[] {
  let newestMs = 0;
  return chapters
    .toSorted((a, b) => b.ageMs - a.ageMs)
    .map(({ label, ageMs, pin, course = settled }) => {
      newestMs = Math.max(Math.floor(now - ageMs), newestMs + 1);
      return {
        requestid: uuidOf(`${service}/${label}`),
        createdMs: newestMs,
        pin,
        course,
        dagSize: 2_048 + numberOf(`size/${label}`, 9_000_000),
      };
    });
}
