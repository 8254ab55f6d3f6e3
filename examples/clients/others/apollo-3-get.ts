import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core/index.js';

/** Apollo Client 3 that asks by GET: it sends `accept: *` for all types, and the key's header says that no page did so unasked. */
const { HEADGATE_URL: address = 'http://127.0.0.1:4000', HEADGATE_KEY = '' } = process.env;
const uri = address.replace(/(\/graphql)?\/*$/, '/graphql');
const client = new ApolloClient({
  link: new HttpLink({ uri, useGETForQueries: true, headers: { 'x-gateway-key': HEADGATE_KEY } }),
  cache: new InMemoryCache(),
});
const { data } = await client.query({
  query: gql`
    {
      pins(first: 2) {
        edges {
          node {
            id
            status
          }
        }
      }
    }
  `,
});
console.log(JSON.stringify(data));
client.stop();
