import { useCallback, useEffect, useReducer, useState } from 'react';
import type { PinFilter, PinsLiveSubscription, PinStatus } from '../generated/graphql.js';
import { faultOf, type Fault } from '../graph.js';
import { useStream } from '../hooks.js';
import { operations } from '../operations.js';
import { useSession } from '../session.js';
import type { Pin, RetryAnswer } from './pin-row.js';
import { retryPin } from './retry.js';

const PAGE = 25;
const MOVING: ReadonlySet<PinStatus> = new Set(['QUEUED', 'PINNING']);
/** As many as one stream takes. */
const MOST_WATCHED = 1_000;

interface Loaded {
  readonly pins: readonly Pin[];
  readonly cursor: string | undefined;
  readonly more: boolean;
}

type News =
  | {
      readonly kind: 'page';
      readonly pins: readonly Pin[];
      readonly cursor: string | undefined;
      readonly more: boolean;
    }
  | { readonly kind: 'moved'; readonly requestId: string; readonly status: PinStatus; readonly pin: Pin | null }
  | { readonly kind: 'replaced'; readonly requestId: string; readonly pin: Pin };

/** The list after some news; rows keep their places, so that nothing jumps from under a finger. */
function afterNews(loaded: Loaded, news: News): Loaded {
  switch (news.kind) {
    case 'page': {
      const known = new Set(loaded.pins.map(({ requestId }) => requestId));
      const fresh = news.pins.filter(({ requestId }) => !known.has(requestId));
      return { pins: [...loaded.pins, ...fresh], cursor: news.cursor, more: news.more };
    }
    case 'moved':
      return {
        ...loaded,
        pins: loaded.pins.map((pin) =>
          pin.requestId === news.requestId ? (news.pin ?? { ...pin, status: news.status }) : pin,
        ),
      };
    case 'replaced':
      return { ...loaded, pins: loaded.pins.map((pin) => (pin.requestId === news.requestId ? news.pin : pin)) };
  }
}

export interface Pins {
  readonly pins: readonly Pin[];
  readonly fault: Fault | undefined;
  readonly more: boolean;
  readonly loading: boolean;
  /** Something is under way, and watched. */
  readonly live: boolean;
  readonly loadMore: () => Promise<void>;
  readonly retry: (pin: Pin) => Promise<void>;
  /** What came of presses on rows. */
  readonly answers: ReadonlyMap<string, RetryAnswer>;
}

/** Pins page by page, those under way watched in one stream. */
export function usePins(service: string, filter: PinFilter): Pins {
  const { graph } = useSession();
  const [loaded, tell] = useReducer(afterNews, { pins: [], cursor: undefined, more: false });
  const [fault, setFault] = useState<Fault>();
  const [loading, setLoading] = useState(true);
  const [answers, setAnswers] = useState<ReadonlyMap<string, RetryAnswer>>(new Map());

  async function loadMore(): Promise<void> {
    setLoading(true);
    const variables = { first: PAGE, service, filter, ...(loaded.cursor !== undefined && { after: loaded.cursor }) };
    const { data, error } = await graph.query(operations.pins, variables).toPromise();
    setLoading(false);
    setFault(faultOf(error));
    if (!data?.pins) return;
    const { nodes, pageInfo } = data.pins;
    tell({
      kind: 'page',
      pins: nodes.filter((pin) => pin !== null),
      cursor: pageInfo.endCursor ?? undefined,
      more: pageInfo.hasNextPage,
    });
  }

  async function retry(pin: Pin): Promise<void> {
    const answer = (came: RetryAnswer) => setAnswers((before) => new Map(before).set(pin.requestId, came));
    answer('asking');
    const retried = await retryPin(graph, pin);
    answer('code' in retried ? retried : 'retried');
    if (!('code' in retried)) tell({ kind: 'replaced', requestId: pin.requestId, pin: retried });
  }

  useEffect(() => void loadMore(), []);
  const live = useLive(service, loaded.pins, tell);
  return { pins: loaded.pins, fault, more: loaded.more, loading, live, loadMore, retry, answers };
}

/** Watches what is under way. A pin that has arrived stays in the stream until another one joins, so that it is not begun anew. */
function useLive(service: string, pins: readonly Pin[], tell: (news: News) => void): boolean {
  const moving = pins.filter(({ status }) => MOVING.has(status)).map(({ requestId }) => requestId);
  const [watched, setWatched] = useState<readonly string[]>([]);
  const wanted = moving.slice(0, MOST_WATCHED);
  const joined = wanted.some((id) => !watched.includes(id));
  useEffect(() => {
    if (joined) setWatched(wanted);
  });
  const told = useCallback(
    ({ pinUpdates }: PinsLiveSubscription) => {
      if (pinUpdates !== null) tell({ kind: 'moved', ...pinUpdates });
    },
    [tell],
  );
  const variables = { requestIds: [...watched], service };
  useStream(operations.pinsLive, moving.length === 0 || joined ? null : variables, told);
  return moving.length > 0;
}
