import type { Subject } from '../faults.js';
import type { Incoming } from '../routes.js';
import type { Account } from './account.js';

/**
 * What a call is about, for faults by name: the holder or the template that it names, or that it makes. Issuing is about its
 * template. All calls are POST; those that only read say so by their names.
 */
export function subjectOf({ templates, holders }: Account, { path, body }: Incoming): Subject {
  const asked = (name: string): unknown => field(body, name);
  const holder = textOf(asked('holderID')) ?? textOf(asked('holderId')) ?? '';
  const row =
    templates.get(textOf(asked('templateId')) ?? '') ??
    holders.get(holder) ??
    holders.find(({ holderId }) => holderId === holder);
  const made = path === '/createHolder' ? field(asked('data'), 'name') : asked('name');
  const name = row?.name ?? textOf(made);
  return { name, effect: path.startsWith('/get') ? 'read' : 'write' };
}

function field(value: unknown, name: string): unknown {
  const fields: ReadonlyMap<string, unknown> = new Map(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
  return fields.get(name);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
