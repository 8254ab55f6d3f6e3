import type { Pin } from '../../providers/pinning/model.js';
import { checkRequestId } from '../../providers/pinning/request-id.js';
import { parsePinInput } from '../../providers/pinning/validate.js';
import type { AddedPin, PinningSession } from '../../providers/pinning/session.js';
import { builder, type BuilderTypes } from '../builder.js';
import { pinning, priced } from '../costs.js';
import { forPinning } from '../rights.js';
import { resultUnion, settleMutation } from '../user-errors.js';
import { writeIdentity } from '../write-identity.js';
import { pinGlobalId, PinRef } from './pin.js';

const service = 'A configured pinning service by name; the first when omitted.';
const idempotencyKey =
  'A name of yours for this very change, 1 to 255 printable characters: sent again with the same input ' +
  'it answers the first result, or refusal, and changes nothing. One is made up when omitted.';

/** What a new pin takes beside its content, added or in another's place. */
function aboutPin(t: PothosSchemaTypes.InputFieldBuilder<BuilderTypes, 'InputObject'>) {
  return {
    name: t.string({ description: 'A name for people, at most 255 characters.' }),
    origins: t.stringList({
      description: 'Multiaddrs known to provide the content, each ending in /p2p/<peer id>; at most 20.',
    }),
    meta: t.field({
      type: 'JSONObject',
      description: 'Your own key-value pairs; values are strings, at most 1,000 keys.',
    }),
    service: t.id({ description: service }),
    idempotencyKey: t.string({ description: idempotencyKey }),
  };
}

const AddPinInput = builder.inputType('AddPinInput', {
  description: 'What to pin.',
  fields: (t) => ({
    cid: t.field({ type: 'CID', required: true, description: 'The root of the content, pinned recursively.' }),
    ...aboutPin(t),
  }),
});

const ReplacePinInput = builder.inputType('ReplacePinInput', {
  description: 'Which pin to replace, and by what.',
  fields: (t) => ({
    requestId: t.id({
      required: true,
      description: 'The pin to replace; it is gone afterwards, unless the service keeps the id.',
    }),
    cid: t.field({ type: 'CID', required: true, description: 'The root of the new content.' }),
    ...aboutPin(t),
  }),
});

const RemovePinInput = builder.inputType('RemovePinInput', {
  description: 'Which pin to remove.',
  fields: (t) => ({
    requestId: t.id({ required: true, description: "The service's id of the request." }),
    service: t.id({ description: service }),
  }),
});

const AddPinPayload = builder.objectRef<AddedPin>('AddPinPayload').implement({
  description: 'The pin that was added.',
  fields: (t) => ({
    pin: t.field({
      type: PinRef,
      description: 'The new pin, or the one that the service had already.',
      resolve: (added) => added.pin,
    }),
    alreadyPinned: t.exposeBoolean('alreadyPinned', {
      description: 'True when the service kept this content for you already and made no new pin.',
    }),
  }),
});

const ReplacePinPayload = builder
  .objectRef<{ readonly pin: Pin; readonly replacedRequestId: string | null }>('ReplacePinPayload')
  .implement({
    description: "The pin that took the old one's place.",
    fields: (t) => ({
      pin: t.field({
        type: PinRef,
        description: 'The new pin; its request id is another, except where a service keeps it.',
        resolve: (payload) => payload.pin,
      }),
      replacedRequestId: t.exposeID('replacedRequestId', {
        nullable: true,
        description: 'The request id that is gone; null where the service kept it for the new pin.',
      }),
      deletedId: t.id({
        nullable: true,
        description: 'The global id that is gone; null where the service kept it for the new pin.',
        resolve: ({ pin, replacedRequestId }) =>
          replacedRequestId === null ? null : pinGlobalId(pin.service, replacedRequestId),
      }),
    }),
  });

interface RemovedPin {
  readonly service: string;
  readonly removedRequestId: string;
}

const RemovePinPayload = builder.objectRef<RemovedPin>('RemovePinPayload').implement({
  description: 'The pin that was removed.',
  fields: (t) => ({
    removedRequestId: t.exposeID('removedRequestId', { description: 'The request id that is gone.' }),
    deletedId: t.id({
      description: 'The global id that is gone, for caches.',
      resolve: ({ service, removedRequestId }) => pinGlobalId(service, removedRequestId),
    }),
  }),
});

const AddPinResult = resultUnion('addPin', AddPinPayload);
const ReplacePinResult = resultUnion('replacePin', ReplacePinPayload);
const RemovePinResult = resultUnion('removePin', RemovePinPayload);

/** What a look through all pins of a content costs: a page, up to twenty where a service holds thousands of them. */
const [LOOK, LONGEST_LOOK] = [1, 20] as const;
/** Two looks for an earlier sending of the key, one before the sending, and two after it. */
const addPrice = [pinning(5 * LOOK + 1, 5 * LONGEST_LOOK + 1)];
/**
 * The same two, the one before and whether the pin is there, a sending, and three looks at both after it with another
 * sending between them.
 */
const replacePrice = [
  pinning(
    2 * (LOOK + 1) + LOOK + 2 + 3 * (LOOK + 1) + 1,
    2 * (LONGEST_LOOK + 1) + LONGEST_LOOK + 2 + 3 * (LONGEST_LOOK + 1) + 1,
  ),
];

builder.mutationFields((t) => ({
  addPin: t.field({
    ...priced(forPinning('pin:write'), addPrice),
    type: AddPinResult,
    nullable: true,
    description:
      'Asks a service to keep content. Sent twice with one idempotency key it pins once; a lost answer is ' +
      'looked for before anything is said.',
    args: { input: t.arg({ type: AddPinInput, required: true, description: 'What to pin, and where.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const pin = parsePinInput(input);
        const session = context.access.of('pinning').open('pin:write', input.service);
        return context.writes.once({
          ...writeIdentity(context.access, 'pinning', 'addPin', input.idempotencyKey, session.fingerprint),
          provider: `pinning:${session.service}`,
          payload: { pin, service: session.service },
          send: (attempt) => session.add(pin, attempt),
          find: (attempt) => session.findAdded(pin, attempt),
        });
      }),
  }),
  replacePin: t.field({
    ...priced(forPinning('pin:write'), replacePrice),
    type: ReplacePinResult,
    nullable: true,
    description:
      'Replaces a pin by another in one step, so that blocks common to both are not fetched again. The request id changes.',
    args: { input: t.arg({ type: ReplacePinInput, required: true, description: 'Which pin, and by what.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const { requestId } = input;
        checkRequestId(requestId, 'input.requestId');
        const pin = parsePinInput(input);
        const session = context.access.of('pinning').open('pin:write', input.service);
        const replaced = await context.writes.once({
          ...writeIdentity(context.access, 'pinning', 'replacePin', input.idempotencyKey, session.fingerprint),
          provider: `pinning:${session.service}`,
          payload: { requestId, pin, service: session.service },
          send: (attempt) =>
            context.writes.serially(pinName(session, requestId), () => session.replace(requestId, pin, attempt)),
          find: (attempt) => session.findReplaced(requestId, pin, attempt),
        });
        const keptId = replaced.requestId === requestId;
        if (!keptId) context.polling.nudge(session.pollSource(), [requestId]);
        return { pin: replaced, replacedRequestId: keptId ? null : requestId };
      }, 'input.requestId'),
  }),
  removePin: t.field({
    // One look before, three sendings and three looks.
    ...priced(forPinning('pin:write'), [pinning(7)]),
    type: RemovePinResult,
    nullable: true,
    description: 'Removes a pin, whatever its status. Sending it again is safe.',
    args: { input: t.arg({ type: RemovePinInput, required: true, description: 'Which pin.' }) },
    resolve: (_root, { input }, context) =>
      settleMutation(async () => {
        const { requestId } = input;
        checkRequestId(requestId, 'input.requestId');
        const session = context.access.of('pinning').open('pin:write', input.service);
        await context.writes.serially(pinName(session, requestId), () => session.remove(requestId), {
          provider: `pinning:${session.service}`,
          operation: 'removePin',
        });
        context.polling.nudge(session.pollSource(), [requestId]);
        return { service: session.service, removedRequestId: requestId };
      }, 'input.requestId'),
  }),
}));

/** One pin of one account: what may change only one at a time. */
const pinName = (session: PinningSession, requestId: string) => `pin:${session.fingerprint}:${requestId}`;
