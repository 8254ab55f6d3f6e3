import { InvalidInput, invalidInput, type InputIssue } from '../../errors.js';
import { compareDecimals, fractionDigits, isPositive, parseDecimal } from '../../values/decimal.js';
import { jsonFault } from '../../values/json.js';
import type { PaymentInput } from './model.js';
import { MARKER_KEY } from './wire.js';

const PAYMENT_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** It stands where a payment id stands, and leads to another endpoint. */
const ROUTE_WORD = 'incomplete_server_payments';
const MAX_AD_ID = 512;
const TXID = /^[0-9a-fA-F]{64}$/;
/** Halves of surrogate pairs, which no URL can carry. */
const UNSENDABLE = /\p{Cs}/u;

/** The chain counts in ten-millionths of a Pi. */
const FRACTION_DIGITS = 7;
/** The caps are counted in these ten-millionths too, and a double holds no more of them exactly. */
const MOST = '900719925.4740991';
const MAX_UID = 128;
const MAX_MEMO_BYTES = 1_024;
const MAX_METADATA_BYTES = 16_384;
/** Levels of arrays and objects in metadata; deeper values break those who walk them. */
const MAX_METADATA_DEPTH = 64;

/** Throws InvalidInput at this argument when the text cannot be the id of a payment. */
export function checkPaymentId(text: string, path: string): void {
  if (!PAYMENT_ID.test(text) || text === ROUTE_WORD) throw invalidInput(path, 'cannot be the id of a payment');
}

/**
 * Throws InvalidInput at this argument when the text cannot be the id of an ad. Their form is not promised; but `.` and
 * `..` would be folded out of the path and reach another endpoint.
 */
export function checkAdId(text: string, path: string): void {
  const sendable =
    text.length > 0 && text.length <= MAX_AD_ID && text !== '.' && text !== '..' && !UNSENDABLE.test(text);
  if (!sendable) throw invalidInput(path, 'cannot be the id of an ad');
}

/** Throws InvalidInput at this argument when the text cannot be the uid of a user. Their form is not promised. */
export function checkUid(text: string, path: string): void {
  if (text.trim() === '' || text.length > MAX_UID || text === '.' || text === '..' || UNSENDABLE.test(text))
    throw invalidInput(path, 'cannot be the uid of a user');
}

/** The id of a transaction as the upstream spells it; throws InvalidInput when it cannot be one. */
export function normalTxid(text: string, path: string): string {
  if (!TXID.test(text)) throw invalidInput(path, 'must be 64 hexadecimal digits');
  return text.toLowerCase();
}

/** What to pay out, its amount in the shortest plain form; throws InvalidInput naming everything that is wrong with it. */
export function checkPaymentInput(input: PaymentInput): PaymentInput {
  const issues: InputIssue[] = [];
  const fault = (message: string, ...path: string[]) => {
    issues.push({ path: ['input', ...path], message });
  };
  const amount = parseDecimal(input.amount);
  if (amount === undefined || !isPositive(amount)) fault('must be a number above 0', 'amount');
  else if (fractionDigits(amount) > FRACTION_DIGITS)
    fault(`can have ${FRACTION_DIGITS} digits after the point at most`, 'amount');
  else if (compareDecimals(amount, MOST) > 0) fault(`can be ${MOST} Pi at most`, 'amount');
  if (input.userUid.trim() === '' || input.userUid.length > MAX_UID) fault('cannot be the uid of a user', 'userUid');
  if (input.memo.trim() === '') fault('must not be empty', 'memo');
  if (Buffer.byteLength(input.memo) > MAX_MEMO_BYTES) fault(`can have ${MAX_MEMO_BYTES} bytes at most`, 'memo');
  if (Object.hasOwn(input.metadata, MARKER_KEY)) fault('is reserved', 'metadata', MARKER_KEY);
  const data = jsonFault(input.metadata, { levels: MAX_METADATA_DEPTH, bytes: MAX_METADATA_BYTES });
  if (data === 'deep') fault('is nested too deep', 'metadata');
  if (data === 'long') fault(`can have ${MAX_METADATA_BYTES} bytes at most`, 'metadata');
  if (amount === undefined || issues.length > 0) throw new InvalidInput(issues);
  return { ...input, amount };
}
