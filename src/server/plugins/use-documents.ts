import { getOperationAST, type DocumentNode, type GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Documents } from '../documents.js';
import { variableErrors } from '../input-errors.js';
import type { RequestState, ServerOptions } from '../server-options.js';

/** Replaces Yoga's parsing and validation by the prepared documents, and checks variables before anything runs; on both transports. */
export function useDocuments(documents: Documents, introspection: ServerOptions['introspection'], hideSuggestions: boolean): Plugin<RequestState> {
  const faults = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return {
    onParse({ params, context, setParsedDocument }) {
      const mayIntrospect = typeof introspection === 'function' ? introspection(context.header) : introspection;
      const prepared = documents.prepare(params.source.toString(), mayIntrospect);
      if (prepared.document === null) throw prepared.syntaxError;
      faults.set(prepared.document, prepared.errors);
      setParsedDocument(prepared.document);
      return ({ extendContext }) => {
        const operation = getOperationAST(prepared.document, context.params.operationName);
        if (operation) extendContext({ operation: { kind: operation.operation, name: operation.name?.value ?? null } });
      };
    },
    onValidate({ params, setResult }) {
      const errors = faults.get(params.documentAST);
      if (errors !== undefined) setResult([...errors]);
    },
    onExecute({ args, setResultAndStopExecution }) {
      const errors = checkVariables(args);
      if (errors.length > 0) setResultAndStopExecution({ errors: [...errors] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const errors = checkVariables(args);
      if (errors.length > 0) setResultAndStopExecution({ errors: [...errors] });
    },
  };

  function checkVariables({ schema, document, operationName, variableValues }: OperationArgs): readonly GraphQLError[] {
    const operation = getOperationAST(document, operationName);
    return operation ? variableErrors({ schema, document, operation, values: variableValues ?? {}, hideSuggestions }) : [];
  }
}

type OperationArgs = Parameters<NonNullable<Plugin['onExecute']>>[0]['args'];
