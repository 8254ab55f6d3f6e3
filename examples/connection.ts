/** Where the gateway is and who we are, from the environment of whoever runs an example. What is missing is told in one line. */
const { HEADGATE_URL: address = 'http://127.0.0.1:4000', HEADGATE_KEY: key } = process.env;

/** The address that `npm start` prints, with or without `/graphql` at its end. */
export const endpoint = address.replace(/(\/graphql)?\/*$/, '/graphql');
if (!key) stop('set HEADGATE_KEY to an operator key; the sandbox prints one at its start (npm start)');
export const headers = { 'x-gateway-key': key };

// Any answer will do: what is wrong with a request is said when it is made.
await fetch(endpoint.replace(/graphql$/, 'health/live')).then(
  (answer) => answer.body?.cancel(),
  () => stop(`nothing answers at ${endpoint}: set HEADGATE_URL to the address that npm start printed, or start it`),
);

/** Ends the program with one line for whoever started it. */
export function stop(line: string): never {
  console.error(line);
  process.exit(1);
}
