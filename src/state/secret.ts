import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 32;
const SHORTEST = 16;

/** The folder that state is kept in, for this user alone; made when it is not there. Throws one line for who starts us. */
export function openFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(`STATE_DIR: ${folder} cannot be made (${codeOf(error)})`);
  }
}

/**
 * The secret of a deployment that was given none: made at the first start, kept beside the state that it seals. Its text may
 * be set as HEADGATE_SECRET later. Throws one line for whoever starts us.
 */
export function keptSecret(folder: string): string {
  openFolder(folder);
  const file = join(folder, 'secret');
  try {
    make(file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw new Error(`STATE_DIR: ${file} cannot be written (${codeOf(error)})`);
  }
  const secret = read(file);
  // Cut short by a crash or a full disk, it would seal with next to nothing.
  if (secret.length < SHORTEST) throw new Error(`STATE_DIR: ${file} holds no secret`);
  return secret;
}

function make(file: string): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, `${randomBytes(BYTES).toString('hex')}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function read(file: string): string {
  try {
    chmodSync(file, 0o600);
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`STATE_DIR: ${file} cannot be read (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : 'error';
}
