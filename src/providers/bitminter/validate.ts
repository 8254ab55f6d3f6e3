import { invalidInput } from '../../errors.js';

/** No slash, no percent sign, no space: what stays the same on its way through a path. */
const MINER_NAME = /^[A-Za-z0-9_.@+-]{1,64}$/;
/** Blocks are numbered so far; ids are read as text all the same. */
const BLOCK_ID = /^(?!\.{1,2}$)[\x21-\x7e]{1,128}$/;
const COMMODITY = /^[A-Z0-9]{2,10}$/;

/**
 * Throws InvalidInput at this argument when the text cannot be the name of a miner. An empty name would show the account
 * of the key's owner, and `.` and `..` would be folded out of the path.
 */
export function checkMinerName(text: string, path: string): void {
  if (!MINER_NAME.test(text) || text === '.' || text === '..')
    throw invalidInput(path, 'cannot be the name of a miner');
}

/** Throws InvalidInput at this argument when the text cannot be the id of a block. */
export function checkBlockId(text: string, path: string): void {
  if (!BLOCK_ID.test(text)) throw invalidInput(path, 'cannot be the id of a block');
}

/** Throws InvalidInput at this argument when the text cannot name a chain. */
export function checkCommodity(text: string, path: string): void {
  if (!COMMODITY.test(text)) throw invalidInput(path, 'must be 2 to 10 capital letters or digits, such as BTC');
}
