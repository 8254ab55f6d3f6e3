import type { Answer } from '../../upstream/http.js';
import { exactNumberOrText, holdsPlainNumbers, parseQuotingInexact } from '../../values/exact-numbers.js';
import { ExactReader, readInTurns, type ReadingManner } from '../../values/exact-reader.js';
import { holdsMany } from '../../values/json-size.js';
import { isLong } from '../../values/lossless.js';
import type { MaybePromise } from '../../values/maybe-promise.js';
import type { Turn } from '../../values/next-turn.js';
import { badResponse, boundedText, inTurns } from '../reading.js';
import type { Reading } from './wire.js';

/** The longest page, with hundreds of values in each row: what holds more would only keep everybody else waiting. */
const MOST_VALUES = 300_000;

/** The JSON of an answer; throws bad_response when there is none. `isPlain` says whether numbers in it do not matter. */
export function readJson(
  answer: Omit<Answer, 'turn'>,
  reading: Reading,
  isPlain?: (json: unknown) => boolean,
): unknown {
  const text = boundedText(answer, reading, MOST_VALUES);
  try {
    return parseQuotingInexact(text, isPlain);
  } catch {
    throw badResponse(reading, 'not_json');
  }
}

/** As the engine reads, which is faster by far, but for numbers. */
const byTheEngine: ReadingManner = { number: exactNumberOrText, lastCounts: true, levels: Infinity };

/** More than a page of a thousand pins has. As many take the engine a hundredth of a second or two, ten times as many a fifth. */
const MOST_AT_ONCE = 30_000;

/** The same of a long answer: at once only what the engine is quick with. */
async function readLong(text: string, reading: Reading, turn: Turn): Promise<unknown> {
  const json =
    holdsPlainNumbers(text) && !holdsMany(text, MOST_AT_ONCE)
      ? atOnce(text)
      : await readInTurns(new ExactReader(text, byTheEngine), turn);
  if (json === undefined) throw badResponse(reading, 'not_json');
  return json;
}

/** Undefined for what is no JSON. */
function atOnce(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer's JSON means. Of a long answer the reading, the understanding and what comes then have turns of their own. */
export function understandJson<T>(
  answer: Answer,
  reading: Reading,
  understand: (json: unknown, reading: Reading) => T,
  isPlain?: (json: unknown) => boolean,
): MaybePromise<T> {
  if (!isLong(answer.text)) return understand(readJson(answer, reading, isPlain), reading);
  const turn: Turn = () => answer.turn();
  return inTurns(
    readLong(boundedText(answer, reading, MOST_VALUES), reading, turn),
    (json) => understand(json, reading),
    turn,
  );
}
