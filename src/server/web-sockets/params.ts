import type { IncomingMessage } from 'node:http';
import type { HeaderReader } from '../options.js';

/** More than all credentials that a caller can bring, in number and length; clients add a few names of their own. */
const MOST_PARAMS = 100;
const LONGEST_PARAMS = 65_536;

/** What a client sends with its hello. */
export type ConnectionParams = Readonly<Record<string, unknown>>;

/** Whether these can be credentials, in number and size: all else is turned away, and not kept. */
export function areBounded(params: ConnectionParams): boolean {
  const names = Object.keys(params);
  if (names.length > MOST_PARAMS) return false;
  return names.reduce((sum, name) => sum + name.length + lengthOf(params[name]), 0) <= LONGEST_PARAMS;
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : (JSON.stringify(value) ?? '').length;
}

/** Reads `connectionParams` first and the upgrade request second. A name that is there without a text counts as sent, and empty. */
export function headerReader(request: IncomingMessage, params: ConnectionParams = {}): HeaderReader {
  const given = new Map(
    Object.entries(params).map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? value : '']),
  );
  return (name) => {
    const key = name.toLowerCase();
    const sent = request.headers[key];
    return given.get(key) ?? (Array.isArray(sent) ? sent.join(', ') : sent) ?? null;
  };
}
