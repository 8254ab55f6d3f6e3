#!/bin/sh
# curl that offers HTTP/2 over plain http (`Upgrade: h2c`) and takes compressed answers.
curl --silent --show-error --fail --http2 --compressed "${HEADGATE_URL%/graphql}/graphql" \
  --header 'content-type: application/json' --header "x-gateway-key: $HEADGATE_KEY" \
  --data '{"query": "{ pins(first: 2) { edges { node { id status } } } }"}'
