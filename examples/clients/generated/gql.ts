/* eslint-disable */
import * as types from './graphql.js';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "fragment ShownPin on Pin {\n  id\n  requestId\n  name\n  status\n}\n\nquery PinPage($first: Int, $after: String, $last: Int, $before: String) {\n  pins(first: $first, after: $after, last: $last, before: $before) {\n    edges {\n      cursor\n      node {\n        ...ShownPin\n      }\n    }\n    pageInfo {\n      hasNextPage\n      hasPreviousPage\n      startCursor\n      endCursor\n    }\n  }\n}\n\nquery PinAgain($id: ID!) {\n  node(id: $id) {\n    __typename\n    id\n    ...ShownPin\n  }\n}\n\nmutation RemovePin($requestId: ID!) {\n  removePin(input: {requestId: $requestId}) {\n    __typename\n    ... on RemovePinPayload {\n      deletedId\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nsubscription PinUpdates($requestIds: [ID!]!) {\n  pinUpdates(requestIds: $requestIds) {\n    requestId\n    pinId\n    status\n    pin {\n      ...ShownPin\n    }\n  }\n}": typeof types.ShownPinFragmentDoc,
};
const documents: Documents = {
    "fragment ShownPin on Pin {\n  id\n  requestId\n  name\n  status\n}\n\nquery PinPage($first: Int, $after: String, $last: Int, $before: String) {\n  pins(first: $first, after: $after, last: $last, before: $before) {\n    edges {\n      cursor\n      node {\n        ...ShownPin\n      }\n    }\n    pageInfo {\n      hasNextPage\n      hasPreviousPage\n      startCursor\n      endCursor\n    }\n  }\n}\n\nquery PinAgain($id: ID!) {\n  node(id: $id) {\n    __typename\n    id\n    ...ShownPin\n  }\n}\n\nmutation RemovePin($requestId: ID!) {\n  removePin(input: {requestId: $requestId}) {\n    __typename\n    ... on RemovePinPayload {\n      deletedId\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nsubscription PinUpdates($requestIds: [ID!]!) {\n  pinUpdates(requestIds: $requestIds) {\n    requestId\n    pinId\n    status\n    pin {\n      ...ShownPin\n    }\n  }\n}": types.ShownPinFragmentDoc,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment ShownPin on Pin {\n  id\n  requestId\n  name\n  status\n}\n\nquery PinPage($first: Int, $after: String, $last: Int, $before: String) {\n  pins(first: $first, after: $after, last: $last, before: $before) {\n    edges {\n      cursor\n      node {\n        ...ShownPin\n      }\n    }\n    pageInfo {\n      hasNextPage\n      hasPreviousPage\n      startCursor\n      endCursor\n    }\n  }\n}\n\nquery PinAgain($id: ID!) {\n  node(id: $id) {\n    __typename\n    id\n    ...ShownPin\n  }\n}\n\nmutation RemovePin($requestId: ID!) {\n  removePin(input: {requestId: $requestId}) {\n    __typename\n    ... on RemovePinPayload {\n      deletedId\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nsubscription PinUpdates($requestIds: [ID!]!) {\n  pinUpdates(requestIds: $requestIds) {\n    requestId\n    pinId\n    status\n    pin {\n      ...ShownPin\n    }\n  }\n}"): (typeof documents)["fragment ShownPin on Pin {\n  id\n  requestId\n  name\n  status\n}\n\nquery PinPage($first: Int, $after: String, $last: Int, $before: String) {\n  pins(first: $first, after: $after, last: $last, before: $before) {\n    edges {\n      cursor\n      node {\n        ...ShownPin\n      }\n    }\n    pageInfo {\n      hasNextPage\n      hasPreviousPage\n      startCursor\n      endCursor\n    }\n  }\n}\n\nquery PinAgain($id: ID!) {\n  node(id: $id) {\n    __typename\n    id\n    ...ShownPin\n  }\n}\n\nmutation RemovePin($requestId: ID!) {\n  removePin(input: {requestId: $requestId}) {\n    __typename\n    ... on RemovePinPayload {\n      deletedId\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nsubscription PinUpdates($requestIds: [ID!]!) {\n  pinUpdates(requestIds: $requestIds) {\n    requestId\n    pinId\n    status\n    pin {\n      ...ShownPin\n    }\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;