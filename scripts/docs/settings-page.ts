import { isDeepStrictEqual } from 'node:util';
import { readConfig, type Config } from '../../src/config.js';
import type { Settings } from '../../src/settings.js';
import { note, row } from './markdown.js';

const SECTION = /^# --- (.+) ---$/;
const SETTING = /^#? ?([A-Z][A-Z0-9_]+)=(.*?)(?:\s+#\s+(.*))?$/;

/** Every setting of `.env.example`, which a test compares with what the code reads. */
export function settingsPage(example: string): string {
  const lines: string[] = [];
  let words: string[] = [];
  const flush = () => {
    if (words.length > 0) lines.push('', words.join(' '));
    words = [];
  };
  for (const line of example.split('\n')) {
    const section = SECTION.exec(line)?.[1];
    const [, name, value = '', meaning = ''] = SETTING.exec(line) ?? [];
    if (section !== undefined) {
      flush();
      lines.push('', `## ${section}`);
    } else if (name !== undefined) {
      flush();
      const isFirst = !lines.at(-1)?.startsWith('|');
      if (isFirst) lines.push('', '| Name | Default | For example | Meaning |', '|---|---|---|---|');
      const shown = value.trim() === '' ? '' : `\`${value.trim()}\``;
      const byDefault = isDefault(name, value.trim());
      lines.push(row(`\`${name}\``, byDefault ? shown : '', byDefault ? '' : shown, meaning));
    } else if (line.startsWith('#') && lines.length > 0) words.push(line.replace(/^#\s?/, '').trim());
  }
  flush();
  return [
    '# Settings',
    note,
    '',
    'From the environment, or from a file `.env` in the working directory; what is set already wins. Every problem is told at',
    'the start, all at once, by name and without the value; `headgate check` does so without starting. A line of `.env` that is',
    'neither a setting (`NAME=value`) nor a comment is a problem too, and told by its number. Where no default stands, what',
    'is not set is off, not compared, or not there. In production other defaults hold where the meaning says so.',
    ...lines,
    '',
  ].join('\n');
}

/** Configured, and traced somewhere, so that each setting shows in what is read. */
const BASE: Settings = { PI_API_KEY: 'k', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
/** What has to come along with a setting for it to be taken. */
const COMPANIONS: readonly Settings[] = [{}, { PAYOUT_MAX_PER_CALL: '0', PAYOUT_MAX_PER_DAY: '0' }];

/** Whether a value changes nothing: then it is what holds without it. */
function isDefault(name: string, value: string): boolean {
  const without = tryRead(BASE);
  return COMPANIONS.some((companions) => {
    const read = tryRead({ ...BASE, ...companions, [name]: value });
    return read !== undefined && isDeepStrictEqual(read, without);
  });
}

function tryRead(settings: Settings): Config | undefined {
  try {
    return readConfig(settings);
  } catch {
    return undefined;
  }
}
