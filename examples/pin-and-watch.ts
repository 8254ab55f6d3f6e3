import { print } from 'graphql';
import { GraphQLClient } from 'graphql-request';
import { createClient } from 'graphql-sse';
import { endpoint, headers, stop } from './connection.js';
import { AddPinDocument, WatchPinDocument, type WatchPinSubscription } from './generated/graphql.js';
import { told } from './told.js';

/** Pins a CID and prints each change until the service keeps it, or gives up. */
const [cid] = process.argv.slice(2);
if (cid === undefined) stop('usage: pin-and-watch.ts <cid>');

const { addPin } = await told(
  new GraphQLClient(endpoint, { headers }).request(AddPinDocument, { input: { cid, name: 'from an example' } }),
);
if (addPin?.__typename !== 'AddPinPayload')
  stop(addPin ? `${addPin.code}: ${addPin.message}` : 'the pin could not be added');

const { requestId } = addPin.pin;
console.log(`${requestId} ${addPin.alreadyPinned ? 'was there already' : 'added'}`);

const events = createClient({ url: endpoint, headers }).iterate<WatchPinSubscription>({
  query: print(WatchPinDocument),
  variables: { requestId },
});
async function follow(): Promise<void> {
  for await (const { data, errors } of events) {
    if (errors) throw new Error(errors.map((error) => error.message).join('; '));
    console.log(data?.pinStatus?.status ?? 'gone', data?.pinStatus?.statusDetails ?? '');
  }
}
await told(follow());
