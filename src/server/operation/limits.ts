import { Kind, visit, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

/** How much one document may ask for. */
export interface QueryLimits {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly tokens: number;
  readonly directives: number;
  /** Fields of one response key in one selection set, fragments included. */
  readonly repeats: number;
  /** Calls that one operation could cause upstream, as far as its document tells. */
  readonly upstreamCalls: number;
  /** Tokens of a document that only introspects, for callers who may. */
  readonly introspectionTokens: number;
}

export const defaultQueryLimits: QueryLimits = {
  depth: 8,
  aliases: 15,
  rootFields: 10,
  tokens: 800,
  directives: 20,
  repeats: 50,
  upstreamCalls: 500,
  introspectionTokens: 5_000,
};

/** What a selection set amounts to once its fragments are spread. */
interface Measure {
  readonly depth: number;
  readonly aliases: number;
  readonly keys: ReadonlyMap<string, number>;
}

const NOTHING: Measure = { depth: 0, aliases: 0, keys: new Map() };
/** Counts stop here, so that fragments that multiply each other cannot overflow. */
const PLENTY = 1_000_000;

/**
 * Says which limits a document breaks; empty = none. Works on the syntax alone and visits each fragment once, so it is
 * cheap where the validation rules are not.
 */
export function brokenLimits(document: DocumentNode, limits: QueryLimits): readonly string[] {
  const broken = new Set<string>();
  const measure = createMeasurer(
    document,
    (key) => broken.add(`"${key}" is asked for more than ${limits.repeats} times in one place`),
    limits.repeats,
  );
  if (countDirectives(document) > limits.directives)
    broken.add(`The document has more than ${limits.directives} directives`);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, aliases, keys } = measure(definition.selectionSet);
    const rootFields = [...keys.values()].reduce((sum, count) => sum + count, 0);
    if (depth > limits.depth) broken.add(`The document is nested deeper than ${limits.depth} levels`);
    if (aliases > limits.aliases) broken.add(`The document has more than ${limits.aliases} aliases`);
    if (rootFields > limits.rootFields) broken.add(`The operation has more than ${limits.rootFields} root fields`);
  }
  return [...broken];
}

/** Whether every root field only describes the schema. */
export function onlyIntrospects(document: DocumentNode): boolean {
  return document.definitions.every(
    (definition) =>
      definition.kind !== Kind.OPERATION_DEFINITION ||
      definition.selectionSet.selections.every(
        (field) => field.kind === Kind.FIELD && field.name.value.startsWith('__'),
      ),
  );
}

function countDirectives(document: DocumentNode): number {
  let count = 0;
  visit(document, { Directive: () => void (count += 1) });
  return count;
}

function createMeasurer(
  document: DocumentNode,
  onRepeat: (key: string) => void,
  repeats: number,
): (set: SelectionSetNode) => Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Measure>();

  function measureFragment(name: string): Measure {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    if (fragment === undefined) return NOTHING;
    measured.set(name, NOTHING); // A cycle adds nothing here; validation names it.
    const result = measureSet(fragment.selectionSet);
    measured.set(name, result);
    return result;
  }

  function measureSet(set: SelectionSetNode): Measure {
    const keys = new Map<string, number>();
    let depth = 0;
    let aliases = 0;
    const add = (key: string, count: number) => {
      const total = Math.min((keys.get(key) ?? 0) + count, PLENTY);
      keys.set(key, total);
      if (total > repeats) onRepeat(key);
    };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        add((selection.alias ?? selection.name).value, 1);
        const below = selection.selectionSet ? measureSet(selection.selectionSet) : NOTHING;
        // How deep a description of the schema may go is for the introspection rules to say.
        const describesSchema = selection.name.value === '__schema' || selection.name.value === '__type';
        depth = Math.max(depth, 1 + (describesSchema ? 0 : below.depth));
        aliases = Math.min(aliases + below.aliases + (selection.alias ? 1 : 0), PLENTY);
      } else {
        const inside =
          selection.kind === Kind.INLINE_FRAGMENT
            ? measureSet(selection.selectionSet)
            : measureFragment(selection.name.value);
        for (const [key, count] of inside.keys) add(key, count);
        depth = Math.max(depth, inside.depth);
        aliases = Math.min(aliases + inside.aliases, PLENTY);
      }
    }
    return { depth, aliases, keys };
  }
  return measureSet;
}
