import { cut } from '../../../values/cut.js';

/** What the text of one recipient's failure tells. It goes no further: clients get words of our own. */

/** What is longer says no more, and would only take time. */
const LONGEST = 300;

const HOLDER = '(?:holder|recipient)(?:[ _-]?id)?';
/** Which one, in a text that names it. */
const WHICH = '(?:(?: with)?(?: the)?(?: id)?[ :=]+["\'`]?[\\w.:-]*\\d[\\w.:-]*["\'`]?)?';
const IS_NONE = "(?:not[ _-]?found|unknown(?![ _-]*[a-z])|does(?: not|n['\u2019]?t) exist|no longer exists)";
const NO_SUCH_HOLDER = new RegExp(
  `(?:no such|unknown)[ _-](?:badge[ _-])?${HOLDER}(?![a-z])|(?<![a-z])${HOLDER}${WHICH}[ :_-]*(?:(?:is|was) )?${IS_NONE}`,
  'i',
);
const NO_END =
  /unknown[ _-](?:error|failure|reason|outcome)|^\W*unknown\W*$|time(?:d)?[ _-]?out|server[ _-]error|internal[ _-]error/i;

/** Whether it says that there is no such holder: that very thing, not that something else is unknown. */
export function saysNoSuchHolder(text: string): boolean {
  return NO_SUCH_HOLDER.test(cut(text, LONGEST));
}

/** Whether whoever wrote it did not know how it ended, as with a 500. */
export function knowsNoEnd(text: string): boolean {
  return NO_END.test(cut(text, LONGEST));
}
