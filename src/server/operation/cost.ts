import {
  getNamedType,
  GraphQLError,
  isAbstractType,
  isCompositeType,
  isNullableType,
  isObjectType,
  Kind,
  typeFromAST,
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
  type ValueNode,
} from 'graphql';

/** What a list may hold when the document does not say: pages and lists of ids have the same bound. */
const LONGEST_LIST = 100;
const USUAL_PAGE = 20;
/** Counts stop here, so that fragments that multiply each other cannot overflow. */
const PLENTY = 1_000_000;

/**
 * Makes the rule that bounds the upstream calls one operation could cause, found from the document alone: every root field
 * and every link to another object is a call, once for each row of the page that it stands in. Written sizes count as they
 * are, variables as the most they can be. A definition that costs something else says so in `extensions.calls`, a number or
 * a function of what is written; searches that all fields of an operation share are in `extensions.walks`, by name.
 */
export function createCostRule(mostCalls: number): ValidationRule {
  return (context): ASTVisitor => {
    return {
      OperationDefinition(node) {
        const type = context.getSchema().getRootType(node.operation);
        const calls = type ? estimate(context, node.selectionSet, type) : 0;
        if (calls <= mostCalls) return;
        const message = `The operation could cause more than ${mostCalls} upstream calls; ask for smaller pages, fewer links or fewer fields at once`;
        context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } }));
      },
    };
  };
}

function estimate(context: ValidationContext, set: SelectionSetNode, type: GraphQLCompositeType): number {
  const walks = new Map<string, number>();
  const calls = createEstimate(context, walks)(set, type, true);
  return calls + [...walks.values()].reduce((sum, pages) => sum + pages, 0);
}

/** `walks` takes up the shared searches that are met on the way. */
function createEstimate(context: ValidationContext, walks: Map<string, number>) {
  const schema = context.getSchema();
  const known = new Map<FragmentDefinitionNode, number>();

  /** A fragment costs the same wherever it is spread; a cycle is named by another rule. */
  function callsOfFragment(fragment: FragmentDefinitionNode, type: GraphQLCompositeType, isRoot: boolean): number {
    const before = known.get(fragment);
    if (before !== undefined) return before;
    known.set(fragment, 0);
    const calls = callsOf(fragment.selectionSet, type, isRoot);
    known.set(fragment, calls);
    return calls;
  }

  function callsOf(set: SelectionSetNode, type: GraphQLCompositeType, isRoot: boolean): number {
    let calls = 0;
    // An object is of one type only: of what is asked of several, the dearest counts.
    const byType = new Map<string, number>();
    const add = (more: number, condition: GraphQLCompositeType) => {
      if (isAbstractType(type) && isObjectType(condition))
        byType.set(condition.name, Math.min((byType.get(condition.name) ?? 0) + more, PLENTY));
      else calls = Math.min(calls + more, PLENTY);
    };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        add(callsOfField(selection, type, isRoot), type);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition ? typeFromAST(schema, selection.typeCondition) : type;
        if (isCompositeType(condition)) add(callsOf(selection.selectionSet, condition, isRoot), condition);
      } else {
        const fragment = context.getFragment(selection.name.value);
        const condition = fragment ? typeFromAST(schema, fragment.typeCondition) : undefined;
        if (fragment && isCompositeType(condition)) add(callsOfFragment(fragment, condition, isRoot), condition);
      }
    }
    return Math.min(calls + Math.max(0, ...byType.values()), PLENTY);
  }

  function callsOfField(node: FieldNode, parent: GraphQLCompositeType, isRoot: boolean): number {
    const field = 'getFields' in parent ? parent.getFields()[node.name.value] : undefined;
    if (field === undefined) return 0;
    const type = getNamedType(field.type);
    const below = node.selectionSet && isCompositeType(type) ? callsOf(node.selectionSet, type, false) : 0;
    const own = ownCalls(node, field, parent, isRoot);
    for (const [name, pages] of Object.entries(field.extensions['walks'] ?? {})) walks.set(name, pages as number);
    const { rows, eachCalls } = rowsOf(node, field);
    return Math.min(eachCalls ? rows * (own + below) : own + rows * below, PLENTY);
  }

  return callsOf;
}

/** A link that leads elsewhere may fail and is nullable; rows of a page are there already. */
function ownCalls(
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  parent: GraphQLCompositeType,
  isRoot: boolean,
): number {
  const { calls } = field.extensions;
  if (typeof calls === 'number') return calls;
  if (typeof calls === 'function') return Number(calls(written(node)));
  const links =
    isNullableType(field.type) && isCompositeType(getNamedType(field.type)) && !parent.name.endsWith('Edge');
  return isRoot || links ? 1 : 0;
}

/** Looks up what a field's arguments are written as. */
function written(node: FieldNode): (name: string) => ValueNode | undefined {
  return (name) => node.arguments?.find((argument) => argument.name.value === name)?.value;
}

/** How many rows a field may have, and whether each is fetched by itself. */
function rowsOf(
  node: FieldNode,
  { args }: GraphQLField<unknown, unknown>,
): { readonly rows: number; readonly eachCalls: boolean } {
  const takes = (name: string) => args.some((argument) => argument.name === name);
  const given = written(node);
  if (takes('ids')) {
    const ids = given('ids');
    return { rows: ids?.kind === Kind.LIST ? ids.values.length : LONGEST_LIST, eachCalls: true };
  }
  if (!takes('first')) return { rows: 1, eachCalls: false };
  const size = given('first') ?? given('last');
  if (size === undefined) return { rows: USUAL_PAGE, eachCalls: false };
  return { rows: size.kind === Kind.INT ? Math.min(Number(size.value), LONGEST_LIST) : LONGEST_LIST, eachCalls: false };
}
