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
      if (isFirst) lines.push('', '| Name | Default or example | Meaning |', '|---|---|---|');
      lines.push(row(`\`${name}\``, value.trim() === '' ? '' : `\`${value.trim()}\``, meaning));
    } else if (line.startsWith('#') && lines.length > 0) words.push(line.replace(/^#\s?/, '').trim());
  }
  flush();
  return [
    '# Settings',
    note,
    '',
    'From the environment, or from a file `.env` in the working directory; what is set already wins. Every problem is told at',
    'the start, all at once, by name and without the value; `headgate check` does so without starting.',
    ...lines,
    '',
  ].join('\n');
}
