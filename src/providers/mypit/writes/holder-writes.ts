import { GatewayError, InvalidInput, UpstreamError } from '../../../errors.js';
import { believed, isForeignRefusal, openEnd } from '../../../unclear-ends.js';
import type { Attempt } from '../../../writes/writes.js';
import type { HolderData } from '../bodies.js';
import { change, lookForDeleted, type Sight } from './change.js';
import { declined, type MyPitCaller } from '../client.js';
import { isUnclear, notFound } from '../errors.js';
import type { State } from './former-states.js';
import { changed, readBase } from './update-base.js';
import { isAskedFor, lookForNew } from './holder-look.js';
import type { Holder, HolderChanges, HolderInput } from '../model.js';
import { aftermathCaller, anotherObject, factsOf, sendCaller, type WriteContext } from './write-context.js';

/**
 * Makes a holder at most once and gives its id: after an unclear end it is looked for by its external id and its DID. An answer about
 * somebody else is such an end: a proxy answers again, a service may give who has this address already.
 */
export async function createHolder(context: WriteContext, input: HolderInput, attempt: Attempt): Promise<string> {
  const issuerDid = issuerDidOf(context);
  await attempt.sent();
  try {
    const holderId = await context.client.createHolder(sendCaller(context), issuerDid, input);
    const made = await readBack(context, holderId, input);
    if (made && !isAskedFor(made, input, attempt.startedAt)) throw anotherObject(context, 'createHolder');
    context.made.holders.set(holderId, made);
    return holderId;
  } catch (error) {
    if (!(error instanceof UpstreamError) || !isUnclear(error)) throw error;
    const { holderId, absent } = await lookForNew(context, input, attempt, error);
    if (holderId !== undefined) return holderId;
    if (isForeignRefusal(error) && absent) throw believed(error);
    throw openEnd(factsOf(context, 'createHolder'), error);
  }
}

/** A holder just made, as the upstream has it, or as it was told to make it when it cannot be asked. */
export async function createdHolder(context: WriteContext, holderId: string, input: HolderInput): Promise<Holder> {
  const { holders } = context.made;
  const shown = holders.has(holderId) ? holders.get(holderId) : await readBack(context, holderId, input);
  const { issuerDid, userId } = context.caller.fields;
  return shown ?? { ...input, holderId, issuerDid, ownerId: userId };
}

/** Which of a holder's two ids a read wants is not documented, so the second one is tried when the first one is not known. */
async function readBack(context: WriteContext, holderId: string, input: HolderInput): Promise<Holder | undefined> {
  for (const id of [holderId, input.externalId]) {
    try {
      const holder = await context.client.getHolderById(aftermathCaller(context), id, 'any');
      if (holder.holderId === holderId) return holder;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (error.kind !== 'not_found' && error.kind !== 'rejected') break;
    }
  }
  return undefined;
}

/** Changes the given fields. Resolves with the holder as it is then; InvalidInput when a field that must be sent is known to nobody. */
export async function updateHolder(context: WriteContext, holderId: string, changes: HolderChanges): Promise<Holder> {
  const { client, caller } = context;
  const object = `holder ${holderId}`;
  const read = () => client.getHolderById(caller, holderId);
  const before = await readBase(context, 'updateHolder', object, read, stateOf);
  if (Object.keys(changes).length === 0) return before;
  const data = overlay(before, changes);
  await change(context, {
    operation: 'updateHolder',
    send: (sender) => client.updateHolder(sender, holderId, data),
    look: async (reader) => {
      const { name, email, phone } = await client.getHolderById(reader, holderId);
      return name === data.name && email === data.email && phone === data.phone ? 'done' : 'open';
    },
  });
  changed(context, object, stateOf(before), { ...data });
  return { ...before, ...data };
}

/** Resolves when the holder is gone; rejects with `not_found` when it was not there to begin with, `conflict` when it stays. */
export async function deleteHolder(context: WriteContext, holderId: string): Promise<void> {
  const { client } = context;
  const facts = factsOf(context, 'deleteHolder');
  const look = (reader: MyPitCaller) =>
    lookForDeleted(client.getHolderById(reader, holderId).then((): Sight => 'open'));
  let sendings = 0;
  try {
    await change(context, {
      operation: 'deleteHolder',
      async send(sender) {
        sendings += 1;
        if (!(await client.deleteHolder(sender, holderId))) throw declined(facts);
      },
      look,
    });
  } catch (error) {
    // A second sending is looked after already.
    if (!(error instanceof UpstreamError) || error.kind !== 'conflict' || sendings > 1) throw error;
    // A no says nothing about why: there may have been nobody to delete.
    const sight = await look(aftermathCaller(context)).catch(() => 'open');
    throw sight === 'missing' ? notFound(facts) : error;
  }
}

function issuerDidOf({ caller: { fields, scope } }: WriteContext): string {
  if (fields.issuerDid !== null) return fields.issuerDid;
  throw scope.credential === 'caller'
    ? new GatewayError('UNAUTHENTICATED', "Creating holders needs the issuer's DID in x-mypit-issuer-did too.", {
        provider: 'mypit',
      })
    : new GatewayError(
        'PROVIDER_DISABLED',
        'This gateway has no issuer DID (MYPIT_ISSUER_DID), which creating holders needs.',
        { provider: 'mypit' },
      );
}

function stateOf({ name, email, phone }: Holder): State {
  return { fields: { name, email, phone }, changedAt: null };
}

/** The upstream wants all three together. */
function overlay(before: Holder, changes: HolderChanges): HolderData {
  const name = changes.name ?? before.name;
  const email = changes.email ?? before.email;
  const phone = changes.phone ?? before.phone;
  if (name !== null && email !== null && phone !== null) return { name, email, phone };
  const missing = Object.entries({ name, email, phone }).filter(([, value]) => value === null);
  throw new InvalidInput(
    missing.map(([field]) => ({ path: ['input', field], message: 'must be given, because the holder has none' })),
  );
}
