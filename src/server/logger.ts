import { pino, type DestinationStream } from 'pino';
import type { LogFields, Logger } from '../log.js';

/** Field names whose value never reaches the log, whoever passes it. */
const SECRET_NAME = /authorization|token|secret|password|credential|cookie|api-?key|gateway-?key|bitminter-?key/i;
/** What a credential looks like inside a text: a scheme followed by its value, or userinfo in an address. */
const SECRET_TEXT = /\b(bearer|basic|key)[ =:]+[^\s"',]+|\/\/[^\s/@]+@/gi;

/** JSON lines on stdout (or the given destination): time, level, event and plain fields, credentials blanked. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event', formatters: { level: (label: string) => ({ level: label }) } };
  const out = destination ? pino(options, destination) : pino(options);
  return {
    debug: (event, fields) => out.debug(redact(fields), event),
    info: (event, fields) => out.info(redact(fields), event),
    warn: (event, fields) => out.warn(redact(fields), event),
    error: (event, fields) => out.error(redact(fields), event),
  };
}

function redact(fields: LogFields = {}): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (SECRET_NAME.test(name)) return [name, '[hidden]'];
      if (typeof value === 'string') return [name, redactText(value)];
      return [name, Array.isArray(value) ? value.map(redactText) : value];
    }),
  );
}

function redactText(text: string): string {
  return text.replace(SECRET_TEXT, '[hidden]');
}
