import type { Client } from '@urql/core';
import { createContext, use } from 'react';
import { createGraph, faultOf } from './graph.js';
import { operations } from './operations.js';
import { sentenceOf } from './words.js';

/** Who is at the desk, and what their key may do. */
export interface Session {
  readonly graph: Client;
  readonly name: string;
  readonly may: (scope: string) => boolean;
  /** The pinning services that the key can read, the default first. */
  readonly services: readonly string[];
}

const Current = createContext<Session | null>(null);
export const SessionProvider = Current.Provider;

/** The session of whoever is at the desk; there is one wherever a view is shown. */
export function useSession(): Session {
  const session = use(Current);
  if (session === null) throw new Error('nobody is at the desk');
  return session;
}

const KEPT = 'headgate-desk-key';

/** The key stays in this tab, and goes with it. */
export const keptKey = {
  read: () => sessionStorage.getItem(KEPT),
  keep: (key: string) => sessionStorage.setItem(KEPT, key),
  forget: () => sessionStorage.removeItem(KEPT),
};

/** The key that the sandbox hands out with the page; empty everywhere else. */
export function sandboxKey(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="headgate-sandbox-key"]')?.content ?? '';
}

/** Asks the graph whose key this is. A text says why there is no session; `knows` hears later when the key is known no more. */
export async function openSession(key: string, knows: (isKnown: boolean) => void): Promise<Session | string> {
  if (!/^[\x21-\x7e]+$/.test(key)) return 'A key has no spaces and no letters beyond ASCII.';
  const graph = createGraph(key, knows);
  const { data, error } = await graph.query(operations.session, {}).toPromise();
  const fault = faultOf(error);
  if (fault !== undefined) return sentenceOf(fault);
  if (!data?.operator) return 'This key is not known here. Keys stand in GATEWAY_KEYS; `headgate key` makes one.';
  const { name, scopes } = data.operator;
  return {
    graph,
    name,
    may: (scope) => scopes.includes(scope),
    services: data.pinningServices.filter(({ usable }) => usable).map((service) => service.name),
  };
}
