import type { BoundCursors } from '../../access/cursors.js';
import type { Context } from '../../context.js';
import { invalidInput } from '../../errors.js';
import type { Listing, ListPosition } from '../../providers/mypit/model.js';
import type { MyPitSession } from '../../providers/mypit/session.js';
import type { Json } from '../../values/json.js';
import type { PageShape } from '../connection-type.js';
import { pageSize, toConnection, type PageArguments } from '../connections.js';

/** Reads one page of a listing; `name` is what its cursors are bound to. */
export async function readConnection<T>(
  name: string,
  args: PageArguments,
  context: Context,
  read: (session: MyPitSession, first: number, after: ListPosition | null) => Promise<Listing<T>>,
): Promise<PageShape<T>> {
  const session = context.access.of('mypit').open('mypit:read');
  const cursors = context.cursors.bind(() => name, session.fingerprint);
  const { count } = pageSize(args);
  const listing = await read(session, count, openPosition(cursors, args.after));
  const { edges, hasPreviousPage } = listing;
  const connect = (hasNextPage: boolean) =>
    toConnection<T, ListPosition>({ edges, hasPreviousPage, hasNextPage }, cursors, toJson);
  const rows = connect(false);
  return {
    get edges() {
      return rows.edges;
    },
    get nodes() {
      return rows.nodes;
    },
    // `hasNextPage` may cost another call.
    pageInfo: async () => {
      const { pageInfo } = connect(await listing.hasNextPage());
      if (listing.goOn === null) return pageInfo;
      // Nothing on this page was wanted, and yet it has an end.
      const { hasNextPage } = pageInfo;
      return { hasNextPage, hasPreviousPage, startCursor: null, endCursor: cursors.seal(toJson(listing.goOn)) };
    },
  };
}

const toJson = ({ start, numItems, passed }: ListPosition): Json => [start, numItems, ...passed];

function openPosition(cursors: BoundCursors, cursor: string | null | undefined): ListPosition | null {
  if (cursor === null || cursor === undefined) return null;
  const position = cursors.open(cursor, 'after');
  const [start, numItems, ...passed] = Array.isArray(position) ? position : [];
  if ((start !== null && typeof start !== 'string') || typeof numItems !== 'number')
    throw invalidInput('after', 'this cursor is damaged');
  return { start, numItems, passed: passed.filter((tag): tag is string => typeof tag === 'string') };
}
