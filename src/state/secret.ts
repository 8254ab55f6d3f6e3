import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const BYTES = 32;
const SHORTEST = 16;

/** The folder that state is kept in, for this user alone; made when it is not there. Throws one line for who starts us. */
export function openFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw new Error(`STATE_DIR: ${folder} cannot be made (${codeOf(error)})`);
  }
}

/**
 * Says what is in the way of keeping state in a folder, without leaving one behind that was not there. Throws the same lines
 * as whoever opens it.
 */
export function checkFolder(folder: string): void {
  const made = missingFolders(folder);
  try {
    openFolder(folder);
    try {
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new Error(`STATE_DIR: ${folder} cannot be written (${codeOf(error)})`);
    }
  } finally {
    // From the inside out, and only what is empty.
    for (const one of made) if (existsSync(one)) rmdirSync(one);
  }
}

/** The folder and those above it that are not there, from the inside out. */
function missingFolders(folder: string): readonly string[] {
  return existsSync(folder) ? [] : [folder, ...missingFolders(dirname(folder))];
}

/** One after the other: Node's own recursive way never ends where a folder is not there and cannot be made, as in /proc. */
function makeFolder(folder: string): void {
  for (const one of missingFolders(folder).toReversed()) {
    try {
      mkdirSync(one, { mode: 0o700 });
    } catch (error) {
      // Another process may have made it meanwhile.
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
  if (!statSync(folder).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
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
