import type { DocumentNode, ExecutionArgs, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Documents, PreparedOperation, ReadableDocument } from './documents.js';
import type { Executor } from './execution.js';
import { variableErrors } from './input-errors.js';
import type { HeaderReader, RequestState } from '../options.js';

/** How operations are prepared and run: one for all transports. */
export interface OperationRules {
  readonly documents: Documents;
  readonly executor: Executor;
  mayIntrospect(header: HeaderReader): boolean;
  /** Names the variables that cannot be used. */
  checkVariables(
    document: DocumentNode,
    operation: PreparedOperation,
    values: Readonly<Record<string, unknown>> | null | undefined,
  ): readonly GraphQLError[];
}

/** Makes the check of an operation's variables. */
export function createVariableCheck(
  schema: ExecutionArgs['schema'],
  hideSuggestions: boolean,
): OperationRules['checkVariables'] {
  return (document, { definition }, values) => {
    if (!definition.variableDefinitions?.length) return [];
    return variableErrors({ schema, document, operation: definition, values: values ?? {}, hideSuggestions });
  };
}

/** Replaces Yoga's parsing, validation and execution by the gateway's own, and checks variables before anything runs; on both transports. */
export function useDocuments({
  documents,
  executor,
  mayIntrospect,
  checkVariables,
}: OperationRules): Plugin<RequestState> {
  const readable = new WeakMap<DocumentNode, ReadableDocument>();
  return {
    onParse({ params, context, setParsedDocument }) {
      const prepared = documents.prepare(params.source.toString(), () => mayIntrospect(context.header));
      if (prepared.document === null) throw prepared.syntaxError;
      readable.set(prepared.document, prepared);
      setParsedDocument(prepared.document);
      return ({ extendContext }) => {
        const operation = prepared.operation(context.params.operationName);
        if (operation) extendContext({ operation: operation.known });
      };
    },
    onValidate({ params, setResult }) {
      const errors = readable.get(params.documentAST)?.errors;
      if (errors !== undefined) setResult([...errors]);
    },
    onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      const operation = find(args);
      if (operation === undefined) return;
      const { document, contextValue: context, variableValues } = args;
      const variables = variableValues ?? null;
      const errors = checkVariables(document, operation, variables);
      if (errors.length > 0) setResultAndStopExecution({ errors: [...errors] });
      else setExecuteFn(() => executor({ document, prepared: operation, variables, context }));
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const operation = find(args);
      const errors = operation ? checkVariables(args.document, operation, args.variableValues) : [];
      if (errors.length > 0) setResultAndStopExecution({ errors: [...errors] });
    },
  };

  function find({ document, operationName }: OperationArgs): PreparedOperation | undefined {
    return readable.get(document)?.operation(operationName);
  }
}

type OperationArgs = Parameters<NonNullable<Plugin['onExecute']>>[0]['args'];
