import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSchema, print } from 'graphql';
import { useSofa } from 'sofa-api';

/** The graph as REST: each root field of the SDL an address of its own, run by the gateway. */
const { HEADGATE_URL: address = 'http://127.0.0.1:4000', HEADGATE_KEY: key = '', PORT = '4100' } = process.env;
const url = address.replace(/(\/graphql)?\/*$/, '/graphql');
const sdl = readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8');

const rest = useSofa({
  basePath: '/rest',
  schema: buildSchema(sdl),
  depthLimit: 2,
  async execute({ document, variableValues, operationName }) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gateway-key': key },
      body: JSON.stringify({ query: print(document), variables: variableValues, operationName }),
    });
    return answer.json();
  },
});
const server = createServer(rest).listen(Number(PORT), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}/rest/pins?first=2`);
});
