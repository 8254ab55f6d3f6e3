import { isFields } from './shape.js';

/**
 * What nearly every pin is: each field that we read is a text, a list or a map of texts, or absent. No number that a double
 * would change can be among them, so that neither its text nor its value has to be looked through for one.
 */

/** Whether the JSON of one pin is plain. */
export function isPlainPin(json: unknown): boolean {
  if (!isFields(json)) return false;
  const { pin } = json;
  return (
    isText(json['requestid']) &&
    isText(json['status']) &&
    isText(json['created']) &&
    isFields(pin) &&
    isText(pin['cid']) &&
    (isText(pin['name']) || isAbsent(pin['name'])) &&
    isTexts(pin['origins']) &&
    isMapOfTexts(pin['meta']) &&
    isTexts(json['delegates']) &&
    isMapOfTexts(json['info'])
  );
}

/** The same of a listing. Its count is read as a whole number that a double holds, and as nothing else. */
export function isPlainListing(json: unknown): boolean {
  if (!isFields(json) || !Number.isSafeInteger(json['count'])) return false;
  const { results } = json;
  return Array.isArray(results) && results.every(isPlainPin);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isText) : isAbsent(value);
}

function isMapOfTexts(value: unknown): boolean {
  if (!isFields(value)) return isAbsent(value);
  for (const key in value) if (!isText(value[key])) return false;
  return true;
}
