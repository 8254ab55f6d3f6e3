import type { Client } from '@urql/core';
import { useSyncExternalStore } from 'react';
import type { Fault } from '../graph.js';
import { randomWord } from '../pins/retry.js';
import { readList } from './csv.js';
import { remember } from './fresh.js';
import { readHeld } from './held.js';
import { issueAll, type RowAnswer } from './issue-run.js';
import { checkRows, readHolders, type CheckedRow } from './recipients.js';

/** An issuing as it stands. It lives beside the views, so that a look at another view does not end it. */
export interface Issuing {
  readonly text: string;
  readonly templateId: string;
  /** The name of the batch: part of every row's key. */
  readonly batch: string;
  readonly checking: boolean;
  readonly fault: Fault | undefined;
  /** Undefined until the list was checked. */
  readonly rows: readonly CheckedRow[] | undefined;
  /** Whether all badges of the template were looked through for those who have one. */
  readonly lookedAtAll: boolean;
  readonly answers: ReadonlyMap<string, RowAnswer>;
  readonly running: boolean;
}

const KEPT = 'headgate-desk-batch';

/** A reload of the tab goes on with the same batch, and so with the same keys. */
function kept(): Pick<Issuing, 'text' | 'templateId' | 'batch'> {
  const before: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  if (typeof before === 'object' && before !== null && 'text' in before && 'templateId' in before && 'batch' in before)
    return { text: String(before.text), templateId: String(before.templateId), batch: String(before.batch) };
  return { text: '', templateId: '', batch: randomWord() };
}

const unchecked = {
  checking: false,
  fault: undefined,
  rows: undefined,
  lookedAtAll: true,
  answers: new Map(),
  running: false,
} as const;

let state: Issuing = { ...kept(), ...unchecked };
let stop = new AbortController();
const listeners = new Set<() => void>();

function change(changes: Partial<Issuing>): void {
  state = { ...state, ...changes };
  for (const told of listeners) told();
}

function subscribe(told: () => void): () => void {
  listeners.add(told);
  return () => listeners.delete(told);
}

export function useIssuing(): Issuing {
  return useSyncExternalStore(subscribe, () => state);
}

function keep(): void {
  const { text, templateId, batch } = state;
  sessionStorage.setItem(KEPT, JSON.stringify({ text, templateId, batch }));
}

export const issuing = {
  /** Another list, or another template; what was checked has to be checked again. */
  edit(changes: Partial<Pick<Issuing, 'text' | 'templateId'>>): void {
    change({ ...changes, rows: undefined, fault: undefined, answers: new Map() });
    keep();
  },

  /** Forgets the list and its answers. The next list has keys of its own. */
  startAnew(): void {
    change({ ...unchecked, text: '', batch: randomWord() });
    keep();
  },

  async check(graph: Client): Promise<void> {
    change({ checking: true, fault: undefined });
    const known = await readHolders(graph);
    if ('code' in known) return change({ checking: false, fault: known });
    const held = await readHeld(graph, state.templateId, known);
    if ('code' in held) return change({ checking: false, fault: held });
    const rows = checkRows(readList(state.text), known).map((row) => {
      const heldSince = held.since.get(row.holderId);
      return heldSince === undefined || row.fault !== undefined ? row : { ...row, heldSince };
    });
    change({ checking: false, rows, lookedAtAll: held.whole, answers: new Map() });
  },

  /** Asks for every row that can be used, but for those who have a badge when they are to be left out. Pressed again it asks with the same keys: nobody gets a second badge. */
  async issue(graph: Client, template: string, leaveOut: boolean): Promise<void> {
    const { rows = [], templateId, batch } = state;
    stop = new AbortController();
    change({ running: true });
    addEventListener('beforeunload', holdBack);
    await issueAll({
      graph,
      batch: { name: batch, templateId },
      rows: rows.filter((row) => row.fault === undefined && !(leaveOut && row.heldSince !== undefined)),
      signal: stop.signal,
      tell(row, answer) {
        const answers = new Map(state.answers);
        if (answer === undefined) answers.delete(row.holderId);
        else answers.set(row.holderId, answer);
        if (answer?.state === 'issued') remember(row, answer.badgeId, template);
        change({ answers });
      },
    });
    removeEventListener('beforeunload', holdBack);
    change({ running: false });
  },

  stop: () => stop.abort(),
};

/** The browser asks before it closes a tab in which badges are being issued. */
function holdBack(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
