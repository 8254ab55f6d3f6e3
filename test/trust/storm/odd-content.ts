import type { Asked, Service } from './asked.js';
import { fragile, holderOf, isFields, nothing, strange, type Fields } from './odd-fields.js';
import type { Oddity, Surroundings } from './oddities.js';
import { send } from './odd-transport.js';

type Bend = (content: Content, surroundings: Surroundings, asked: Asked) => boolean | void;

/** An answer's JSON: the rows of a listing, or the one object that it is. */
interface Content {
  readonly root: unknown;
  /** Undefined when it is no listing. */
  readonly rows: unknown[] | undefined;
  /** All objects in it that stand for something. */
  readonly objects: readonly Fields[];
}

function contentOf(root: unknown): Content {
  const embedded = isFields(root) && isFields(root['_embedded']) ? root['_embedded'] : {};
  const found = Array.isArray(root)
    ? root
    : isFields(root)
      ? [root['results'], root['page'], root['incomplete_server_payments'], embedded['records']].find(Array.isArray)
      : undefined;
  const rows = found as unknown[] | undefined;
  return { root, rows, objects: (rows ?? [root]).filter(isFields) };
}

const bent = (kind: 'harmless' | 'bent', fits: (asked: Asked) => boolean, bend: Bend): Oddity => ({
  kind,
  fits: (asked) => asked.request.method !== 'DELETE' && fits(asked),
  send(response, given, surroundings, asked) {
    if (given.status >= 300) return false;
    let root: unknown;
    try {
      root = JSON.parse(given.text);
    } catch {
      return false;
    }
    if (bend(contentOf(root), surroundings, asked) === false) return false;
    send(response, given.status, { 'content-type': given.type }, JSON.stringify(root));
    return true;
  },
});

const any = (): boolean => true;
const lists = ({ isList }: Asked): boolean => isList;
const listsOf =
  (...services: readonly Service[]) =>
  ({ isList, service }: Asked) =>
    isList && services.includes(service);
const inside = (service: Service) => (asked: Asked) => asked.service === service;

/** Puts something in the place of one row. */
const instead = (make: (row: unknown) => unknown): Oddity =>
  bent('bent', lists, ({ rows }, { pick }) => {
    if (!rows || rows.length === 0) return false;
    const at = pick(rows.length);
    rows[at] = make(rows[at]);
    return true;
  });

/** Excused where a row shows a name that is not its own. */
export const RENAMED = 'another name';
const isReadable = ({ holder, key }: { readonly holder: Fields; readonly key: string }): boolean =>
  typeof holder[key] !== 'object' || holder[key] === null;

/** One field of one object becomes something else, or is left out. */
const fieldOddity = (how: 'strange' | 'absent'): Oddity =>
  bent('bent', any, ({ objects }, { pick, excuse }, { service }) => {
    const object = objects[pick(Math.max(1, objects.length))];
    const places = object
      ? fragile[service].flatMap(([path, fields]) => {
          const found = holderOf(object, path);
          return found ? [{ ...found, fields }] : [];
        })
      : [];
    const place = places[pick(Math.max(1, places.length))];
    if (!place) return false;
    const values = place.fields.length > 0 ? strange : nothing;
    if (how === 'absent') delete place.holder[place.key];
    else place.holder[place.key] = values[pick(values.length)];
    // A row that says it has another name, or none, is rightly left out where a name was asked for.
    excuse(...place.fields, ...(place.fields.includes('name') && isReadable(place) ? [RENAMED] : []));
    return true;
  });

const counted = (count: (content: Content) => unknown): Oddity =>
  bent('bent', listsOf('pinning'), (content, { excuse }) => {
    if (!isFields(content.root)) return false;
    content.root['count'] = count(content);
    excuse('totalCount');
    return true;
  });

/** What is odd about the content of an answer that came well. */
export const rowOddities: Readonly<Record<string, Oddity>> = {
  'fields nobody knows': bent('harmless', any, ({ root, objects }) => {
    if (isFields(root)) root['unheard_of'] = { a: [1, null, 'x'] };
    for (const object of objects) object['news'] = ['x', { y: 1 }];
  }),
  'a row twice': bent('harmless', listsOf('pinning', 'mypit'), ({ rows }, { pick }) => {
    if (!rows || rows.length === 0) return false;
    const at = pick(rows.length);
    rows.splice(at, 0, structuredClone(rows[at]));
    return true;
  }),
  'rows in another order': bent('harmless', listsOf('pinning'), ({ rows }, { pick }) => {
    if (!rows || rows.length < 2) return false;
    for (let at = rows.length - 1; at > 0; at -= 1) rows.push(...rows.splice(pick(at + 1), 1));
    return true;
  }),
  'an amount as text': bent('harmless', inside('pi'), ({ objects }) => {
    for (const object of objects) if ('amount' in object) object['amount'] = String(object['amount']);
  }),
  'a count of what is shown': counted(({ rows }) => rows?.length),
  'a count of none': counted(() => 0),
  'a count of too many': counted(() => 99_999),
  'a count in words': counted(() => 'many'),
  'a row that is null': instead(() => null),
  'a row that is text': instead(() => 'gone'),
  'a row that is empty': instead(() => ({})),
  'a field of another shape': fieldOddity('strange'),
  'a field left out': fieldOddity('absent'),
  'the page before': {
    kind: 'bent',
    fits: ({ goesOn }) => goesOn,
    send(response, given, { before }) {
      if (!before || given.status >= 300) return false;
      send(response, given.status, { 'content-type': given.type }, before.text);
      return true;
    },
  },
  'the answer to another question': {
    kind: 'bent',
    fits: ({ subject, isList }) => subject !== undefined && !isList,
    send(response, given, { before }, { subject }) {
      if (!before || before.subject === subject || given.status >= 300) return false;
      send(response, given.status, { 'content-type': given.type }, before.text);
      return true;
    },
  },
};
