import { QueryClient } from '@tanstack/query-core';
import { ask, follow, Refused } from './gateway.ts';
import { graphql } from './graph.ts';

/** Lists every pin, then follows those that are under way until all are done. */
const pinPage = graphql(`
  query PinPage($first: Int!, $after: String) {
    pins(first: $first, after: $after) {
      edges {
        cursor
        node {
          id
          requestId
          name
          status
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
const pinUpdates = graphql(`
  subscription PinUpdates($requestIds: [ID!]!) {
    pinUpdates(requestIds: $requestIds) {
      requestId
      pinId
      status
    }
  }
`);

const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 10_000, retry: (count, error) => count < 3 && error instanceof Refused && error.retryable },
  },
});

const { pages } = await queries.fetchInfiniteQuery({
  queryKey: ['pins'],
  queryFn: ({ pageParam }) => ask(pinPage, { first: 20, after: pageParam }),
  initialPageParam: null as string | null,
  getNextPageParam: ({ pins }) => (pins?.pageInfo.hasNextPage === true ? pins.pageInfo.endCursor : undefined),
  pages: Number.MAX_SAFE_INTEGER,
});
const pins = pages.flatMap((page) => page.pins?.edges ?? []).flatMap(({ node }) => (node ? [node] : []));
for (const { requestId, status, name } of pins) console.log(status.padEnd(8), name ?? requestId);

const names = new Map(pins.map(({ requestId, name }) => [requestId, name ?? requestId]));
const underWay = pins.filter(({ status }) => status === 'QUEUED' || status === 'PINNING');
console.log(`following ${underWay.length}`);
for await (const { pinUpdates: update } of follow(pinUpdates, { requestIds: underWay.map((pin) => pin.requestId) })) {
  if (update) console.log(update.status.padEnd(8), names.get(update.requestId));
  // Whoever asks next gets the list anew.
  await queries.invalidateQueries({ queryKey: ['pins'] });
}
