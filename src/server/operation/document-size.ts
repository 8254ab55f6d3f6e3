import type { DocumentNode, Token } from 'graphql';

/** Measured: what a token of a document takes once it is read and validated, and what it adds when the document is compiled. */
const BYTES_PER_TOKEN = 450;
const COMPILED_BYTES_PER_TOKEN = 2_200;
/** A character of the text itself, which places of errors are found in. */
const BYTES_PER_CHARACTER = 2;

/** About how much memory a document takes for as long as it is remembered, in bytes. */
export interface DocumentSize {
  readonly read: number;
  readonly compiled: number;
}

/**
 * Measures a document that was just read, and lets go of what nobody needs any more: its tokens are a chain, each holding the
 * next, so that one node keeps every comment of the text, and comments may be 250 KB.
 */
export function measureDocument({ loc }: DocumentNode): DocumentSize {
  let tokens = 0;
  let token: Token | null = loc?.startToken ?? null;
  while (token !== null) {
    const link = token as { prev: Token | null; next: Token | null };
    token = link.next;
    link.prev = link.next = null;
    tokens += 1;
  }
  const characters = loc?.source.body.length ?? 0;
  return {
    read: tokens * BYTES_PER_TOKEN + characters * BYTES_PER_CHARACTER,
    compiled: tokens * COMPILED_BYTES_PER_TOKEN,
  };
}
