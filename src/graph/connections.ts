import type { BoundCursors } from '../access/cursors.js';
import { invalidInput } from '../errors.js';
import type { Json } from '../values/json.js';

/** Rows of a page when a client names no number. */
export const DEFAULT_PAGE = 20;
/** The most rows that one page may have. */
export const MAX_PAGE = 100;

/** One row of a connection, before its cursor is sealed: most clients never ask for it. */
export interface EdgeShape<Node> {
  readonly node: Node | Error;
  readonly cursor: string;
}

export interface ConnectionShape<Node> {
  readonly edges: EdgeShape<Node>[];
  /** Where a row could not be read stands its error, which becomes null with an error at that place. */
  readonly nodes: Node[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** One row of a provider's page. Its position may be worked out only when somebody reads it. */
export interface Row<Node, Position> {
  readonly node: Node | Error;
  readonly position: Position;
}

/** A page as a provider answers it: rows with their positions. */
export interface Page<Node, Position> {
  readonly edges: readonly Row<Node, Position>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** Gives a provider's page the shape of a Relay connection; edges are made, and cursors sealed, when they are read. */
export function toConnection<Node, Position>(
  page: Page<Node, Position>,
  cursors: BoundCursors,
  toJson: (position: Position) => Json,
): ConnectionShape<Node> {
  return new Connection(page, (row) => cursors.seal(toJson(row.position)));
}

type Seal<Node, Position> = (row: Row<Node, Position>) => string;

/** Getters of a class cost nothing until they are read; those of a literal make each object a slow one. */
class Connection<Node, Position> implements ConnectionShape<Node> {
  constructor(
    private readonly page: Page<Node, Position>,
    private readonly seal: Seal<Node, Position>,
  ) {}

  get edges(): EdgeShape<Node>[] {
    return this.page.edges.map((row) => new Edge(row, this.seal));
  }

  get nodes(): Node[] {
    return this.page.edges.map((row) => row.node as Node);
  }

  get pageInfo(): PageInfo<Node, Position> {
    return new PageInfo(this.page, this.seal);
  }
}

class Edge<Node, Position> implements EdgeShape<Node> {
  constructor(
    private readonly row: Row<Node, Position>,
    private readonly seal: Seal<Node, Position>,
  ) {}

  get node(): Node | Error {
    return this.row.node;
  }

  get cursor(): string {
    return this.seal(this.row);
  }
}

class PageInfo<Node, Position> {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;

  constructor(
    private readonly page: Page<Node, Position>,
    private readonly seal: Seal<Node, Position>,
  ) {
    this.hasNextPage = page.hasNextPage;
    this.hasPreviousPage = page.hasPreviousPage;
  }

  get startCursor(): string | null {
    return this.cursorAt(0);
  }

  get endCursor(): string | null {
    return this.cursorAt(-1);
  }

  private cursorAt(index: number): string | null {
    const row = this.page.edges.at(index);
    return row === undefined ? null : this.seal(row);
  }
}

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** The number of rows asked for, from either end; InvalidInput outside 0 to 100 or with both. */
export function pageSize(args: PageArguments): { readonly end: 'first' | 'last'; readonly count: number } {
  if (typeof args.first === 'number' && typeof args.last === 'number')
    throw invalidInput('last', 'give first or last, not both');
  const end = typeof args.last === 'number' ? 'last' : 'first';
  const count = args[end] ?? DEFAULT_PAGE;
  if (count < 0 || count > MAX_PAGE) throw invalidInput(end, `must be from 0 to ${MAX_PAGE}`);
  return { end, count };
}
