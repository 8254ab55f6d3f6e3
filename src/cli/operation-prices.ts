import { existsSync, readFileSync } from 'node:fs';
import {
  Kind,
  parse,
  typeFromAST,
  validate,
  valueFromAST,
  isInputType,
  visit,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';
import { schema } from '../graph/index.js';
import { readDocuments, type ListedDocument } from '../server/operation/manifests.js';
import { priceOf, type OperationPrice } from '../server/operation/price.js';

/** One operation of an app, with what it may cost. */
export interface PricedOperation {
  readonly name: string;
  readonly kind: OperationDefinitionNode['operation'];
  /** Its variables, as they are declared. */
  readonly variables: readonly string[];
  /** With each variable as the most it can be. */
  readonly price: OperationPrice;
  /** With the variables that lie beside its document (`<file>.variables.json`). */
  readonly example: OperationPrice | undefined;
}

/**
 * Reads and prices every operation of these folders and manifests. A fragment may stand in another document of theirs, as in
 * apps whose build puts them together. Throws one line for what does not fit the graph.
 */
export function priceOperations(paths: readonly string[]): readonly PricedOperation[] {
  const priced = new Map<string, PricedOperation>();
  const seen = new Set<string>();
  const documents = paths.flatMap(readDocuments).filter(({ text }) => !seen.has(text) && seen.add(text));
  const asts = documents.map(parseOne);
  const everywhere = fragmentsOf(asts.flatMap(({ definitions }) => definitions));
  documents.forEach((document, index) => {
    const definitions = asts[index]?.definitions ?? [];
    const fragments = new Map([...everywhere, ...fragmentsOf(definitions)]);
    for (const operation of definitions) {
      if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
      check(document, [operation, ...usedFrom(operation, fragments)]);
      const name = freeName(operation.name?.value ?? document.id, document.id, priced);
      priced.set(name, { name, ...priceOne(operation, fragments, examplesOf(document)) });
    }
  });
  return [...priced.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function fragmentsOf(definitions: readonly DefinitionNode[]): Fragments {
  return new Map(
    definitions
      .filter((one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
}

/** The fragments that an operation spreads, and those that they spread. */
function usedFrom(operation: OperationDefinitionNode, fragments: Fragments): readonly FragmentDefinitionNode[] {
  const used = new Map<string, FragmentDefinitionNode>();
  const collect = (node: ASTNode): void =>
    void visit(node, {
      FragmentSpread({ name: { value } }) {
        const fragment = fragments.get(value);
        if (fragment === undefined || used.has(value)) return;
        used.set(value, fragment);
        collect(fragment);
      },
    });
  collect(operation);
  return [...used.values()];
}

/** Two versions of one operation, as manifests keep them for clients that are out there. */
function freeName(name: string, id: string, taken: ReadonlyMap<string, unknown>): string {
  if (!taken.has(name)) return name;
  const other = `${name} (${id.slice(0, 12)})`;
  if (taken.has(other)) throw new Error(`two operations are named ${other}`);
  return other;
}

function parseOne({ text, file, id }: ListedDocument): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${file}: ${id} is no GraphQL document (${messageOf(error)})`, { cause: error });
  }
}

function check({ file, id }: ListedDocument, definitions: readonly DefinitionNode[]): void {
  const [fault] = validate(schema, { kind: Kind.DOCUMENT, definitions });
  if (fault) throw new Error(`${file}: ${id} does not fit the graph: ${fault.message}`);
}

function priceOne(
  operation: OperationDefinitionNode,
  fragments: Fragments,
  values: Readonly<Record<string, unknown>> | undefined,
): Omit<PricedOperation, 'name'> {
  const scope = { schema, fragment: (name: string) => fragments.get(name) };
  return {
    kind: operation.operation,
    variables: (operation.variableDefinitions ?? []).map(({ variable }) => `$${variable.name.value}`),
    price: priceOf(operation, scope),
    example: values && priceOf(operation, { ...scope, variables: withDefaults(operation, values) }),
  };
}

/** The variables' values as the operation would see them. */
export function withDefaults(
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, unknown> {
  return new Map(
    variableDefinitions.map(({ variable, type, defaultValue }) => {
      const name = variable.name.value;
      if (Object.hasOwn(values, name)) return [name, values[name]];
      const declared = typeFromAST(schema, type);
      return [name, defaultValue && isInputType(declared) ? valueFromAST(defaultValue, declared) : undefined];
    }),
  );
}

function examplesOf({ file }: ListedDocument): Readonly<Record<string, unknown>> | undefined {
  const beside = file.replace(/\.(graphql|gql)$/, '.variables.json');
  if (beside === file || !existsSync(beside)) return undefined;
  try {
    const values: unknown = JSON.parse(readFileSync(beside, 'utf8'));
    if (typeof values === 'object' && values !== null) return { ...values };
  } catch {
    // Said below.
  }
  throw new Error(`${beside} is no JSON object`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
