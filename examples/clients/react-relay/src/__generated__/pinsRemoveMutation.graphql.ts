/**
 * @generated SignedSource<<7393931786e773d7626d93589de1537d>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type ErrorCode = "AUTH_PROVIDER_UNAVAILABLE" | "BAD_USER_INPUT" | "CIRCUIT_OPEN" | "CONFLICT" | "CURSOR_EXPIRED" | "FORBIDDEN" | "GRAPHQL_PARSE_FAILED" | "GRAPHQL_VALIDATION_FAILED" | "IDEMPOTENCY_IN_PROGRESS" | "IDEMPOTENCY_KEY_REUSED" | "IDEMPOTENCY_QUOTA_EXCEEDED" | "IDEMPOTENCY_STORE_UNAVAILABLE" | "INSUFFICIENT_FUNDS" | "INTERNAL_SERVER_ERROR" | "LOOKUP_LIMIT" | "NOT_FOUND" | "OUTCOME_UNKNOWN" | "OVERLOADED" | "PERSISTED_QUERY_NOT_FOUND" | "PROVIDER_DISABLED" | "RATE_LIMITED" | "SUBSCRIPTION_INTERRUPTED" | "SUBSCRIPTION_LIMIT" | "TOO_MANY_REQUESTS" | "UNAUTHENTICATED" | "UPSTREAM_AUTH_FAILED" | "UPSTREAM_INVALID_RESPONSE" | "UPSTREAM_TIMEOUT" | "UPSTREAM_UNAVAILABLE" | "%future added value";
export type pinsRemoveMutation$variables = {
  connections: ReadonlyArray<string>;
  requestId: string;
};
export type pinsRemoveMutation$data = {
  readonly removePin: {
    readonly code?: ErrorCode;
    readonly deletedId?: string;
    readonly message?: string;
    readonly removed?: string;
  } | null | undefined;
};
export type pinsRemoveMutation = {
  response: pinsRemoveMutation$data;
  variables: pinsRemoveMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "connections"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "requestId"
},
v2 = [
  {
    "fields": [
      {
        "kind": "Variable",
        "name": "requestId",
        "variableName": "requestId"
      }
    ],
    "kind": "ObjectValue",
    "name": "input"
  }
],
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "deletedId",
  "storageKey": null
},
v4 = {
  "alias": "removed",
  "args": null,
  "kind": "ScalarField",
  "name": "deletedId",
  "storageKey": null
},
v5 = {
  "kind": "InlineFragment",
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "code",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "message",
      "storageKey": null
    }
  ],
  "type": "UserError",
  "abstractKey": "__isUserError"
};
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "pinsRemoveMutation",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": null,
        "kind": "LinkedField",
        "name": "removePin",
        "plural": false,
        "selections": [
          {
            "kind": "InlineFragment",
            "selections": [
              (v3/*:: as any*/),
              (v4/*:: as any*/)
            ],
            "type": "RemovePinPayload",
            "abstractKey": null
          },
          (v5/*:: as any*/)
        ],
        "storageKey": null
      }
    ],
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "pinsRemoveMutation",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": null,
        "kind": "LinkedField",
        "name": "removePin",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "__typename",
            "storageKey": null
          },
          {
            "kind": "InlineFragment",
            "selections": [
              (v3/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "filters": null,
                "handle": "deleteEdge",
                "key": "",
                "kind": "ScalarHandle",
                "name": "deletedId",
                "handleArgs": [
                  {
                    "kind": "Variable",
                    "name": "connections",
                    "variableName": "connections"
                  }
                ]
              },
              (v4/*:: as any*/),
              {
                "alias": "removed",
                "args": null,
                "filters": null,
                "handle": "deleteRecord",
                "key": "",
                "kind": "ScalarHandle",
                "name": "deletedId"
              }
            ],
            "type": "RemovePinPayload",
            "abstractKey": null
          },
          (v5/*:: as any*/)
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "4c18a2e6bb7a8d38b8082e592c6169e6",
    "id": null,
    "metadata": {},
    "name": "pinsRemoveMutation",
    "operationKind": "mutation",
    "text": "mutation pinsRemoveMutation(\n  $requestId: ID!\n) {\n  removePin(input: {requestId: $requestId}) {\n    __typename\n    ... on RemovePinPayload {\n      deletedId\n      removed: deletedId\n    }\n    ... on UserError {\n      __isUserError: __typename\n      code\n      message\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "c6f2ba66fd5112bb34488e9f035156a0";

export default node;
