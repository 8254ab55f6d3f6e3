import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { extname, join } from 'node:path';
import type { ServerOptions } from '../options.js';
import { createAssets, type Asset, type AssetAnswer, type Assets } from './assets.js';

/** The page for operators: its files as they were built, and nothing made up on the way. */
export interface Desk {
  /** Null = there is nothing of it at this path. */
  answer(path: string, header: (name: string) => string | null): Promise<AssetAnswer | null>;
}

type DeskOptions = Pick<ServerOptions, 'desk' | 'playground'>;

const PAGE = '/desk';
const ASSETS = '/desk/assets/';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};
const NOT_BUILT = 'The desk is not built here: run `npm run build`, then reload.\n';

/** Where the built page keeps a place for the key that the sandbox hands out. */
const SANDBOX_KEY = '<meta name="headgate-sandbox-key" content="" />';

/** Reads the built files when somebody first asks for them; until there are any, it says how to make them. */
export function createDesk({ desk: folder, playground }: DeskOptions): Desk | null {
  if (folder === undefined) return null;
  let built: { readonly html: string; readonly etag: string; readonly assets: Assets } | undefined;

  function read(from: string): typeof built {
    if (!existsSync(join(from, 'index.html'))) return undefined;
    const key = playground?.headers['x-gateway-key'];
    const text = readFileSync(join(from, 'index.html'), 'utf8');
    const html =
      key === undefined ? text : text.replace(SANDBOX_KEY, () => SANDBOX_KEY.replace('""', `"${quoted(key)}"`));
    const etag = `"${createHash('sha256').update(html).digest('base64url').slice(0, 16)}"`;
    return { html, etag, assets: createAssets(ASSETS, assetsIn(join(from, 'assets'))) };
  }

  return {
    async answer(path, header) {
      if (path !== PAGE && path !== `${PAGE}/` && !path.startsWith(ASSETS)) return null;
      built ??= read(folder);
      if (built === undefined) return { status: 503, body: bytesOf(NOT_BUILT), headers: plainText };
      if (path.startsWith(ASSETS)) return built.assets.answer(path, header);
      const headers = { ...pageHeaders, etag: built.etag };
      if (header('if-none-match')?.includes(built.etag)) return { status: 304, body: null, headers };
      return { status: 200, body: bytesOf(built.html), headers };
    },
  };
}

/** Their names hold a hash of what is in them, so that each may be kept for ever. */
function assetsIn(folder: string): Readonly<Record<string, Asset>> {
  const files = readdirSync(folder).flatMap((name): [string, Asset][] => {
    const type = TYPES[extname(name)];
    return type === undefined ? [] : [[name, { type, text: readFileSync(join(folder, name), 'utf8') }]];
  });
  return Object.fromEntries(files);
}

function quoted(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

const plainText = { 'content-type': 'text/plain; charset=utf-8' };

/** Only files of this origin run, they talk to this origin alone, and no other page can show this one. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};
