import { composeServices as composeByApollo } from '@apollo/composition';
import { composeServices as composeByTheGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';

/** Two programs that do the same; what they make can be served by any gateway of this kind. */
const composers = { theguild: composeByTheGuild, apollo: composeByApollo };

/** Asks each subgraph for its definition, and puts them together. Throws what they disagree about. */
export async function compose(composer, subgraphs) {
  const services = await Promise.all(
    subgraphs.map(async ({ name, url, headers }) => ({ name, url, typeDefs: parse(await definitionOf(url, headers)) })),
  );
  const { supergraphSdl, errors } = composers[composer](services);
  if (errors?.length) throw new Error(errors.map(({ message }) => message).join('\n'));
  return supergraphSdl;
}

async function definitionOf(url, headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  });
  const { data, errors } = await response.json();
  if (!data) throw new Error(`${url}: ${errors?.[0]?.message}`);
  return data._service.sdl;
}
