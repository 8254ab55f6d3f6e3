import type { BoundCursors } from '../../access/cursors.js';
import type { Context } from '../../context.js';
import { invalidInput } from '../../errors.js';
import type { Listing, ListPosition } from '../../providers/mypit/model.js';
import type { MyPitSession } from '../../providers/mypit/session.js';
import type { Json } from '../../values/json.js';
import type { PageShape } from '../connection-type.js';
import { pageSize, toConnection, type ConnectionShape, type PageArguments } from '../connections.js';

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
  return new BadgePage(await read(session, count, openPosition(cursors, args.after)), cursors);
}

/** A class, because what a getter of a literal closes over stays in memory until a large collection: here all of the page. */
class BadgePage<T> implements PageShape<T> {
  readonly #listing: Listing<T>;
  readonly #cursors: BoundCursors;

  constructor(listing: Listing<T>, cursors: BoundCursors) {
    this.#listing = listing;
    this.#cursors = cursors;
  }

  get edges(): PageShape<T>['edges'] {
    return this.#connect(false).edges;
  }

  get nodes(): PageShape<T>['nodes'] {
    return this.#connect(false).nodes;
  }

  /** `hasNextPage` may cost another call. */
  pageInfo = async (): Promise<ConnectionShape<T>['pageInfo']> => {
    const { goOn } = this.#listing;
    const { pageInfo } = this.#connect(await this.#listing.hasNextPage());
    if (goOn === null) return pageInfo;
    // Nothing on this page was wanted, and yet it has an end.
    const { hasNextPage, hasPreviousPage } = pageInfo;
    return { hasNextPage, hasPreviousPage, startCursor: null, endCursor: this.#cursors.seal(toJson(goOn)) };
  };

  #connect(hasNextPage: boolean): ConnectionShape<T> {
    const { edges, hasPreviousPage } = this.#listing;
    return toConnection<T, ListPosition>({ edges, hasPreviousPage, hasNextPage }, this.#cursors, toJson);
  }
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
