import { useEffect, useState, useSyncExternalStore } from 'react';
import { useQuery } from 'urql';
import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { onEnd, pipe, subscribe } from 'wonka';
import { faultOf, type Fault } from './graph.js';
import { useSession } from './session.js';

/** What a question came to so far. */
export interface Asked<Data> {
  readonly data: Data | undefined;
  readonly fault: Fault | undefined;
  readonly fetching: boolean;
  readonly again: () => void;
}

interface Asking<Data, Variables extends AnyVariables> {
  readonly query: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  /** Asked only while this holds; always when left out. */
  readonly when?: boolean;
  /** Asked again so often, while somebody looks. */
  readonly everyMs?: number;
}

/** Asks the graph, and asks again while the tab is looked at. */
export function useGraph<Data, Variables extends AnyVariables>(asking: Asking<Data, Variables>): Asked<Data> {
  const { query, variables, when = true, everyMs } = asking;
  const [{ data, error, fetching }, ask] = useQuery<Data, Variables>({ query, variables, pause: !when });
  useEffect(() => {
    if (everyMs === undefined || !when) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) ask();
    }, everyMs);
    return () => clearInterval(timer);
  }, [ask, everyMs, when]);
  return { data, fault: faultOf(error), fetching, again: ask };
}

const RECONNECT_MS = 3_000;

/**
 * Watches something, and tells each event: none is lost when two come at once. A stream that ends while it is wanted is begun
 * anew; every stream begins with how things are, so nothing is missed. Null = nothing is wanted.
 */
export function useStream<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables | null,
  told: (data: Data) => void,
): void {
  const { graph } = useSession();
  const wanted = JSON.stringify(variables);
  useEffect(() => {
    if (variables === null) return undefined;
    let left = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop = watch();
    function watch(): () => void {
      const { unsubscribe } = pipe(
        graph.subscription(query, variables as Variables),
        onEnd(() => {
          if (!left) timer = setTimeout(() => (stop = watch()), RECONNECT_MS);
        }),
        subscribe(({ data }) => {
          if (data !== undefined && data !== null) told(data);
        }),
      );
      return unsubscribe;
    }
    return () => {
      left = true;
      clearTimeout(timer);
      stop();
    };
    // By what they say, not by which object says it.
  }, [graph, query, wanted, told]);
}

/** The time, which moves once a second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function onHash(told: () => void): () => void {
  addEventListener('hashchange', told);
  return () => removeEventListener('hashchange', told);
}

/** The parts of the address behind `#/`. */
export function useRoute(): readonly string[] {
  const hash = useSyncExternalStore(onHash, () => location.hash);
  return hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decoded);
}

/** An address that somebody typed may hold a percent sign that means nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function goTo(...parts: readonly string[]): void {
  location.hash = addressOf(...parts);
}

export function addressOf(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}
