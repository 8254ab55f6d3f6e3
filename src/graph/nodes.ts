import type { Context } from '../context.js';
import { invalidInput } from '../errors.js';
import { builder } from './builder.js';
import { bitminter, byId, lengthOf, me, mypit, once, oneOf, pi, pinning, priced, WALK } from './costs.js';
import type { Price } from '../values/price.js';
import { forEachObject } from './rights.js';

/** Objects that one field may be asked for. */
export const MAX_NODES = 100;
/** An upstream's id of 512 characters of any script, with the names before it, in base64. */
const LONGEST_ID = 2_400;

/** How `node` and `nodes` find the objects of one type. */
interface NodeType {
  /** Whether the local part has the shape of this type's ids at all; every text does when left out. */
  readonly fits?: (localId: string) => boolean;
  /** Throws InvalidInput at this argument for a local part that no object can have, before anything is asked. */
  readonly check: (localId: string, path: string) => void;
  /** Loads one object by its local part, as the type's own fields do: null when there is none; rights are checked inside. */
  readonly load: (localId: string, context: Context) => Promise<object | null>;
}

const types = new Map<string, NodeType>();

/** Lets `node` and `nodes` find objects of a type. */
export function registerNode(typename: string, type: NodeType): void {
  types.set(typename, type);
}

/** Takes a global id apart; null for any text that is not one. */
function decodeGlobalId(id: string): { readonly typename: string; readonly localId: string } | null {
  if (id.length > LONGEST_ID) return null;
  const text = Buffer.from(id, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1 || Buffer.from(text, 'utf8').toString('base64') !== id) return null;
  return { typename: text.slice(0, colon), localId: text.slice(colon + 1) };
}

/**
 * What is no global id names nothing; what is one, of an object that there cannot be, is a mistake in the argument at `path`.
 * With `typename` only an object of that type will do.
 */
export async function loadNode(id: string, path: string, context: Context, typename?: string): Promise<object | null> {
  const decoded = decodeGlobalId(id);
  const type = decoded && types.get(decoded.typename);
  if (typename !== undefined && typename !== decoded?.typename) return null;
  if (!type || type.fits?.(decoded.localId) === false) return null;
  type.check(decoded.localId, path);
  const found = await type.load(decoded.localId, context);
  // In this order: a field that is added behind a spread makes a kind of object of its own for V8 each time.
  return found && { __typename: decoded.typename, ...found };
}

/**
 * What objects by global id cost: nobody knows their types before, so each may be of any. What has no read of its own is searched
 * for, once for all of its type.
 */
export const priceOfNodes = (count: number) => [
  ...oneOf(pi(count), ...byId('templates', count), pinning(count)),
  once('holders', mypit(1, 0), 4),
  me,
  once('issuedBadges', mypit(WALK)),
  once('poolBlocks', bitminter(WALK)),
];
const priceOfIds: Price = (written) => priceOfNodes(lengthOf(written('ids'), MAX_NODES));

builder.queryFields((t) => ({
  node: t.field({
    ...priced(forEachObject, (_written, times) => priceOfNodes(times)),
    type: builder.nodeInterfaceRef(),
    nullable: true,
    description:
      'Any object by its global id; null when there is none, it is not yours, or the text is no global id. ' +
      "Costs what the object's own field costs, and shares its call.",
    args: { id: t.arg.id({ required: true, description: 'The `id` of an object of this graph.' }) },
    resolve: (_root, { id }, context) => loadNode(String(id), 'id', context) as Promise<never>,
  }),
  nodes: t.field({
    ...priced(forEachObject, priceOfIds),
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    description: `Objects by global id, in the order asked; null where there is none, or the text is no global id. At most ${MAX_NODES}.`,
    args: { ids: t.arg.idList({ required: true, description: `Global ids, at most ${MAX_NODES}.` }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > MAX_NODES) throw invalidInput('ids', `at most ${MAX_NODES} at a time`);
      return ids.map((id, index) => loadNode(String(id), `ids.${index}`, context)) as Promise<never>[];
    },
  }),
}));
