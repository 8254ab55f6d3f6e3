import type { ObjectRef } from '@pothos/core';
import { builder, type BuilderTypes } from './builder.js';
import { paidByListing } from './costs.js';
import type { ConnectionShape, EdgeShape } from './connections.js';

/** What a connection needs to know of a page; where a page ends may cost a call, made for those who ask. */
export interface PageShape<Node> extends Pick<ConnectionShape<Node>, 'edges' | 'nodes'> {
  readonly pageInfo: ConnectionShape<Node>['pageInfo'] | (() => Promise<ConnectionShape<Node>['pageInfo']>);
}

/** The words of one connection, for the SDL. */
export interface ConnectionWords {
  /** The whole page: what it holds and in which order. */
  readonly page: string;
  /** One row. */
  readonly row: string;
  readonly cursor: string;
  /** A row's object, which is null when it could not be read. */
  readonly node: string;
  readonly nodes: string;
  readonly pageInfo?: string;
}

/** Defines `<name>Edge` and `<name>Connection` for a listing of such objects. Further fields are added with `builder.objectField`. */
export function connectionType<Node extends object, Page extends PageShape<Node> = ConnectionShape<Node>>(
  name: string,
  node: ObjectRef<BuilderTypes, Node>,
  words: ConnectionWords,
): ObjectRef<BuilderTypes, Page> {
  const page: ObjectRef<BuilderTypes, PageShape<object>> = pageType(name, node, words);
  return page as ObjectRef<BuilderTypes, Page>;
}

/** These two are not generic: the builder's types cannot resolve those of a type parameter. */
function pageType(name: string, node: ObjectRef<BuilderTypes, object>, words: ConnectionWords) {
  const edge = edgeType(name, node, words);
  return builder.objectRef<PageShape<object>>(`${name}Connection`).implement({
    description: words.page,
    fields: (t) => ({
      edges: t.field({ type: [edge], description: 'The rows of this page.', resolve: (page) => page.edges }),
      nodes: t.field({
        type: [node],
        nullable: { list: false, items: true },
        description: words.nodes,
        resolve: (page) => page.nodes,
      }),
      pageInfo: t.field({
        ...paidByListing,
        type: builder.pageInfoRef(),
        description: words.pageInfo ?? 'Where this page lies in the listing.',
        resolve: ({ pageInfo }) => (typeof pageInfo === 'function' ? pageInfo() : pageInfo),
      }),
    }),
  });
}

function edgeType(name: string, node: ObjectRef<BuilderTypes, object>, { row, cursor, node: ofNode }: ConnectionWords) {
  return builder.objectRef<EdgeShape<object>>(`${name}Edge`).implement({
    description: row,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: cursor }),
      node: t.field({
        type: node,
        nullable: true,
        description: ofNode,
        // A row that could not be read becomes null with an error at its own path.
        resolve: (edge) => {
          if (edge.node instanceof Error) throw edge.node;
          return edge.node;
        },
      }),
    }),
  });
}
