import { invalidInput, type InvalidInput } from '../../errors.js';

const MAX_LENGTH = 512;
/** Control characters, and halves of surrogate pairs, which no URL can carry. */
const UNSENDABLE = /[\p{Cc}\p{Cs}]/u;
/** What most ids are made of, seen at a glance. */
const ORDINARY = /^[\w-]+$/;

/**
 * Whether the text can be a request id. Services are free in what they use; but `.` and `..` would be folded out of the
 * path and reach another endpoint, and an empty id would turn a replacement into an addition.
 */
export function isRequestId(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= MAX_LENGTH &&
    (ORDINARY.test(text) || (text !== '.' && text !== '..' && !UNSENDABLE.test(text)))
  );
}

/** InvalidInput at this argument when the text cannot be a request id. */
export function requestIdFault(text: string, path: string): InvalidInput | undefined {
  return isRequestId(text) ? undefined : invalidInput(path, 'cannot be the request id of a pin');
}

/** Throws that. */
export function checkRequestId(text: string, path: string): void {
  const fault = requestIdFault(text, path);
  if (fault !== undefined) throw fault;
}

/** The path of one pin. */
export function pinPath(requestId: string): string {
  return `/pins/${encodeURIComponent(requestId)}`;
}
