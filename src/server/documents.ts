import { GraphQLError, NoSchemaIntrospectionCustomRule, parse, specifiedRules, validate, ValuesOfCorrectTypeRule, type DocumentNode, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import { NamedValuesOfCorrectTypeRule } from './input-errors.js';
import { brokenLimits, onlyIntrospects, type QueryLimits } from './query-limits.js';

/** A document that was parsed, measured and validated: either it could not be read, or here are its faults (none = run it). */
export type PreparedDocument =
  | { readonly document: null; readonly syntaxError: GraphQLError }
  | { readonly document: DocumentNode; readonly errors: readonly GraphQLError[] };

export interface Documents {
  /** Prepares a document, or finds it prepared; what a caller may introspect keeps its own entries. */
  prepare(text: string, mayIntrospect: boolean): PreparedDocument;
}

export interface DocumentSettings {
  readonly schema: GraphQLSchema;
  readonly limits: QueryLimits;
  readonly hideSuggestions: boolean;
}

const CACHED_DOCUMENTS = 1_000;
const CACHED_CHARACTERS = 4_000_000;
const MOST_ERRORS = 10;
const TOO_MANY_TOKENS = /tokens\. Parsing aborted/;
/** Faults of a document: 400 for those who read the newer media type, 200 for plain JSON. */
const documentFault = { spec: true, status: 400 };
const rules = specifiedRules.map((rule) => (rule === ValuesOfCorrectTypeRule ? NamedValuesOfCorrectTypeRule : rule));

/** Parses and validates behind one bounded cache, limits first, so that a hostile document never reaches a costly rule. */
export function createDocuments({ schema, limits, hideSuggestions }: DocumentSettings): Documents {
  const cache = new LRUCache<string, PreparedDocument>({
    max: CACHED_DOCUMENTS, maxSize: CACHED_CHARACTERS, maxEntrySize: 65_536, sizeCalculation: (_document, text) => text.length,
  });

  function read(text: string, mayIntrospect: boolean): DocumentNode {
    try {
      return parse(text, { maxTokens: limits.tokens });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      if (!TOO_MANY_TOKENS.test(error.message)) throw syntaxFault(error);
      const long = mayIntrospect && /\b__(schema|type)\b/.test(text) ? readIntrospection(text) : null;
      if (long !== null) return long;
      throw new GraphQLError(`The document has more than ${limits.tokens} tokens`, { extensions: { code: 'BAD_USER_INPUT', http: documentFault } });
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
    if (broken.length > 0) return broken.map((message) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: documentFault } }));
    const active = mayIntrospect ? rules : [...rules, NoSchemaIntrospectionCustomRule];
    return validate(schema, document, active, { maxErrors: MOST_ERRORS, hideSuggestions }).map(
      ({ message, nodes, source, positions, extensions }) =>
        new GraphQLError(message, {
          nodes: nodes ?? null, source: source ?? null, positions: positions ?? null,
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...extensions, http: documentFault },
        }),
    );
  }

  function prepare(text: string, mayIntrospect: boolean): PreparedDocument {
    try {
      const document = read(text, mayIntrospect);
      return { document, errors: check(document, mayIntrospect) };
    } catch (error) {
      if (error instanceof GraphQLError) return { document: null, syntaxError: error };
      throw error;
    }
  }

  return {
    prepare(text, mayIntrospect) {
      const key = `${mayIntrospect ? '+' : '-'}${text}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const prepared = prepare(text, mayIntrospect);
      cache.set(key, prepared);
      return prepared;
    },
  };
}

function syntaxFault({ message, source, positions }: GraphQLError): GraphQLError {
  return new GraphQLError(message, { source: source ?? null, positions: positions ?? null, extensions: { code: 'GRAPHQL_PARSE_FAILED', http: documentFault } });
}
