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
    "query CountPins {\n  inProgress: pins(first: 3, filter: {status: [QUEUED, PINNING]}) {\n    totalCount\n    nodes {\n      name\n      status\n      statusDetails\n    }\n  }\n  failed: pins(first: 3, filter: {status: [FAILED]}) {\n    totalCount\n    nodes {\n      name\n      statusDetails\n      info\n    }\n  }\n}": typeof types.CountPinsDocument,
    "query GatewayStatus {\n  providers {\n    name\n    enabled\n    circuit\n    lastSuccessAt\n  }\n  pinningServices {\n    name\n    usable\n  }\n}": typeof types.GatewayStatusDocument,
    "query ListPins($first: Int = 10, $after: String, $filter: PinFilter) {\n  pins(first: $first, after: $after, filter: $filter) {\n    nodes {\n      id\n      requestId\n      name\n      cid\n      status\n      statusDetails\n      createdAt\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}": typeof types.ListPinsDocument,
    "mutation AddPin($input: AddPinInput! = {cid: \"bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy\", name: \"field-notes.txt\", meta: {app: \"farm\"}}) {\n  addPin(input: $input) {\n    __typename\n    ... on AddPinPayload {\n      alreadyPinned\n      pin {\n        id\n        requestId\n        status\n        statusDetails\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n    ... on OutcomeUnknownError {\n      idempotencyKey\n    }\n  }\n}\n\nsubscription WatchPin($requestId: ID!) {\n  pinStatus(requestId: $requestId) {\n    requestId\n    status\n    statusDetails\n    dagSize\n  }\n}": typeof types.AddPinDocument,
    "mutation ReplacePin($input: ReplacePinInput!) {\n  replacePin(input: $input) {\n    __typename\n    ... on ReplacePinPayload {\n      replacedRequestId\n      pin {\n        requestId\n        cid\n        status\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nmutation RemovePin($input: RemovePinInput!) {\n  removePin(input: $input) {\n    __typename\n    ... on RemovePinPayload {\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}": typeof types.ReplacePinDocument,
    "subscription WatchPins($requestIds: [ID!]!) {\n  pinStatuses(requestIds: $requestIds) {\n    requestId\n    name\n    status\n    statusDetails\n  }\n}": typeof types.WatchPinsDocument,
};
const documents: Documents = {
    "query CountPins {\n  inProgress: pins(first: 3, filter: {status: [QUEUED, PINNING]}) {\n    totalCount\n    nodes {\n      name\n      status\n      statusDetails\n    }\n  }\n  failed: pins(first: 3, filter: {status: [FAILED]}) {\n    totalCount\n    nodes {\n      name\n      statusDetails\n      info\n    }\n  }\n}": types.CountPinsDocument,
    "query GatewayStatus {\n  providers {\n    name\n    enabled\n    circuit\n    lastSuccessAt\n  }\n  pinningServices {\n    name\n    usable\n  }\n}": types.GatewayStatusDocument,
    "query ListPins($first: Int = 10, $after: String, $filter: PinFilter) {\n  pins(first: $first, after: $after, filter: $filter) {\n    nodes {\n      id\n      requestId\n      name\n      cid\n      status\n      statusDetails\n      createdAt\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}": types.ListPinsDocument,
    "mutation AddPin($input: AddPinInput! = {cid: \"bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy\", name: \"field-notes.txt\", meta: {app: \"farm\"}}) {\n  addPin(input: $input) {\n    __typename\n    ... on AddPinPayload {\n      alreadyPinned\n      pin {\n        id\n        requestId\n        status\n        statusDetails\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n    ... on OutcomeUnknownError {\n      idempotencyKey\n    }\n  }\n}\n\nsubscription WatchPin($requestId: ID!) {\n  pinStatus(requestId: $requestId) {\n    requestId\n    status\n    statusDetails\n    dagSize\n  }\n}": types.AddPinDocument,
    "mutation ReplacePin($input: ReplacePinInput!) {\n  replacePin(input: $input) {\n    __typename\n    ... on ReplacePinPayload {\n      replacedRequestId\n      pin {\n        requestId\n        cid\n        status\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nmutation RemovePin($input: RemovePinInput!) {\n  removePin(input: $input) {\n    __typename\n    ... on RemovePinPayload {\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}": types.ReplacePinDocument,
    "subscription WatchPins($requestIds: [ID!]!) {\n  pinStatuses(requestIds: $requestIds) {\n    requestId\n    name\n    status\n    statusDetails\n  }\n}": types.WatchPinsDocument,
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
export function graphql(source: "query CountPins {\n  inProgress: pins(first: 3, filter: {status: [QUEUED, PINNING]}) {\n    totalCount\n    nodes {\n      name\n      status\n      statusDetails\n    }\n  }\n  failed: pins(first: 3, filter: {status: [FAILED]}) {\n    totalCount\n    nodes {\n      name\n      statusDetails\n      info\n    }\n  }\n}"): (typeof documents)["query CountPins {\n  inProgress: pins(first: 3, filter: {status: [QUEUED, PINNING]}) {\n    totalCount\n    nodes {\n      name\n      status\n      statusDetails\n    }\n  }\n  failed: pins(first: 3, filter: {status: [FAILED]}) {\n    totalCount\n    nodes {\n      name\n      statusDetails\n      info\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query GatewayStatus {\n  providers {\n    name\n    enabled\n    circuit\n    lastSuccessAt\n  }\n  pinningServices {\n    name\n    usable\n  }\n}"): (typeof documents)["query GatewayStatus {\n  providers {\n    name\n    enabled\n    circuit\n    lastSuccessAt\n  }\n  pinningServices {\n    name\n    usable\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query ListPins($first: Int = 10, $after: String, $filter: PinFilter) {\n  pins(first: $first, after: $after, filter: $filter) {\n    nodes {\n      id\n      requestId\n      name\n      cid\n      status\n      statusDetails\n      createdAt\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}"): (typeof documents)["query ListPins($first: Int = 10, $after: String, $filter: PinFilter) {\n  pins(first: $first, after: $after, filter: $filter) {\n    nodes {\n      id\n      requestId\n      name\n      cid\n      status\n      statusDetails\n      createdAt\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation AddPin($input: AddPinInput! = {cid: \"bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy\", name: \"field-notes.txt\", meta: {app: \"farm\"}}) {\n  addPin(input: $input) {\n    __typename\n    ... on AddPinPayload {\n      alreadyPinned\n      pin {\n        id\n        requestId\n        status\n        statusDetails\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n    ... on OutcomeUnknownError {\n      idempotencyKey\n    }\n  }\n}\n\nsubscription WatchPin($requestId: ID!) {\n  pinStatus(requestId: $requestId) {\n    requestId\n    status\n    statusDetails\n    dagSize\n  }\n}"): (typeof documents)["mutation AddPin($input: AddPinInput! = {cid: \"bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy\", name: \"field-notes.txt\", meta: {app: \"farm\"}}) {\n  addPin(input: $input) {\n    __typename\n    ... on AddPinPayload {\n      alreadyPinned\n      pin {\n        id\n        requestId\n        status\n        statusDetails\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n    ... on OutcomeUnknownError {\n      idempotencyKey\n    }\n  }\n}\n\nsubscription WatchPin($requestId: ID!) {\n  pinStatus(requestId: $requestId) {\n    requestId\n    status\n    statusDetails\n    dagSize\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "mutation ReplacePin($input: ReplacePinInput!) {\n  replacePin(input: $input) {\n    __typename\n    ... on ReplacePinPayload {\n      replacedRequestId\n      pin {\n        requestId\n        cid\n        status\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nmutation RemovePin($input: RemovePinInput!) {\n  removePin(input: $input) {\n    __typename\n    ... on RemovePinPayload {\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}"): (typeof documents)["mutation ReplacePin($input: ReplacePinInput!) {\n  replacePin(input: $input) {\n    __typename\n    ... on ReplacePinPayload {\n      replacedRequestId\n      pin {\n        requestId\n        cid\n        status\n      }\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}\n\nmutation RemovePin($input: RemovePinInput!) {\n  removePin(input: $input) {\n    __typename\n    ... on RemovePinPayload {\n      removedRequestId\n    }\n    ... on UserError {\n      code\n      message\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "subscription WatchPins($requestIds: [ID!]!) {\n  pinStatuses(requestIds: $requestIds) {\n    requestId\n    name\n    status\n    statusDetails\n  }\n}"): (typeof documents)["subscription WatchPins($requestIds: [ID!]!) {\n  pinStatuses(requestIds: $requestIds) {\n    requestId\n    name\n    status\n    statusDetails\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;