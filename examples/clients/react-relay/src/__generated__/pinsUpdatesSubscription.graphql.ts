/**
 * @generated SignedSource<<d8e92f215865102aedceeacd620621bf>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ConcreteRequest } from 'relay-runtime';
export type PinStatus = "FAILED" | "PINNED" | "PINNING" | "QUEUED" | "REMOVED" | "UNKNOWN" | "%future added value";
export type pinsUpdatesSubscription$variables = {
  requestIds: ReadonlyArray<string>;
};
export type pinsUpdatesSubscription$data = {
  readonly pinUpdates: {
    readonly pin: {
      readonly id: string;
      readonly name: string | null | undefined;
      readonly requestId: string;
      readonly status: PinStatus;
    } | null | undefined;
    readonly pinId: string;
    readonly requestId: string;
    readonly status: PinStatus;
  } | null | undefined;
};
export type pinsUpdatesSubscription = {
  response: pinsUpdatesSubscription$data;
  variables: pinsUpdatesSubscription$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "requestIds"
  }
],
v1 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "requestId",
  "storageKey": null
},
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "status",
  "storageKey": null
},
v3 = [
  {
    "alias": null,
    "args": [
      {
        "kind": "Variable",
        "name": "requestIds",
        "variableName": "requestIds"
      }
    ],
    "concreteType": "PinUpdate",
    "kind": "LinkedField",
    "name": "pinUpdates",
    "plural": false,
    "selections": [
      (v1/*:: as any*/),
      {
        "alias": null,
        "args": null,
        "kind": "ScalarField",
        "name": "pinId",
        "storageKey": null
      },
      (v2/*:: as any*/),
      {
        "alias": null,
        "args": null,
        "concreteType": "Pin",
        "kind": "LinkedField",
        "name": "pin",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "id",
            "storageKey": null
          },
          (v1/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "kind": "ScalarField",
            "name": "name",
            "storageKey": null
          },
          (v2/*:: as any*/)
        ],
        "storageKey": null
      }
    ],
    "storageKey": null
  }
];
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "pinsUpdatesSubscription",
    "selections": (v3/*:: as any*/),
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "pinsUpdatesSubscription",
    "selections": (v3/*:: as any*/)
  },
  "params": {
    "cacheID": "417f630c0790850303a91cc859b9d1b8",
    "id": null,
    "metadata": {},
    "name": "pinsUpdatesSubscription",
    "operationKind": "subscription",
    "text": "subscription pinsUpdatesSubscription(\n  $requestIds: [ID!]!\n) {\n  pinUpdates(requestIds: $requestIds) {\n    requestId\n    pinId\n    status\n    pin {\n      id\n      requestId\n      name\n      status\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "c828b8a8337564bfa7d62dcc1763441a";

export default node;
