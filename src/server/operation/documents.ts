import {
  getNamedType,
  getOperationAST,
  GraphQLError,
  isIntrospectionType,
  parse,
  specifiedRules,
  validate,
  ValuesOfCorrectTypeRule,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidationContext,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { NamedValuesOfCorrectTypeRule } from './input-errors.js';
import { createCostRule } from './cost.js';
import { measureDocument, type DocumentSize } from './document-size.js';
import { brokenLimits, onlyIntrospects, type QueryLimits } from './limits.js';
import type { OperationKind } from '../options.js';

/** One operation of a document, with what is remembered of it as long as the document is. */
export interface PreparedOperation {
  readonly definition: OperationDefinitionNode;
  readonly known: { readonly kind: OperationKind; readonly name: string | null };
  /** How often it ran, as far as that matters to whoever compiles it. */
  uses: number;
  /** False once it is known that it cannot be compiled. */
  compiles: boolean;
  /** About how much memory it takes when it is compiled, in bytes. */
  readonly compiledBytes: number;
}

export interface ReadableDocument {
  readonly document: DocumentNode;
  /** None = run it. */
  readonly errors: readonly GraphQLError[];
  /** About how much memory it takes, in bytes. */
  readonly bytes: number;
  /** The operation of this name, or the only one; undefined when there is no such. */
  operation(name: string | null | undefined): PreparedOperation | undefined;
}

/** A document that was parsed, measured and validated: either it could not be read, or here are its faults. */
export type PreparedDocument = { readonly document: null; readonly syntaxError: GraphQLError } | ReadableDocument;

export interface Documents {
  /** Prepares a document, or finds it prepared. Whether its caller may introspect is asked only when that makes a difference. */
  prepare(text: string, mayIntrospect: () => boolean): PreparedDocument;
}

export interface DocumentSettings {
  readonly schema: GraphQLSchema;
  readonly limits: QueryLimits;
  readonly hideSuggestions: boolean;
}

/** What is remembered is bounded by the memory that it takes: anybody can send documents that have never been seen before. */
const CACHED_BYTES = 32 * 1_048_576;
const LARGEST_CACHED_BYTES = 1_048_576;
const MOST_ERRORS = 10;
const TOO_MANY_TOKENS = /tokens\. Parsing aborted/;
/** Faults of a document: 400 for those who read the newer media type, 200 for plain JSON. */
const documentFault = { spec: true, status: 400 };
const rules = specifiedRules.map((rule) => (rule === ValuesOfCorrectTypeRule ? NamedValuesOfCorrectTypeRule : rule));

/** Parses and validates behind one bounded cache, limits first, so that a hostile document never reaches a costly rule. */
export function createDocuments({ schema, limits, hideSuggestions }: DocumentSettings): Documents {
  const cached = () =>
    new LRUCache<string, PreparedDocument>({
      maxSize: CACHED_BYTES / 2,
      maxEntrySize: LARGEST_CACHED_BYTES,
      // A fault keeps the text that it is about.
      sizeCalculation: (prepared, text) => text.length * 4 + 1_000 + (prepared.document === null ? 0 : prepared.bytes),
    });
  /** A document about the schema is prepared apart for those who may read it. */
  const caches = { open: cached(), closed: cached() };

  function read(text: string, mayIntrospect: boolean): DocumentNode {
    try {
      return parse(text, { maxTokens: limits.tokens });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      if (!TOO_MANY_TOKENS.test(error.message)) throw syntaxFault(error);
      const long = mayIntrospect ? readIntrospection(text) : null;
      if (long !== null) return long;
      throw new GraphQLError(`The document has more than ${limits.tokens} tokens`, {
        extensions: { code: 'BAD_USER_INPUT', http: documentFault },
      });
    }
  }

  function readIntrospection(text: string): DocumentNode | null {
    try {
      const document = parse(text, { maxTokens: limits.introspectionTokens });
      return onlyIntrospects(document) ? document : null;
    } catch {
      return null;
    }
  }

  function check(document: DocumentNode, mayIntrospect: boolean): readonly GraphQLError[] {
    const broken = brokenLimits(document, limits);
    if (broken.length > 0)
      return broken.map(
        (message) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: documentFault } }),
      );
    const bounded = [...rules, createCostRule(limits.upstreamCalls)];
    const active = mayIntrospect ? bounded : [...bounded, NoSchemaReadingRule];
    return validate(schema, document, active, { maxErrors: MOST_ERRORS, hideSuggestions }).map(
      ({ message, nodes, source, positions, extensions }) =>
        new GraphQLError(message, {
          nodes: nodes ?? null,
          source: source ?? null,
          positions: positions ?? null,
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...extensions, http: documentFault },
        }),
    );
  }

  function prepare(text: string, mayIntrospect: boolean): PreparedDocument {
    try {
      const document = read(text, mayIntrospect);
      const size = measureDocument(document);
      const errors = check(document, mayIntrospect);
      return { document, errors, bytes: size.read, operation: operationsOf(document, size) };
    } catch (error) {
      if (error instanceof GraphQLError) return { document: null, syntaxError: error };
      throw error;
    }
  }

  return {
    prepare(text, mayIntrospect) {
      const closed = caches.closed.get(text);
      if (closed !== undefined) return closed;
      const open = INTROSPECTS.test(text) && mayIntrospect();
      const known = open ? caches.open.get(text) : undefined;
      if (known !== undefined) return known;
      const prepared = prepare(text, open);
      // What introspects stays out of the closed cache, so that each caller is asked about.
      if (open || !INTROSPECTS.test(text)) caches[open ? 'open' : 'closed'].set(text, prepared);
      return prepared;
    },
  };
}

const INTROSPECTS = /__(schema|type)\b|\b_service\b/;

/** Introspection, and other fields that describe the schema: told once, with what to do instead. */
function NoSchemaReadingRule(context: ValidationContext): ASTVisitor {
  let told = false;
  return {
    Field(node) {
      const type = getNamedType(context.getType());
      const reads =
        (type && isIntrospectionType(type)) === true || context.getFieldDef()?.extensions['describesSchema'] === true;
      if (!reads || told) return;
      told = true;
      const message =
        `GraphQL introspection has been disabled, and "${node.name.value}" with it: an operator key with the scope ` +
        'schema:read may read the schema, and INTROSPECTION=on lets everybody; as a file it is schema/schema.graphql.';
      context.reportError(new GraphQLError(message, { nodes: node }));
    },
  };
}

/** Finds operations by name and remembers those that were found. */
function operationsOf(document: DocumentNode, size: DocumentSize): ReadableDocument['operation'] {
  const found = new Map<OperationDefinitionNode, PreparedOperation>();
  return (name) => {
    const definition = getOperationAST(document, name);
    if (!definition) return undefined;
    let operation = found.get(definition);
    if (operation === undefined) {
      operation = {
        definition,
        known: { kind: definition.operation, name: definition.name?.value ?? null },
        uses: 0,
        compiles: true,
        compiledBytes: size.compiled,
      };
      found.set(definition, operation);
    }
    return operation;
  };
}

function syntaxFault({ message, source, positions }: GraphQLError): GraphQLError {
  return new GraphQLError(message, {
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code: 'GRAPHQL_PARSE_FAILED', http: documentFault },
  });
}
