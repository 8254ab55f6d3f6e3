import type { Context } from '../context.js';
import { invalidInput } from '../errors.js';
import { builder } from './builder.js';
import { forAnyone } from './rights.js';

const MAX_NODES = 100;

/** Loads one object by the local part of its global id: null when there is none; rights are checked inside. */
type NodeLoader = (localId: string, context: Context) => Promise<object | null>;

const loaders = new Map<string, NodeLoader>();

/** Lets `node` and `nodes` find objects of a type, with the loader that its own fields use. */
export function registerNode(typename: string, load: NodeLoader): void {
  loaders.set(typename, async (localId, context) => {
    const found = await load(localId, context);
    return found && { ...found, __typename: typename };
  });
}

/** Takes a global id apart; null for any text that is not one. */
function decodeGlobalId(id: string): { readonly typename: string; readonly localId: string } | null {
  const text = Buffer.from(id, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1 || Buffer.from(text, 'utf8').toString('base64') !== id) return null;
  return { typename: text.slice(0, colon), localId: text.slice(colon + 1) };
}

async function loadNode(id: string, context: Context): Promise<object | null> {
  const decoded = decodeGlobalId(id);
  const load = decoded && loaders.get(decoded.typename);
  return load ? load(decoded.localId, context) : null;
}

/** Each object asks for the right of its own field. */
const forEachNode = { ...forAnyone, extensions: { rights: 'anyone, each object by its own field' } };

builder.queryFields((t) => ({
  node: t.field({
    ...forEachNode,
    type: builder.nodeInterfaceRef(),
    nullable: true,
    description: 'Any object by its global id; null when there is none, or it is not yours. Costs what the object\'s own field costs, and shares its call.',
    args: { id: t.arg.id({ required: true, description: 'The `id` of an object of this graph.' }) },
    resolve: (_root, { id }, context) => loadNode(String(id), context) as Promise<never>,
  }),
  nodes: t.field({
    ...forEachNode,
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    description: `Objects by global id, in the order asked; null where there is none. At most ${MAX_NODES}.`,
    args: { ids: t.arg.idList({ required: true, description: `Global ids, at most ${MAX_NODES}.` }) },
    resolve: (_root, { ids }, context) => {
      if (ids.length > MAX_NODES) throw invalidInput('ids', `at most ${MAX_NODES} at a time`);
      return ids.map((id) => loadNode(String(id), context)) as Promise<never>[];
    },
  }),
}));
