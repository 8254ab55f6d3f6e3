import { GraphQLSchema, parse, type ExecutionArgs, type ExecutionResult } from 'graphql';

export type Results = ExecutionResult | AsyncGenerator<ExecutionResult, void>;

/** The library wants a document to execute; what it is given was executed, and is carried to it as the context. */
const carrier = { schema: new GraphQLSchema({}), document: parse('{ __typename }') };

class Carried {
  constructor(readonly results: Results) {}
}

export function carry(results: Results): ExecutionArgs {
  return { ...carrier, contextValue: new Carried(results) };
}

/** What was carried: the library's way to execute. */
export function resultsOf({ contextValue }: ExecutionArgs): Results {
  if (!(contextValue instanceof Carried)) throw new Error('an operation that was never begun');
  return contextValue.results;
}
