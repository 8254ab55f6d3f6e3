import { z } from 'zod';
import type { SettingsReader } from './providers/provider.js';
import { isOurs, meantSetting } from './settings-names.js';

/** Settings as plain names and texts, the way an environment holds them. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** Every problem found in the settings, by name and without values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads settings and collects problems; `finish` throws them all at once. */
export function createSettingsReader(settings: Settings): SettingsReader & { finish(): void } {
  const problems: string[] = [];
  const known = new Set<string>();
  const text = (name: string) => {
    known.add(name);
    const value = settings[name]?.trim();
    return value === '' ? undefined : value;
  };
  const problem = (name: string, message: string) => {
    problems.push(`${name}: ${message}`);
  };
  /** Something that belongs to a file or a shell, and came along into the value. */
  const wrapping = (value: string): string | undefined => {
    if (/^(["'`]).*\1$/s.test(value) || /^[“”„‘’«»].*[“”‘’«»]$/s.test(value))
      return 'is in quotes, which would be part of the value: leave them out';
    if (/\s#(\s|$)/.test(value)) return 'ends in a comment, which would be part of the value: leave it out';
    if (/<\w[^<>]*>|\s[\w ]*\w>/.test(value))
      return 'still has a placeholder, or a part of one: put the value in its place';
    if (/\$\(.+\)|\$\{\w+\}/.test(value))
      return 'has a $(…) that only a shell replaces: put what it prints in its place';
    const scheme = /^(key|bearer|basic)\s+\S/i.exec(value)?.[1];
    if (scheme !== undefined) return `begins with "${scheme}", which is added here: leave it out`;
    return undefined;
  };

  return {
    has: (name) => text(name) !== undefined,
    names: (pattern) =>
      Object.keys(settings)
        .filter((name) => pattern.test(name) && settings[name]?.trim())
        .toSorted(),
    problem,
    read(name, schema, fallback) {
      const value = text(name);
      if (value === undefined) return fallback;
      const wrapped = wrapping(value);
      if (wrapped !== undefined) {
        problem(name, wrapped);
        return undefined;
      }
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      problem(name, result.error.issues[0]?.message ?? 'is not valid');
      return undefined;
    },
    url(name, fallback) {
      const value = text(name) ?? fallback;
      if (value === undefined) return undefined;
      const fault = wrapping(value) ?? urlFault(value);
      if (fault === undefined) return value.replace(/\/+$/, '');
      problem(name, fault);
      return undefined;
    },
    finish() {
      for (const [name, value] of Object.entries(settings)) {
        if (!value?.trim() || known.has(name)) continue;
        const meant = meantSetting(name, known);
        // Beside the right name only those count that can be meant for nobody else.
        if (meant !== undefined && (!settings[meant]?.trim() || isOurs(name)))
          problem(name, `is no setting; ${meant} is`);
      }
      if (problems.length > 0) throw new ConfigError(problems);
    },
  };
}

/** Other characters are taken by parsers of URLs, but no host has them: `*` is none that stands for all. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/i;

/** The URL that a text is; undefined when it is none, or none of a host. */
export function urlOf(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return HOST.test(url.hostname) ? url : undefined;
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

function urlFault(value: string): string | undefined {
  const url = urlOf(value);
  if (url === undefined) {
    return 'must be an absolute URL such as https://host/path';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must begin with https:';
  if (url.username || url.password) return 'must not contain a user name or password';
  if (url.search || url.hash || value.includes('?') || value.includes('#'))
    return 'must not contain a query or fragment';
  if (url.protocol === 'http:' && !loopback.has(url.hostname) && !/^127\.\d+\.\d+\.\d+$/.test(url.hostname))
    return 'must use https: (http: is for loopback hosts only)';
  return undefined;
}

/** A whole number between two bounds, written in digits. */
export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** `on` or `off`. */
export const onOff: z.ZodType<boolean, string> = z
  .enum(['on', 'off'], 'must be on or off')
  .transform((value) => value === 'on');
