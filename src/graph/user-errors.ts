import type { ObjectRef } from '@pothos/core';
import { InvalidInput, UpstreamError, type ConflictReason, type InputIssue } from '../errors.js';
import { errorTable, type ErrorCode } from '../error-codes.js';
import { builder, type BuilderTypes } from './builder.js';
import { free } from './costs.js';
import { conflictReason, ConflictReasonEnum } from './conflict-reason.js';
import { describeError, NotApplied } from './errors.js';

/** The codes that are members of a mutation's result, each with its type. */
const members = {
  BAD_USER_INPUT: 'InvalidInputError',
  NOT_FOUND: 'NotFoundError',
  CONFLICT: 'ConflictError',
  INSUFFICIENT_FUNDS: 'InsufficientFundsError',
  OUTCOME_UNKNOWN: 'OutcomeUnknownError',
} as const satisfies Partial<Record<ErrorCode, string>>;
type UserErrorKind = (typeof members)[keyof typeof members];

/** A refusal that the caller can act on: a member of a mutation's result, never a top-level error. */
export interface UserErrorShape {
  readonly kind: UserErrorKind;
  readonly code: ErrorCode;
  readonly message: string;
  readonly upstreamCode: string | null;
  /** Of a conflict; of no meaning for the others. */
  readonly reason: ConflictReason;
  readonly issues: readonly InputIssue[];
  readonly idempotencyKey: string | null;
  /** The upstream's ids of objects that the change may have made. */
  readonly candidates: readonly string[];
  /** What was thrown, for members that know more. */
  readonly cause: unknown;
}

export const ErrorCodeEnum = builder.enumType('ErrorCode', {
  description:
    'What went wrong, in the words that clients branch on. The same names stand in `errors[].extensions.code`.',
  values: Object.fromEntries(
    Object.entries(errorTable).map(([code, { meaning }]) => [code, { description: meaning }]),
  ) as Record<ErrorCode, { description: string }>,
});

const UserError = builder.interfaceRef<UserErrorShape>('UserError').implement({
  description: 'A refusal that the caller can act on.',
  resolveType: (error) => error.kind,
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum, description: 'What went wrong, for programs.' }),
    message: t.exposeString('message', { description: 'What went wrong and what to do, for people.' }),
    upstreamCode: t.exposeString('upstreamCode', {
      nullable: true,
      description: "The provider's own code for it, when it gave one.",
    }),
    upstreamDetails: t.string({
      ...free,
      nullable: true,
      description:
        'What the provider says about it for people: one line of at most 300 characters, without secrets. ' +
        'Only for those whose own credential or operator key made the call; null for everybody else, and ' +
        'when it said nothing.',
      resolve: ({ cause }, _args, { access }) => {
        if (!(cause instanceof UpstreamError)) return null;
        const theirs = cause.credential === 'caller' || (cause.credential === 'server' && access.isOperator);
        return theirs ? (cause.upstreamDetails ?? null) : null;
      },
    }),
  }),
});

const InputIssueType = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One thing wrong with the input.',
  fields: (t) => ({
    path: t.stringList({
      description: 'Where: argument names and list positions, from the outside in, such as `input`, `meta`, `colour`.',
      resolve: (issue) => issue.path.map(String),
    }),
    message: t.exposeString('message', { description: 'What is wrong there.' }),
  }),
});

export const InvalidInputError = userError(
  'InvalidInputError',
  'The input cannot be used; nothing was sent to the provider, or the provider refused it.',
);
builder.objectField(InvalidInputError, 'issues', (t) =>
  t.field({
    type: [InputIssueType],
    description: 'Every fault found; empty when the provider did not say which.',
    resolve: (error) => error.issues as InputIssue[],
  }),
);
export const NotFoundError = userError('NotFoundError', 'The object does not exist, or is not yours.');
export const ConflictError = userError('ConflictError', 'The state of the object does not allow the change.');
builder.objectField(ConflictError, 'reason', (t) =>
  t.field({
    type: ConflictReasonEnum,
    description: 'What stands in the way.',
    resolve: ({ reason }) => reason,
  }),
);
builder.objectField(ConflictError, 'applied', (t) =>
  t.boolean({
    ...free,
    description:
      'Whether the change was made all the same: then what stands there now is not what you asked for, nothing may ' +
      'be delivered for it, and `message` says what to do. False when nothing was changed.',
    resolve: ({ cause }) => cause instanceof UpstreamError && cause.applied === true,
  }),
);
export const InsufficientFundsError = userError(
  'InsufficientFundsError',
  'The account at the provider cannot pay for this.',
);
export const OutcomeUnknownError = userError(
  'OutcomeUnknownError',
  'The change may or may not have happened. Only sending it again with the same idempotency key is safe; a change ' +
    'that takes none is read before it is sent, and safe to ask for again.',
);
builder.objectField(OutcomeUnknownError, 'idempotencyKey', (t) =>
  t.exposeString('idempotencyKey', {
    nullable: true,
    description: 'The key to send again with; null when this change needs none.',
  }),
);
builder.objectField(OutcomeUnknownError, 'candidates', (t) =>
  t.idList({
    description:
      "The provider's own ids of the objects that this change may have made, as their `templateId`: new " +
      'ones that are like the one asked for, when it cannot be told which of them it is, or whether any. ' +
      'Empty when none was found, and for changes that are found again by a mark of their own.',
    resolve: (error) => [...error.candidates],
  }),
);

function userError(name: UserErrorKind, description: string): ObjectRef<BuilderTypes, UserErrorShape> {
  return builder.objectRef<UserErrorShape>(name).implement({ description, interfaces: [UserError] });
}

/** Turns a failure that the caller can act on into its member of the result; throws every other failure on. */
function toUserError(error: unknown, about: string | undefined): UserErrorShape {
  const described = describeError(error);
  const kind = described && (members as Partial<Record<ErrorCode, UserErrorKind>>)[described.code];
  // An unclear end has a member of its own, or says that it is open: any other failure of an upstream's has changed nothing.
  if (!described || !kind)
    throw error instanceof UpstreamError && error.endOpen !== true ? new NotApplied(error) : error;
  const upstream = error instanceof UpstreamError ? error : undefined;
  return {
    kind,
    code: described.code,
    message:
      described.code === 'NOT_FOUND' && upstream !== undefined && about !== undefined
        ? `${about}: ${described.message}`
        : described.message,
    upstreamCode: upstream?.upstreamCode ?? null,
    reason: upstream ? conflictReason(upstream) : 'REFUSED_UPSTREAM',
    idempotencyKey: upstream?.idempotencyKey ?? null,
    candidates: upstream?.candidates ?? [],
    issues: error instanceof InvalidInput ? error.issues : [],
    cause: error,
  };
}

/**
 * Runs a mutation: what the caller can act on becomes a member of the result, everything else a top-level error. `about`: the
 * argument that names what is acted on, which is what was not found.
 */
export async function settleMutation<Payload>(
  run: () => Promise<Payload>,
  about?: string,
): Promise<Payload | UserErrorShape> {
  try {
    return await run();
  } catch (error) {
    return toUserError(error, about);
  }
}

/** Names the result union of a mutation: its payload, or one of the five refusals. */
export function resultUnion<Payload extends object>(mutation: string, payload: ObjectRef<BuilderTypes, Payload>) {
  const title = mutation[0]?.toUpperCase() + mutation.slice(1);
  return builder.unionType(`${title}Result`, {
    description: `What ${mutation} answers: the payload, or a refusal that the caller can act on.`,
    types: [payload, InvalidInputError, NotFoundError, ConflictError, InsufficientFundsError, OutcomeUnknownError],
    resolveType: (value) => ('kind' in value ? (value as UserErrorShape).kind : payload),
  });
}
