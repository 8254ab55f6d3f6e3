import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { TrustedDocuments } from '../options.js';

type Entry = readonly [id: string, text: string];

/** A document as a client sends it, by the id that it is listed under. */
export interface ListedDocument {
  readonly id: string;
  readonly text: string;
  /** Where it stands. */
  readonly file: string;
}

/**
 * Reads the documents of a file or of a folder with all below it: manifests of client-preset, Relay and Apollo (`.json`), and
 * documents by themselves (`.graphql`, known by their file's name). Each is known by its SHA-256 besides. Throws one line.
 */
export function readTrustedDocuments(path: string): TrustedDocuments {
  const documents = new Map<string, string>();
  const add = (id: string, text: string, file: string): void => {
    const before = documents.get(id);
    if (before !== undefined && before !== text) throw new Error(`two documents have the id ${id} (${file})`);
    documents.set(id, text);
  };
  for (const { id, text, file } of readDocuments(path)) {
    add(id, text, file);
    add(hash('sha256', text, 'hex'), text, file);
  }
  return documents;
}

/** Every document of a file or folder, in the order of the files' names. Throws one line, also when there is none. */
export function readDocuments(path: string): readonly ListedDocument[] {
  const documents = filesOf(path).flatMap((file) => entriesOf(file).map(([id, text]) => ({ id, text, file })));
  if (documents.length === 0) throw new Error(`${path} holds no documents (.json manifests, .graphql files)`);
  return documents;
}

const KINDS: ReadonlySet<string> = new Set(['.json', '.graphql', '.gql']);

function filesOf(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Error(`${path} does not exist`);
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => KINDS.has(extname(name)))
    .map((name) => join(path, name))
    .toSorted();
}

function entriesOf(file: string): readonly Entry[] {
  const text = readFileSync(file, 'utf8');
  if (extname(file) !== '.json') return [[basename(file, extname(file)), text]];
  const content = parse(text, file);
  if (typeof content !== 'object' || content === null) return [];
  if ('format' in content && content.format === APOLLO) return entriesOfApollo(content, file);
  // What client-preset and Relay write: texts by their hashes. Variables lie beside documents in some folders.
  const entries = Object.entries(content).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return entries.filter(([, document]) => document.includes('{'));
}

const APOLLO = 'apollo-persisted-query-manifest';

function entriesOfApollo(manifest: object, file: string): readonly Entry[] {
  const operations: readonly unknown[] =
    'operations' in manifest && Array.isArray(manifest.operations) ? manifest.operations : [];
  return operations.map((operation): Entry => {
    if (typeof operation === 'object' && operation !== null && 'id' in operation && 'body' in operation) {
      const { id, body } = operation;
      if (typeof id === 'string' && typeof body === 'string') return [id, body];
    }
    throw new Error(`${file} has an operation without id or body`);
  });
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is not JSON`);
  }
}
