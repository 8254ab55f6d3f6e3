/**
 * @generated SignedSource<<c780def3c0cb3f10ee1c9ea25755f668>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type PinStatus = "FAILED" | "PINNED" | "PINNING" | "QUEUED" | "REMOVED" | "UNKNOWN" | "%future added value";
export type pinsAgainQuery$variables = {
  id: string;
};
export type pinsAgainQuery$data = {
  readonly node: {
    readonly name?: string | null | undefined;
    readonly requestId?: string;
    readonly status?: PinStatus;
  } | null | undefined;
};
export type pinsAgainQuery = {
  response: pinsAgainQuery$data;
  variables: pinsAgainQuery$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "id"
  }
],
v1 = [
  {
    "kind": "Variable",
    "name": "id",
    "variableName": "id"
  }
],
v2 = {
  "kind": "InlineFragment",
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "requestId",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "name",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "status",
      "storageKey": null
    }
  ],
  "type": "Pin",
  "abstractKey": null
};
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "pinsAgainQuery",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": null,
        "kind": "LinkedField",
        "name": "node",
        "plural": false,
        "selections": [
          (v2/*:: as any*/)
        ],
        "storageKey": null
      }
    ],
    "type": "Query",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "pinsAgainQuery",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": null,
        "kind": "LinkedField",
        "name": "node",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "__typename",
            "storageKey": null
          },
          (v2/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "id",
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "88362ff497651bc2a7571da05d69272c",
    "id": null,
    "metadata": {},
    "name": "pinsAgainQuery",
    "operationKind": "query",
    "text": "query pinsAgainQuery(\n  $id: ID!\n) {\n  node(id: $id) {\n    __typename\n    ... on Pin {\n      requestId\n      name\n      status\n    }\n    id\n  }\n}\n"
  }
};
})();

(node as any).hash = "68ac63cba66d5b77740daabb9d789a99";

export default node;
