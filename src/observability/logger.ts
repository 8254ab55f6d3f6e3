import { pino, type DestinationStream } from 'pino';
import type { LogFields, Logger } from '../log.js';
import { cut } from '../values/cut.js';

/** The fields that the log knows. Whatever else is passed shows its name alone: forgetting to forbid a field must not leak it. */
export const shownFields: ReadonlySet<string> = new Set([
  'requestId',
  'transport',
  'kind',
  'name',
  'ms',
  'events',
  'codes',
  'left',
  'calls',
  'method',
  'status',
  'provider',
  'service',
  'operation',
  'effect',
  'circuit',
  'attempt',
  'waitMs',
  'error',
  'reason',
  'step',
  'action',
  'state',
  'watched',
  'refused',
  'rows',
  'spans',
  'policy',
  'paymentId',
  'cause',
  'class',
  'count',
  'operator',
  'applied',
  'at',
  'path',
  'ids',
  'stack',
]);
/** Behind these stands a credential, after an equals sign or a colon, in quotes or without, be it in an address, a header or JSON. */
const NAMES = 'key|token|secret|password|passwd|pwd|jwt|authorization|cookie';
const SCHEME = String.raw`\b(?:bearer|basic|key)[ =:]+`;
const NAME = String.raw`(?:${NAMES})(?:\\?["'])?\s*[=:]\s*`;
const IN_QUOTES = String.raw`\\?"[^"]*"?|'[^']*'?`;
const BARE = String.raw`[^\s"',;&})]+`;
const CREDENTIAL = `(?:${SCHEME}|${NAME})+(?:${IN_QUOTES}|${BARE})`;
const USER_INFO = String.raw`//[^\s/@]+`;
/** What a credential looks like inside a text: names and schemes followed by a value, or userinfo in an address. */
const SECRET_TEXT = new RegExp(`${CREDENTIAL}|${USER_INFO}@`, 'gi');
/** Of a text that has been cut the end of an address may be userinfo, too. */
const SECRET_IN_CUT_TEXT = new RegExp(`${CREDENTIAL}|${USER_INFO}(?:@|$)`, 'gi');
const HIDDEN = '[hidden]';
const LONGEST_TEXT = 2_000;
const LONGEST_LIST = 50;
/** Lines are written in bundles, since each write costs as much as making many lines; at the end of the process nothing is left over. */
const bundles = { minLength: 32_768, maxWrite: 131_072, sync: false, periodicFlush: 100 } as const;
/** Holds nothing that a credential would need to be told from the rest. */
const HARMLESS = /^[\w.-]*$/;
/** Nor does what has these marks, but none of the words that come before a credential: `pinning:kelp=1`. */
const WORDLESS = new RegExp(String.raw`^(?!.*(?:bearer|basic|${NAMES}))[\w.:=-]*$`, 'i');

/** JSON lines on stdout (or the given destination): time, level, event and plain fields, credentials blanked. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: isoTime,
    messageKey: 'event',
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const out = pino(options, destination ?? openBundles());
  const at =
    (name: keyof Logger): Logger[keyof Logger] =>
    (event, fields = {}) => {
      if (out.isLevelEnabled(name)) out[name](isPlain(fields) ? fields : show(fields), event);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** Lines of one turn of the event loop are handed over together: a bundle is put together, and measured, anew with each hand-over. */
function openBundles(): DestinationStream {
  let lines: string[] = [];
  const handOver = (): void => {
    if (lines.length > 0) stdout.write(lines.join(''));
    lines = [];
  };
  // Ahead of the destination's own listener, which writes what it was given.
  process.on('exit', handOver);
  const stdout = pino.destination(bundles);
  return {
    write(line) {
      if (lines.push(line) === 1) setImmediate(handOver);
    },
  };
}

const SECOND_MS = 1_000;
let secondStart = 0;
let second = '';

/** The time as the line's second field; many lines have the same second. */
function isoTime(): string {
  const now = Date.now();
  if (now < secondStart || now >= secondStart + SECOND_MS) {
    secondStart = now - (now % SECOND_MS);
    second = `,"time":"${new Date(secondStart).toISOString().slice(0, -'000Z'.length)}`;
  }
  return `${second}${String(now - secondStart).padStart(3, '0')}Z"`;
}

type Value = LogFields[string];

/** Whether all of it may be shown as it is, like most lines: then nothing is copied. */
function isPlain(fields: LogFields): boolean {
  for (const name in fields) if (!shownFields.has(name) || showValue(fields[name]) !== fields[name]) return false;
  return true;
}

function show(fields: LogFields): LogFields {
  const shown: Record<string, Value> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) shown[name] = shownFields.has(name) ? showValue(value) : HIDDEN;
  }
  return shown;
}

/** The value itself when nothing of it is hidden or cut. */
function showValue(value: Value): Value {
  if (typeof value === 'string') return showText(value);
  if (!Array.isArray(value)) return value;
  const isWhole = value.length <= LONGEST_LIST && value.every((text) => showText(text) === text);
  return isWhole ? value : value.slice(0, LONGEST_LIST).map(showText);
}

function showText(text: string): string {
  if (text.length > LONGEST_TEXT) return cut(text, LONGEST_TEXT).replace(SECRET_IN_CUT_TEXT, HIDDEN);
  return HARMLESS.test(text) || WORDLESS.test(text) ? text : text.replace(SECRET_TEXT, HIDDEN);
}
