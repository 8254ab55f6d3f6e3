import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  typeFromAST,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import {
  ANYTHING,
  lengthOf,
  UPSTREAMS,
  type Bound,
  type Charge,
  type Price,
  type Upstream,
} from '../../values/price.js';

/** What a list may hold when the document does not say: pages and lists of ids have the same bound. */
const LONGEST_LIST = 100;
const USUAL_PAGE = 20;
/** Counts stop here, so that fragments that multiply each other cannot overflow. */
export const PLENTY = 1_000_000;

/** Where an operation stands: its schema, the fragments of its document, and what its variables are, where that is known. */
export interface PriceScope {
  readonly schema: GraphQLSchema;
  fragment(name: string): FragmentDefinitionNode | null | undefined;
  /** Undefined = each may be anything. */
  readonly variables?: ReadonlyMap<string, unknown>;
}

/** What an operation may cost, by upstream; those that it does not call are left out. `total` is what it is limited by. */
export interface OperationPrice {
  readonly total: Bound;
  readonly upstreams: Readonly<Partial<Record<Upstream, Bound>>>;
}

/**
 * Adds up what an operation may cost, from its document alone: what each field says of itself (`extensions.price`), once for
 * each row of the page that it stands in. Written sizes count as they are, variables as the most they can be.
 */
export function priceOf(operation: OperationDefinitionNode, scope: PriceScope): OperationPrice {
  const type = scope.schema.getRootType(operation.operation);
  const shared = new Map<string, Charge>();
  const tally = type ? createEstimate(scope, shared)(operation.selectionSet, type, ONE) : NOTHING;
  let total = tally.get(TOTAL) ?? NO_CALLS;
  const upstreams: Partial<Record<Upstream, Bound>> = {};
  for (const upstream of UPSTREAMS) {
    const own = tally.get(upstream);
    if (own) upstreams[upstream] = own;
  }
  for (const [name, charge] of shared) {
    const uses = tally.get(usesOf(name)) ?? NO_CALLS;
    const bound = {
      documented: uses.documented >= (charge.from ?? 1) ? charge.documented : 0,
      most: uses.most >= (charge.from ?? 1) ? charge.most : 0,
    };
    if (bound.documented + bound.most === 0) continue;
    upstreams[charge.upstream] = plus(upstreams[charge.upstream] ?? NO_CALLS, bound);
    total = plus(total, bound);
  }
  return { total, upstreams };
}

/** Bounds by upstream, with the sum over all, and how many objects each shared read is made for. */
type Tally = ReadonlyMap<string, Bound>;
const NOTHING: Tally = new Map();
const NO_CALLS: Bound = { documented: 0, most: 0 };
const ONE: Bound = { documented: 1, most: 1 };
const TOTAL = 'total';
const usesOf = (shared: string): string => `uses of ${shared}`;

function capped(documented: number, most: number): Bound {
  return { documented: Math.min(documented, PLENTY), most: Math.min(most, PLENTY) };
}

function plus(a: Bound, b: Bound): Bound {
  return capped(a.documented + b.documented, a.most + b.most);
}

function atMost(a: Bound, b: Bound): Bound {
  return { documented: Math.max(a.documented, b.documented), most: Math.max(a.most, b.most) };
}

function merge(a: Tally, b: Tally, how: typeof plus): Tally {
  if (a.size === 0) return b;
  const merged = new Map(a);
  for (const [name, bound] of b) merged.set(name, how(merged.get(name) ?? NO_CALLS, bound));
  return merged;
}

/** `shared` takes up the shared reads that are met on the way. `times`: on how many objects a selection is asked for. */
function createEstimate(scope: PriceScope, shared: Map<string, Charge>) {
  const { schema } = scope;
  const known = new Map<string, Tally>();

  /** A fragment costs the same wherever it is spread on as many objects; a cycle is named by another rule. */
  function ofFragment(fragment: FragmentDefinitionNode, type: GraphQLCompositeType, times: Bound): Tally {
    const key = `${fragment.name.value} ${times.documented} ${times.most}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    known.set(key, NOTHING);
    const tally = ofSet(fragment.selectionSet, type, times);
    known.set(key, tally);
    return tally;
  }

  function ofSet(set: SelectionSetNode, type: GraphQLCompositeType, times: Bound): Tally {
    let always = NOTHING;
    // An object is of one type only: take the maximum over the concrete types.
    const byType = new Map<string, Tally>();
    const add = (more: Tally, condition: GraphQLCompositeType) => {
      if (isAbstractType(type) && isObjectType(condition))
        byType.set(condition.name, merge(byType.get(condition.name) ?? NOTHING, more, plus));
      else always = merge(always, more, plus);
    };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        add(ofField(selection, type, times), type);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition ? typeFromAST(schema, selection.typeCondition) : type;
        if (isCompositeType(condition)) add(ofSet(selection.selectionSet, condition, times), condition);
      } else {
        const fragment = scope.fragment(selection.name.value);
        const condition = fragment ? typeFromAST(schema, fragment.typeCondition) : undefined;
        if (fragment && isCompositeType(condition)) add(ofFragment(fragment, condition, times), condition);
      }
    }
    const dearest = [...byType.values()].reduce((a, b) => merge(a, b, atMost), NOTHING);
    return merge(always, dearest, plus);
  }

  function ofField(node: FieldNode, parent: GraphQLCompositeType, times: Bound): Tally {
    const field = 'getFields' in parent ? parent.getFields()[node.name.value] : undefined;
    if (field === undefined) return NOTHING;
    const written = (name: string): unknown =>
      toWritten(node.arguments?.find((argument) => argument.name.value === name)?.value, scope.variables);
    const own = ofCharges(field, written, times);
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) return own;
    const rows = rowsOf(field, written);
    const below = capped(times.documented * rows.documented, times.most * rows.most);
    return merge(own, ofSet(node.selectionSet, type, below), plus);
  }

  function ofCharges(field: AnyField, written: (name: string) => unknown, times: Bound): Tally {
    const price = field.extensions['price'] as Price | undefined;
    if (price === undefined) return NOTHING;
    const tally = new Map<string, Bound>();
    const add = (name: string, bound: Bound) => tally.set(name, plus(tally.get(name) ?? NO_CALLS, bound));
    const count = (charges: readonly Charge[], which: keyof Bound) => {
      for (const charge of charges) {
        const part = (calls: number): Bound => ({ ...NO_CALLS, [which]: calls });
        if (charge.once === undefined) {
          add(charge.upstream, part(charge[which]));
          if (!charge.apart) add(TOTAL, part(charge[which]));
        } else {
          shared.set(charge.once, charge);
          add(usesOf(charge.once), part(times[which]));
        }
      }
    };
    count(chargesOf(price, written, times.documented), 'documented');
    count(chargesOf(price, written, times.most), 'most');
    return tally;
  }

  return ofSet;
}

type AnyField = GraphQLField<unknown, unknown>;

/** A plain price is that of one object. */
function chargesOf(price: Price, written: (name: string) => unknown, times: number): readonly Charge[] {
  if (typeof price === 'function') return price(written, times);
  return price.map((charge) =>
    charge.once === undefined
      ? { ...charge, documented: charge.documented * times, most: charge.most * times }
      : charge,
  );
}

/** How many objects a field answers with: the rows of a page, the members of a list that somebody wrote. */
function rowsOf({ args, extensions }: AnyField, written: (name: string) => unknown): Bound {
  const takes = (name: string) => args.some((argument) => argument.name === name);
  const list = LISTS.find(takes);
  if (list !== undefined) return same(lengthOf(written(list), LONGEST_LIST));
  if (!takes('first')) return (extensions['rows'] as Bound | undefined) ?? ONE;
  const size = written('first') ?? written('last');
  if (size === undefined || size === null) return same(USUAL_PAGE);
  return same(typeof size === 'number' ? Math.min(Math.max(size, 0), LONGEST_LIST) : LONGEST_LIST);
}

/** Arguments that name the objects one by one. */
const LISTS = ['ids', 'representations'];

function same(rows: number): Bound {
  return { documented: rows, most: rows };
}

/** The value that is written, with `ANYTHING` where nobody knows it. */
function toWritten(node: ValueNode | undefined, variables: ReadonlyMap<string, unknown> | undefined): unknown {
  if (node === undefined) return undefined;
  switch (node.kind) {
    case Kind.VARIABLE:
      return variables === undefined ? ANYTHING : variables.get(node.name.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((value) => toWritten(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, toWritten(value, variables)]));
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    default:
      return node.value;
  }
}
