import { createHash } from 'node:crypto';
import { encode, encodingFor, type Encoding } from './encoding.js';

/** A file of a page. */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

/** An answer to a request for a file. */
export interface AssetAnswer {
  readonly status: number;
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Files that are the same for as long as the process lives. */
export interface Assets {
  /** The path of a file, with its version. */
  address(name: string): string;
  /** Null = there is no such file. */
  answer(path: string, header: (name: string) => string | null): Promise<AssetAnswer | null>;
}

/**
 * Serves files compressed (once, when somebody first asks for that encoding), with an ETag. An address with the version may be
 * kept for ever, so that a reload asks for nothing.
 */
export function createAssets(path: string, files: Readonly<Record<string, Asset>>): Assets {
  const version = digest(Object.values(files).map(({ text }) => text));
  const kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  function bodyOf(name: string, { text }: Asset, encoding: Encoding | null): Promise<Uint8Array<ArrayBuffer>> {
    const key = `${name} ${encoding}`;
    const body = kept.get(key) ?? bytesOf(text, encoding);
    kept.set(key, body);
    return body;
  }

  return {
    address: (name) => `${path}${name}?v=${version}`,
    async answer(asked, header) {
      const name = asked.slice(path.length);
      const file = Object.hasOwn(files, name) ? files[name] : undefined;
      if (file === undefined) return null;
      const encoding = encodingFor(header('accept-encoding'));
      const headers = {
        'content-type': file.type,
        etag: `"${version}-${name}-${encoding ?? 'identity'}"`,
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
      };
      if (header('if-none-match')?.includes(headers.etag)) return { status: 304, body: null, headers };
      const encoded = encoding === null ? headers : { ...headers, 'content-encoding': encoding };
      return { status: 200, body: await bodyOf(name, file, encoding), headers: encoded };
    },
  };
}

async function bytesOf(text: string, encoding: Encoding | null): Promise<Uint8Array<ArrayBuffer>> {
  return encoding === null ? new TextEncoder().encode(text) : new Uint8Array(await encode(text, encoding));
}

function digest(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return hash.digest('base64url').slice(0, 12);
}
