import {
  coerceInputValue,
  GraphQLError,
  GraphQLID,
  GraphQLString,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  typeFromAST,
  ValuesOfCorrectTypeRule,
  visit,
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidationContext,
} from 'graphql';
import { GatewayError } from '../../errors.js';
import { isErrorCode, type ErrorCode } from '../../error-codes.js';
import { cut } from '../../values/cut.js';

/** Says which argument is wrong, in the words of the caller's own document, for literals and for variables alike. */

type Chain = readonly (ASTNode | readonly ASTNode[])[];
const MOST_ERRORS = 10;
const LONGEST_MESSAGE = 300;
/** Twice what the longest list of any argument may hold, so that its own words are heard for what is nearly that. */
const LONGEST_LIST = 2_000;

/** The rule about literals, with each complaint starting with the argument's path, such as `filter.cids[0]`. */
export function NamedValuesOfCorrectTypeRule(context: ValidationContext): ASTVisitor {
  let chain: Chain = [];
  const named: ValidationContext = Object.create(context, {
    reportError: { value: (error: GraphQLError) => context.reportError(nameLiteral(error, chain)) },
  });
  const visitor: Record<string, unknown> = {};
  for (const [kind, enter] of Object.entries(ValuesOfCorrectTypeRule(named))) {
    if (typeof enter !== 'function') continue;
    visitor[kind] = (
      node: ASTNode,
      key: unknown,
      parent: Chain[number] | undefined,
      path: unknown,
      ancestors: Chain,
    ): unknown => {
      chain = fullChain(ancestors, parent, node);
      return enter(node, key, parent, path, ancestors);
    };
  }
  return visitor;
}

function nameLiteral(error: GraphQLError, chain: Chain): GraphQLError {
  const node = chain.at(-1);
  const nodes = error.nodes ?? (node !== undefined && 'kind' in node ? [node] : null);
  const code = inputCode(error) ?? (error.originalError ? 'BAD_USER_INPUT' : undefined);
  return new GraphQLError(withPath(argumentPath(chain), error), { nodes, extensions: code ? { code } : {} });
}

export interface VariableCheck {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly values: Readonly<Record<string, unknown>>;
  readonly hideSuggestions: boolean;
}

/** Checks an operation's variables and names the arguments that they feed; stops after ten faults. */
export function variableErrors({
  schema,
  document,
  operation,
  values,
  hideSuggestions,
}: VariableCheck): readonly GraphQLError[] {
  const errors: GraphQLError[] = [];
  const report = (name: string, path: readonly (string | number)[], error: GraphQLError) => {
    const place = `${variablePlace(document, name)}${path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`;
    const code = inputCode(error) ?? 'BAD_USER_INPUT';
    // Like a document that does not validate: 400 for those who read the newer media type, 200 for plain JSON.
    errors.push(new GraphQLError(withPath(place, error), { extensions: { code, http: { spec: true, status: 400 } } }));
    if (errors.length >= MOST_ERRORS) throw new TooManyErrors();
  };
  try {
    for (const { name, type, hasDefault } of declaredVariables(schema, operation)) {
      const given = Object.hasOwn(values, name) && values[name] !== undefined;
      if (given && plainlyFits(type, values[name])) continue;
      if ((!given && !hasDefault && isNonNullType(type)) || (given && values[name] === null && isNonNullType(type))) {
        report(name, [], new GraphQLError(`A value of type "${String(type)}" is required.`));
      } else if (given) {
        const long = longListIn(type, values[name]);
        if (long !== null) report(name, long, new GraphQLError(`At most ${LONGEST_LIST} at a time.`));
        else
          coerceInputValue(values[name], type, (path, _invalid, error) => report(name, path, error), hideSuggestions);
      }
    }
  } catch (error) {
    if (!(error instanceof TooManyErrors)) throw error;
  }
  return errors;
}

class TooManyErrors extends Error {}

/** The values of the variables that an operation declares: others mean nothing, and are neither kept nor compared. */
export function declaredValues({
  schema,
  operation,
  values,
}: Pick<VariableCheck, 'schema' | 'operation' | 'values'>): Record<string, unknown> {
  const names = declaredVariables(schema, operation).map(({ name }) => name);
  for (const name in values) {
    if (names.includes(name)) continue;
    const own = names.filter((one) => Object.hasOwn(values, one));
    return Object.fromEntries(own.map((one) => [one, values[one]]));
  }
  return values;
}

interface DeclaredVariable {
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly hasDefault: boolean;
}

/** What an operation declares does not change, and an operation is never used with two schemas. */
const declared = new WeakMap<OperationDefinitionNode, readonly DeclaredVariable[]>();

function declaredVariables(schema: GraphQLSchema, operation: OperationDefinitionNode): readonly DeclaredVariable[] {
  let known = declared.get(operation);
  if (known === undefined) {
    known = (operation.variableDefinitions ?? []).flatMap(({ variable, type: node, defaultValue }) => {
      const type = typeFromAST(schema, node);
      return isInputType(type) ? [{ name: variable.name.value, type, hasDefault: defaultValue !== undefined }] : [];
    });
    declared.set(operation, known);
  }
  return known;
}

/**
 * The way to the first list that is longer than any argument takes. Looked for before the items are read: a list of 250 KB
 * has tens of thousands of them, and each is worth a reader's time only for those who have the right.
 */
function longListIn(type: GraphQLInputType, value: unknown): readonly (string | number)[] | null {
  const inner = isNonNullType(type) ? type.ofType : type;
  if (isListType(inner)) {
    if (!Array.isArray(value)) return null;
    if (value.length > LONGEST_LIST) return [];
    for (let index = 0; index < value.length; index += 1) {
      const long = longListIn(inner.ofType, value[index]);
      if (long !== null) return [index, ...long];
    }
  } else if (isInputObjectType(inner) && typeof value === 'object' && value !== null) {
    const fields = inner.getFields();
    for (const name of Object.keys(value)) {
      // The map of fields has no prototype, so that no name of one is found in it.
      const field = fields[name];
      const long = field && longListIn(field.type, (value as Readonly<Record<string, unknown>>)[name]);
      if (long) return [name, ...long];
    }
  }
  return null;
}

/** Most variables are texts, which need no closer look. */
function plainlyFits(type: GraphQLInputType, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const inner = isNonNullType(type) ? type.ofType : type;
  return inner === GraphQLID || inner === GraphQLString;
}

/** The code that a scalar gave its complaint, when it gave one. */
function inputCode(error: GraphQLError): ErrorCode | undefined {
  if (error.originalError instanceof GatewayError) return error.originalError.code;
  const { code } = error.extensions;
  return isErrorCode(code) ? code : undefined;
}

function withPath(path: string | null, error: GraphQLError): string {
  const text = error.originalError instanceof GatewayError ? error.originalError.message : error.message;
  const short = cut(text, LONGEST_MESSAGE, '…');
  return path === null ? short : `${path}: ${short}`;
}

/** From the document down to a node; a visitor's ancestors leave out the parent. */
function fullChain(ancestors: Chain, parent: Chain[number] | undefined, node: ASTNode): Chain {
  return parent === undefined ? [node] : [...ancestors, parent, node];
}

/** The path of the argument that a node belongs to: `filter.cids[0]`, or `$name` for a variable's default. */
function argumentPath(chain: Chain): string | null {
  let path: string | null = null;
  for (const [index, step] of chain.entries()) {
    if (!('kind' in step)) {
      const owner = chain[index - 1];
      const item = chain[index + 1];
      const listed = owner !== undefined && 'kind' in owner && owner.kind === Kind.LIST;
      if (path !== null && listed && item !== undefined && 'kind' in item) path += `[${step.indexOf(item)}]`;
    } else if (step.kind === Kind.ARGUMENT) path = step.name.value;
    else if (step.kind === Kind.VARIABLE_DEFINITION) path = `$${step.variable.name.value}`;
    else if (step.kind === Kind.OBJECT_FIELD && path !== null) path += `.${step.name.value}`;
  }
  return path;
}

/** Where a variable is used first. */
function variablePlace(document: DocumentNode, name: string): string {
  let place: string | null = null;
  visit(document, {
    VariableDefinition: () => false,
    Variable(node, _key, parent, _path, ancestors) {
      if (node.name.value === name) place ??= argumentPath(fullChain(ancestors, parent, node));
    },
  });
  return place ?? `$${name}`;
}
