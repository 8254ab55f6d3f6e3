import { invalidInput } from '../../errors.js';
import type { Context } from '../../context.js';
import type { PollEvent } from '../../polling/polling.js';
import type { Pin, PinStatus } from '../../providers/pinning/model.js';
import { checkRequestId } from '../../providers/pinning/request-id.js';
import { builder } from '../builder.js';
import { lengthOf, pinning, poll, priced, type WrittenArguments } from '../costs.js';
import { forPinning } from '../rights.js';
import { latestOf, streamOf } from '../streams.js';
import { pinGlobalId, PinRef, PinStatusEnum } from './pin.js';

const MAX_WATCHED = 1_000;

function watchPins(
  context: Context,
  ids: readonly string[],
  argument: (index: number) => string,
  service: string | null | undefined,
): AsyncIterableIterator<PollEvent<Pin>> {
  const session = context.access.of('pinning').open('pin:read', service);
  ids.forEach((id, index) => checkRequestId(id, argument(index)));
  return streamOf(context, () => context.polling.watch(session.pollSource(), ids), session.fingerprint);
}

function watchMany(context: Context, ids: readonly string[], service: string | null | undefined) {
  if (ids.length > MAX_WATCHED) throw invalidInput('requestIds', `at most ${MAX_WATCHED} in one stream`);
  return watchPins(context, ids, (index) => `requestIds.${index}`, service);
}

/** A pin that is gone is told once more, as REMOVED. */
const pinOf = (event: PollEvent<Pin>) => latestOf(event, (last): Pin => ({ ...last, status: 'REMOVED' }));

/** What happened to one of the pins that are watched together. */
interface PinUpdateShape {
  readonly service: string;
  readonly requestId: string;
  readonly status: PinStatus;
  readonly pin: Pin | null;
}

const PinUpdate = builder.objectRef<PinUpdateShape>('PinUpdate').implement({
  description: 'News of one of many watched pins.',
  fields: (t) => ({
    requestId: t.exposeID('requestId', { description: 'Which pin, by the id that was asked for.' }),
    pinId: t.id({
      description: 'Its global id, by which caches know it, also once it is gone.',
      resolve: ({ service, requestId }) => pinGlobalId(service, requestId),
    }),
    status: t.expose('status', { type: PinStatusEnum, description: 'How far it has got; REMOVED when there is none.' }),
    pin: t.expose('pin', {
      type: PinRef,
      nullable: true,
      description: 'The pin as it is now; null when there is none.',
    }),
  }),
});

/** Of a pin that is not there, or no longer, nothing is left but its name. */
function updateOf(context: Context, event: PollEvent<Pin>, asked: string | null | undefined): PinUpdateShape {
  const pin = latestOf(event);
  const service = pin?.service ?? context.access.of('pinning').open('pin:read', asked).service;
  return { service, requestId: event.id, status: pin?.status ?? 'REMOVED', pin };
}

/** One poll: each pin by its id, after a listing or more that showed none of them. */
function pollOfMany(written: WrittenArguments) {
  const pins = lengthOf(written('requestIds'), MAX_WATCHED);
  return [poll(pinning(pins > 2 ? pins + 1 : pins, 2 * pins))];
}

builder.subscriptionFields((t) => ({
  pinStatus: t.field({
    ...priced(forPinning('pin:read'), [poll(pinning(1))]),
    type: PinRef,
    nullable: true,
    description:
      'One pin: its state now, then each change of status, info or delegates. Ends after PINNED, FAILED or ' +
      'REMOVED; one null, then the end, when it does not exist.',
    args: {
      requestId: t.arg.id({ required: true, description: "The service's id of the request." }),
      service: t.arg.id({ description: 'A configured pinning service by name; the first when omitted.' }),
    },
    subscribe: (_root, { requestId, service }, context) => watchPins(context, [requestId], () => 'requestId', service),
    resolve: (event) => pinOf(event as PollEvent<Pin>),
  }),
  pinStatuses: t.field({
    ...priced(forPinning('pin:read'), pollOfMany),
    type: PinRef,
    nullable: true,
    description: `Many pins in one stream, at most ${MAX_WATCHED}: each pin's state now, then its changes. Ends when all are done.`,
    args: {
      requestIds: t.arg.idList({
        required: true,
        description: `The service's ids of the requests, at most ${MAX_WATCHED}.`,
      }),
      service: t.arg.id({ description: 'A configured pinning service by name; the first when omitted.' }),
    },
    subscribe: (_root, { requestIds, service }, context) => watchMany(context, requestIds, service),
    resolve: (event) => pinOf(event as PollEvent<Pin>),
  }),
  pinUpdates: t.field({
    ...priced(forPinning('pin:read'), pollOfMany),
    type: PinUpdate,
    nullable: true,
    description:
      `Many pins in one stream, at most ${MAX_WATCHED}, as \`pinStatuses\`, but each event names its pin, ` +
      'also one that is gone. Ends when all are done.',
    args: {
      requestIds: t.arg.idList({
        required: true,
        description: `The service's ids of the requests, at most ${MAX_WATCHED}.`,
      }),
      service: t.arg.id({ description: 'A configured pinning service by name; the first when omitted.' }),
    },
    subscribe: (_root, { requestIds, service }, context) => watchMany(context, requestIds, service),
    resolve: (event, { service }, context) => updateOf(context, event as PollEvent<Pin>, service),
  }),
}));
