import { GraphQLError, type ASTVisitor, type ValidationRule } from 'graphql';
import { priceOf } from './price.js';

/**
 * Makes the rule that bounds the upstream calls one operation could cause, at providers that keep to what they document: what
 * `headgate calls` adds up, with each variable as the most it can be.
 */
export function createCostRule(mostCalls: number): ValidationRule {
  return (context): ASTVisitor => {
    const scope = { schema: context.getSchema(), fragment: (name: string) => context.getFragment(name) };
    return {
      OperationDefinition(node) {
        if (priceOf(node, scope).total.documented <= mostCalls) return;
        const message =
          `The operation could cause more than ${mostCalls} upstream calls; ask for smaller pages, fewer links ` +
          'or fewer fields at once';
        context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } }));
      },
    };
  };
}
