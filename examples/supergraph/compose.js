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
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  };
  const response = await fetch(url, post).catch(() => undefined);
  if (!response) throw new Error(`Nothing answers at ${url}.`);
  const { data, errors } = await response.json().catch(() => ({}));
  if (!data)
    throw new Error(`${url} does not tell its definition: ${errors?.[0]?.message ?? `status ${response.status}`}`);
  return data._service.sdl;
}
