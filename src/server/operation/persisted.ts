import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PersistedSettings, TrustedDocuments } from '../options.js';
import { requestError } from './coded-errors.js';
import type { Documents } from './documents.js';
import { noDocument, type OperationParams } from './params.js';

/** The text that an operation is to be found in. */
export interface FoundText {
  readonly text: string;
  /** It was found by an id in the deployment's own list. */
  readonly trusted: boolean;
  /** It was sent where nothing is answered but what is listed: only questions about the schema may pass. */
  readonly onlyIntrospection: boolean;
  /** The hash under which it is to be kept, once it has proved to be sound. */
  readonly keepAs?: string;
}

/** Finds documents by hash, by id or as they are sent. */
export interface PersistedTexts {
  /** Throws what is wrong. `mayIntrospect` is asked only where free text is refused. */
  find(params: OperationParams, mayIntrospect: () => boolean): FoundText;
  keep(hash: string, text: string): void;
}

/** What clients register is bounded by the memory that it takes; whoever was pushed out sends the text again. */
const KEPT_BYTES = 8 * 1_048_576;
const LARGEST_KEPT_BYTES = 262_144;
const BYTES_PER_ENTRY = 500;

export const nothingPersisted: PersistedSettings = { trusted: new Map(), trustedOnly: false };

export function createPersistedTexts({ trusted, trustedOnly }: PersistedSettings): PersistedTexts {
  const kept = new LRUCache<string, string>({
    maxSize: KEPT_BYTES,
    maxEntrySize: LARGEST_KEPT_BYTES,
    sizeCalculation: (text) => text.length * 2 + BYTES_PER_ENTRY,
  });

  function byHash(sha256: string, text: string | undefined): FoundText {
    const listed = trusted.get(sha256);
    if (text !== undefined && text !== listed && hash('sha256', text, 'hex') !== sha256) throw wrongHash();
    if (listed !== undefined) return { text: listed, trusted: true, onlyIntrospection: false };
    if (text !== undefined) {
      if (trustedOnly) throw notListed();
      return { text, trusted: false, onlyIntrospection: false, keepAs: sha256 };
    }
    const known = kept.get(sha256);
    if (known === undefined) throw requestError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    return { text: known, trusted: false, onlyIntrospection: false };
  }

  return {
    find({ query, sha256, documentId }, mayIntrospect) {
      if (sha256 !== undefined) return byHash(sha256, query);
      if (documentId !== undefined) {
        const text = trusted.get(documentId);
        if (text === undefined)
          throw requestError('PERSISTED_QUERY_NOT_FOUND', 'No document is known by this id.', 400);
        return { text, trusted: true, onlyIntrospection: false };
      }
      if (query === undefined) throw noDocument();
      if (trustedOnly && !mayIntrospect()) throw notListed();
      return { text: query, trusted: false, onlyIntrospection: trustedOnly };
    },
    keep: (sha256, text) => void kept.set(sha256, text),
  };
}

function wrongHash() {
  return requestError('BAD_USER_INPUT', 'extensions.persistedQuery.sha256Hash is not the SHA-256 of query.', 400);
}

/** The refusal of a document that is not listed. */
export function notListed() {
  return requestError(
    'FORBIDDEN',
    'Only documents that this deployment has listed are answered here; send the id of one.',
    403,
  );
}

/** The ids of listed documents that are no GraphQL, do not fit the schema or ask for too much. */
export function unfitDocuments(trusted: TrustedDocuments, documents: Documents): readonly string[] {
  const ids: string[] = [];
  const seen = new Set<string>();
  for (const [id, text] of trusted) {
    if (seen.has(text)) continue;
    seen.add(text);
    const prepared = documents.prepare(text, () => true);
    if (prepared.document === null || prepared.errors.length > 0) ids.push(id);
  }
  return ids;
}
