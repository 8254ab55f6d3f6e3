/* eslint-disable */
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A whole number of any size: a JSON number while it is safe (up to 2^53 - 1), a string of digits above. */
  BigInt: { input: number | string; output: number | string; }
  /** An IPFS content identifier, version 0 or 1. Two are equal when codec and multihash are; output keeps the spelling of the pinning service. */
  CID: { input: string; output: string; }
  /** A point in time, RFC 3339. Output is UTC with `Z` and keeps every digit of the source; input may have any offset. */
  DateTime: { input: string; output: string; }
  /** An exact decimal number. Output is a string in its shortest plain form, every digit kept; input is a string or a number. */
  Decimal: { input: string | number; output: string; }
  /** Any JSON, passed on as it is. In output a number that a double does not hold exactly is a string of its digits; in input it is refused: send it as a string. */
  JSON: { input: unknown; output: unknown; }
  /** A JSON object, passed on as it is. A number that a double does not hold exactly is refused: send it as a string. */
  JSONObject: { input: Record<string, unknown>; output: Record<string, unknown>; }
};

/** What to pin. */
export type AddPinInput = {
  /** The root of the content, pinned recursively. */
  cid: Scalars['CID']['input'];
  /** A name of yours for this very change, 1 to 255 printable characters: sent again with the same input it answers the first result, or refusal, and changes nothing. One is made up when omitted. */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Your own key-value pairs; values are strings, at most 1,000 keys. */
  meta?: InputMaybe<Scalars['JSONObject']['input']>;
  /** A name for people, at most 255 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** Multiaddrs known to provide the content, each ending in /p2p/<peer id>; at most 20. */
  origins?: InputMaybe<Array<Scalars['String']['input']>>;
  /** A configured pinning service by name; the first when omitted. */
  service?: InputMaybe<Scalars['ID']['input']>;
};

/** The pin that was added. */
export type AddPinPayload = {
  __typename?: 'AddPinPayload';
  /** True when the service kept this content for you already and made no new pin. */
  alreadyPinned: Scalars['Boolean']['output'];
  /** The new pin, or the one that the service had already. */
  pin: Pin;
};

/** What addPin answers: the payload, or a refusal that the caller can act on. */
export type AddPinResult = AddPinPayload | ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** Which payment to approve. */
export type ApprovePaymentInput = {
  /** What your order says of it; compared before anything is sent, and with what Pi answers. */
  expected?: InputMaybe<ExpectedPayment>;
  /** Pi's own id of the payment. */
  paymentId: Scalars['ID']['input'];
};

/** The payment was approved, now or before. */
export type ApprovePaymentPayload = {
  __typename?: 'ApprovePaymentPayload';
  /** False for exactly one of all calls that approve this payment, on whichever instance; true for the others. */
  alreadyApproved: Scalars['Boolean']['output'];
  /** The payment as it is now. */
  payment?: Maybe<Payment>;
};

/** What approvePayment answers: the payload, or a refusal that the caller can act on. */
export type ApprovePaymentResult = ApprovePaymentPayload | ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** How a badge stands, worked out from the provider's words and the time. */
export type BadgeState =
  /** Good. */
  | 'ACTIVE'
  /** Its time is over, whatever `status` says. */
  | 'EXPIRED'
  /** Not in force yet. */
  | 'PENDING'
  /** Taken back. */
  | 'REVOKED'
  /** The provider's words do not tell; see `status`. */
  | 'UNKNOWN';

/** What badges are issued after. */
export type BadgeTemplate = Node & {
  __typename?: 'BadgeTemplate';
  /** A CSS colour; null until somebody chose one. */
  backgroundColor?: Maybe<Scalars['String']['output']>;
  /** When it was made. */
  createdAt?: Maybe<Scalars['DateTime']['output']>;
  /** What earns it. */
  criteria?: Maybe<Scalars['String']['output']>;
  /** What it is for. */
  description?: Maybe<Scalars['String']['output']>;
  /** Global id: opaque, the same on every instance, and good for `node`. */
  id: Scalars['ID']['output'];
  /** Pins, in the default pinning service, of the content that `imageUrl` shows when it is an ipfs:// or gateway URL, newest first; empty when it is another URL. Needs `pin:read`, or a token of that service. Asked together for many templates: one call for ten. */
  imagePins?: Maybe<Array<Pin>>;
  /** Its picture. The issuer's text: show it, and trust it no further. */
  imageUrl?: Maybe<Scalars['String']['output']>;
  /** Whether badges can be issued after it. Deleting may switch a template off instead of removing it. */
  isActive?: Maybe<Scalars['Boolean']['output']>;
  /** Its name. */
  name: Scalars['String']['output'];
  /** The provider's user who owns it. */
  ownerId: Scalars['ID']['output'];
  /** A plain number: the provider documents no unit. */
  price?: Maybe<Scalars['Decimal']['output']>;
  /** The provider's own id of the template. */
  templateId: Scalars['ID']['output'];
  /** A CSS colour; null until somebody chose one. */
  textColor?: Maybe<Scalars['String']['output']>;
  /** What its badges are about. */
  type: BadgeType;
  /** When it was changed last; what `expectedUpdatedAt` compares with. */
  updatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Days that a badge of it is good for; null when badges of it do not expire. */
  validityPeriodDays?: Maybe<Scalars['Int']['output']>;
};

/** A page of badge templates, in the provider's order. */
export type BadgeTemplateConnection = {
  __typename?: 'BadgeTemplateConnection';
  /** The rows of this page. */
  edges: Array<BadgeTemplateEdge>;
  /** The objects of the rows; null where one could not be read. */
  nodes: Array<Maybe<BadgeTemplate>>;
  /** Where this page lies in the listing. Asking for it may cost one more call, to see whether another row exists. */
  pageInfo: PageInfo;
};

/** One row of a listing of templates. */
export type BadgeTemplateEdge = {
  __typename?: 'BadgeTemplateEdge';
  /** This row's place, for `after`. Good only for the same listing and credential, and not for long: the provider may forget it (CURSOR_EXPIRED). */
  cursor: Scalars['String']['output'];
  /** The object; null, with an error at this path, when the provider's row could not be read. */
  node?: Maybe<BadgeTemplate>;
};

/** What a badge is about. */
export type BadgeType =
  /** Something done or learnt. */
  | 'ACHIEVEMENT'
  /** Money. */
  | 'FINANCE'
  /** Health. */
  | 'HEALTHCARE'
  /** Ways and licences; made for proofs that tell nothing else. */
  | 'MOBILITY'
  /** A type that this gateway does not know. Cannot be asked for. */
  | 'UNKNOWN';

/** What an account holds of one chain's coins. */
export type Balance = {
  __typename?: 'Balance';
  /** Whole coins of this chain, every digit kept. */
  amount: Scalars['Decimal']['output'];
  /** The chain's short name, such as BTC. */
  chain: Scalars['String']['output'];
};

/** How far a block has come. */
export type BlockStatus =
  /** In the chain for good: paid out. */
  | 'CONFIRMED'
  /** Was in the chain and dropped out of it: not paid out. */
  | 'ORPHAN'
  /** Just found; the chain has not taken it yet. */
  | 'PROCESSING'
  /** Never entered the chain: not paid out. */
  | 'STALE'
  /** In the chain, and may still drop out of it. */
  | 'UNCONFIRMED'
  /** A status that this gateway does not know. */
  | 'UNKNOWN';

/** How many calls a provider still allows, as its answers say. */
export type CallBudget = {
  __typename?: 'CallBudget';
  /** Calls of a full budget; null when it does not say. */
  limit?: Maybe<Scalars['Int']['output']>;
  /** Calls that are left. */
  remaining: Scalars['Int']['output'];
  /** When it is full again. */
  resetsAt: Scalars['DateTime']['output'];
};

/** Which payment to cancel. */
export type CancelPaymentInput = {
  /** Pi's own id of the payment. */
  paymentId: Scalars['ID']['input'];
};

/** The payment was cancelled, now or before. Where it has a transaction all the same, somebody may have paid: people have to look at it. */
export type CancelPaymentPayload = {
  __typename?: 'CancelPaymentPayload';
  /** The payment as it is now. */
  payment?: Maybe<Payment>;
};

/** What cancelPayment answers: the payload, or a refusal that the caller can act on. */
export type CancelPaymentResult = CancelPaymentPayload | ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** Whether calls to a provider are let through. */
export type Circuit =
  /** Calls go through. */
  | 'CLOSED'
  /** One call is let through to see whether the provider is back. */
  | 'HALF_OPEN'
  /** The provider has been failing; calls are refused for a few seconds. */
  | 'OPEN';

/** Which payment to complete, and by which transaction. */
export type CompletePaymentInput = {
  /** What your order says of it; compared before anything is sent, and with what Pi answers. */
  expected?: InputMaybe<ExpectedPayment>;
  /** Pi's own id of the payment. */
  paymentId: Scalars['ID']['input'];
  /** The transaction's hash: 64 hexadecimal digits. */
  txid: Scalars['ID']['input'];
};

/** The payment was completed by this transaction, now or before; Pi may show no transaction, and then it cannot be told by which. Deliver only when its state is COMPLETED, its transaction is verified, and amount and metadata are what you expect. */
export type CompletePaymentPayload = {
  __typename?: 'CompletePaymentPayload';
  /** False for exactly one of all calls that complete this payment, on whichever instance: deliver on that one. True for the others, and when it was completed outside this gateway. An answer that you lost may have been that one: keep a record of what you deliver. */
  alreadyCompleted: Scalars['Boolean']['output'];
  /** The payment as it is now. */
  payment?: Maybe<Payment>;
};

/** What completePayment answers: the payload, or a refusal that the caller can act on. */
export type CompletePaymentResult = CompletePaymentPayload | ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** The state of the object does not allow the change. */
export type ConflictError = UserError & {
  __typename?: 'ConflictError';
  /** Whether the change was made all the same: then what stands there now is not what you asked for, nothing may be delivered for it, and `message` says what to do. False when nothing was changed. */
  applied: Scalars['Boolean']['output'];
  /** What went wrong, for programs. */
  code: ErrorCode;
  /** What went wrong and what to do, for people. */
  message: Scalars['String']['output'];
  /** The payment that stands in the way, when it is one and it is yours to see. */
  payment?: Maybe<Payment>;
  /** What stands in the way. */
  reason: ConflictReason;
  /** The provider's own code for it, when it gave one. */
  upstreamCode?: Maybe<Scalars['String']['output']>;
  /** What the provider says about it for people: one line of at most 300 characters, without secrets. Only for those whose own credential or operator key made the call; null for everybody else, and when it said nothing. */
  upstreamDetails?: Maybe<Scalars['String']['output']>;
};

/** What stands in the way of a change. */
export type ConflictReason =
  /** The payment was cancelled. */
  | 'CANCELLED'
  /** The object was changed since you read it. */
  | 'CHANGED_MEANWHILE'
  /** The payment was completed by another transaction than the one named. */
  | 'COMPLETED_BY_ANOTHER_TRANSACTION'
  /** The same is there already, or was done before. */
  | 'DUPLICATE'
  /** There is a transaction for the payment: it cannot be cancelled, and not be completed by another one. */
  | 'HAS_TRANSACTION'
  /** The object is not what `expected` (or this idempotency key) says; nothing was sent, unless `applied` is true. */
  | 'NOT_AS_EXPECTED'
  /** The payment is on another network than this gateway is for (PI_NETWORK). Of createPayment: earlier payments of this API key were, and nothing was sent; with `applied` the payout was opened there all the same. */
  | 'OTHER_NETWORK'
  /** Another payout of the app is open: complete or cancel that one first, then ask with a new idempotency key. */
  | 'PAYOUT_OPEN'
  /** The provider refuses; `upstreamCode` says why, when it gave a reason. */
  | 'REFUSED_UPSTREAM'
  /** The payment goes from the app to the user, where one from the user is wanted. */
  | 'WRONG_DIRECTION';

/** A template to be made. */
export type CreateBadgeTemplateInput = {
  /** What earns it; empty when omitted. */
  criteria?: InputMaybe<Scalars['String']['input']>;
  /** What it is for; empty when omitted. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** Its picture: an https or ipfs URL. An ipfs or gateway URL of pinned content makes `imagePins` work. */
  imageUrl: Scalars['String']['input'];
  /** Its name, at most 500 bytes. */
  name: Scalars['String']['input'];
  /** A plain number, 0 or more: the provider documents no unit. 0 when omitted. */
  price?: InputMaybe<Scalars['Decimal']['input']>;
  /** What its badges are about; not UNKNOWN. */
  type: BadgeType;
  /** Days that a badge of it is good for; 0 = badges of it do not expire. 0 when omitted. */
  validityPeriodDays?: InputMaybe<Scalars['Int']['input']>;
};

/** The template that was made. */
export type CreateBadgeTemplatePayload = {
  __typename?: 'CreateBadgeTemplatePayload';
  /** The new template. */
  badgeTemplate: BadgeTemplate;
};

/** What createBadgeTemplate answers: the payload, or a refusal that the caller can act on. */
export type CreateBadgeTemplateResult = ConflictError | CreateBadgeTemplatePayload | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** A holder to be made. */
export type CreateHolderInput = {
  /** Decentralised identifier, such as did:ethr:0x…. */
  did: Scalars['String']['input'];
  /** E-mail address. */
  email: Scalars['String']['input'];
  /** Your own id of the person, such as a Pi uid: 1 to 128 printable characters without spaces. */
  externalId: Scalars['String']['input'];
  /** A note, at most 4,096 bytes; cannot be changed later. */
  memo?: InputMaybe<Scalars['String']['input']>;
  /** The person's name, at most 500 bytes. */
  name: Scalars['String']['input'];
  /** Phone number, at most 64 bytes. */
  phone: Scalars['String']['input'];
};

/** The holder who was made. */
export type CreateHolderPayload = {
  __typename?: 'CreateHolderPayload';
  /** The new holder. */
  holder: Holder;
};

/** What createHolder answers: the payload, or a refusal that the caller can act on. */
export type CreateHolderResult = ConflictError | CreateHolderPayload | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** A payout from the app to a user. */
export type CreatePaymentInput = {
  /** In Pi: above 0, at most 7 decimal places. */
  amount: Scalars['Decimal']['input'];
  /** Your name for this very payout, 1 to 255 printable characters. For 30 days (WRITE_RECORD_DAYS) it stands for one payout: sent again with the same input it opens no second one. As long as its end is not known (an error with a code, OutcomeUnknownError, a crash) ask with the same key, and no other. Pi's refusal in its own words is the end of the key: nothing was opened under it, it is told again, and a new key is right once the cause is gone. */
  idempotencyKey: Scalars['String']['input'];
  /** What the user is shown; at most 1,024 bytes. */
  memo: Scalars['String']['input'];
  /** Your own data; {} when omitted. */
  metadata?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Who is paid: a uid of this app. */
  userUid: Scalars['ID']['input'];
};

/** The payment was opened; nobody is paid yet. The app's wallet has to sign and submit a Stellar transaction to `toAddress` whose text memo is the `paymentId`; completePayment with its hash then closes it. */
export type CreatePaymentPayload = {
  __typename?: 'CreatePaymentPayload';
  /** The payment as it is now. */
  payment?: Maybe<Payment>;
};

/** What createPayment answers: the payload, or a refusal that the caller can act on. */
export type CreatePaymentResult = ConflictError | CreatePaymentPayload | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** Which template to delete. */
export type DeleteBadgeTemplateInput = {
  /** The provider's own id of the template. */
  templateId: Scalars['ID']['input'];
};

/** The template that was deleted. */
export type DeleteBadgeTemplatePayload = {
  __typename?: 'DeleteBadgeTemplatePayload';
  /** The template as it is now, where the provider has only switched it off: write that to a cache. Null when it is gone. One call more. */
  badgeTemplate?: Maybe<BadgeTemplate>;
  /** The global id of it, for caches. */
  deletedId: Scalars['ID']['output'];
  /** The provider's own id that is gone, or switched off. */
  deletedTemplateId: Scalars['ID']['output'];
};

/** What deleteBadgeTemplate answers: the payload, or a refusal that the caller can act on. */
export type DeleteBadgeTemplateResult = ConflictError | DeleteBadgeTemplatePayload | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** Which holder to delete. */
export type DeleteHolderInput = {
  /** The provider's own id of the holder. */
  holderId: Scalars['ID']['input'];
};

/** The holder who was deleted. */
export type DeleteHolderPayload = {
  __typename?: 'DeleteHolderPayload';
  /** The provider's own id that is gone. */
  deletedHolderId: Scalars['ID']['output'];
  /** The global id that is gone, for caches. */
  deletedId: Scalars['ID']['output'];
};

/** What deleteHolder answers: the payload, or a refusal that the caller can act on. */
export type DeleteHolderResult = ConflictError | DeleteHolderPayload | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError;

/** What went wrong, in the words that clients branch on. The same names stand in `errors[].extensions.code`. */
export type ErrorCode =
  /** Who you are could not be checked right now. */
  | 'AUTH_PROVIDER_UNAVAILABLE'
  /** An argument cannot be used; the message names it. */
  | 'BAD_USER_INPUT'
  /** Calls to the failing provider are paused for a few seconds. */
  | 'CIRCUIT_OPEN'
  /** The state of the object does not allow this. */
  | 'CONFLICT'
  /** The provider no longer knows this cursor; start from the first page. */
  | 'CURSOR_EXPIRED'
  /** The credential lacks the right. */
  | 'FORBIDDEN'
  /** The document is not GraphQL. */
  | 'GRAPHQL_PARSE_FAILED'
  /** The document does not fit the schema. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** The write with this idempotency key is still under way. */
  | 'IDEMPOTENCY_IN_PROGRESS'
  /** This idempotency key was used with another input. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** You hold as many idempotency keys as one caller may; they are freed as they grow old. Nothing was sent. */
  | 'IDEMPOTENCY_QUOTA_EXCEEDED'
  /** Idempotency keys cannot be kept right now; nothing was sent. */
  | 'IDEMPOTENCY_STORE_UNAVAILABLE'
  /** The account at the provider cannot pay for this. */
  | 'INSUFFICIENT_FUNDS'
  /** Something went wrong on our side. */
  | 'INTERNAL_SERVER_ERROR'
  /** A bounded search ended before the answer was known. */
  | 'LOOKUP_LIMIT'
  /** There is no such object. */
  | 'NOT_FOUND'
  /** The change may or may not have happened; send it again with the same idempotency key only. */
  | 'OUTCOME_UNKNOWN'
  /** Too much is under way here; try again in a moment. */
  | 'OVERLOADED'
  /** No document is known by this hash (status 200) or id (400); send the text with the hash, or ask for it to be listed. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** The provider is switched off here, or has no credential of its own. */
  | 'PROVIDER_DISABLED'
  /** The provider asks for a slower pace; `retryAfterMs` says for how long, when it said so. */
  | 'RATE_LIMITED'
  /** The watch cannot go on here; subscribe again. */
  | 'SUBSCRIPTION_INTERRUPTED'
  /** Too many open subscriptions. */
  | 'SUBSCRIPTION_LIMIT'
  /** You have used up your share of this gateway; see `retryAfterMs`. */
  | 'TOO_MANY_REQUESTS'
  /** No usable credential came with the request. */
  | 'UNAUTHENTICATED'
  /** The provider refused the credential of this gateway. */
  | 'UPSTREAM_AUTH_FAILED'
  /** The provider sent an answer that cannot be used; see `reason`. */
  | 'UPSTREAM_INVALID_RESPONSE'
  /** The provider did not answer in time. */
  | 'UPSTREAM_TIMEOUT'
  /** The provider cannot be reached or is failing. */
  | 'UPSTREAM_UNAVAILABLE';

/** What your order says of the payment. Each field that is given is compared before anything is sent; a difference is a ConflictError with the reason NOT_AS_EXPECTED. What Pi answers is compared as well: a difference there is the same error with `applied: true`, since the payment was approved or completed; deliver nothing for it, and read the payment. */
export type ExpectedPayment = {
  /** The exact amount in Pi. */
  amount?: InputMaybe<Scalars['Decimal']['input']>;
  /** The exact memo. */
  memo?: InputMaybe<Scalars['String']['input']>;
  /** Each top-level key that is given must be there and be deeply equal; others may be there too. What is no object must be equal as a whole. */
  metadata?: InputMaybe<Scalars['JSON']['input']>;
  /** The uid of the user who pays or is paid. */
  userUid?: InputMaybe<Scalars['ID']['input']>;
};

/** How the instance that answers is doing. */
export type Gateway = {
  __typename?: 'Gateway';
  /** What changed within the last hour, newest first, at most 200. */
  changes: Array<GatewayChange>;
  /** Subscriptions that watch them. */
  pollSubscribers: Scalars['Int']['output'];
  /** Objects of upstreams that are watched, however many watch each. */
  polled: Scalars['Int']['output'];
  /** What money rests on. */
  state: GatewayState;
  /** Subscriptions that are open. */
  streams: Scalars['Int']['output'];
  /** The version that runs. */
  version: Scalars['String']['output'];
};

/** Something that changed about this instance. */
export type GatewayChange = {
  __typename?: 'GatewayChange';
  /** When. */
  at: Scalars['DateTime']['output'];
  /** What. */
  event: GatewayEvent;
  /** The provider that it is about; null when it is about the instance itself. */
  provider?: Maybe<Scalars['String']['output']>;
};

/** What can change about an instance. */
export type GatewayEvent =
  /** A provider is well again: calls go through. */
  | 'CIRCUIT_CLOSED'
  /** A provider has been failing: calls to it are refused for a few seconds. */
  | 'CIRCUIT_OPENED'
  /** The last calls to a provider failed, or it refused this gateway's credential. */
  | 'PROVIDER_FAILING'
  /** A provider that was failing answered again. */
  | 'PROVIDER_RECOVERED'
  /** The instance started. */
  | 'STARTED'
  /** The clock was set right, or an operator accepted it. */
  | 'STATE_CLOCK_BELIEVED'
  /** This machine's clock does not fit the date of its last work. */
  | 'STATE_CLOCK_DOUBTED'
  /** The state lost what it had been given. */
  | 'STATE_EMPTIED'
  /** The state throws entries out when it is full. */
  | 'STATE_EVICTS'
  /** The state belongs to a deployment with another secret. */
  | 'STATE_FOREIGN'
  /** An operator accepted that the state lost something. */
  | 'STATE_LOSS_ACCEPTED'
  /** The state cannot be reached any more. */
  | 'STATE_LOST'
  /** The state can be reached, for the first time or again. */
  | 'STATE_REACHED'
  /** The state does not tell whether it throws entries out. */
  | 'STATE_UNSEEN';

/** What idempotency keys, caps and quarantines rest on. */
export type GatewayState = {
  __typename?: 'GatewayState';
  /** Whether it can be reached. */
  availability: StateAvailability;
  /** Why payouts and badges are refused although it can be reached; null when they are not. */
  doubt?: Maybe<StateDoubt>;
  /** Where it lies. */
  kind: StateKind;
};

/** A unit of hash rates. The default is the same everywhere, although the pool counts itself and its miners differently. */
export type HashRateUnit =
  /** 10^9 hashes per second. */
  | 'GH_PER_S'
  /** Hashes per second. */
  | 'H_PER_S'
  /** 10^3 hashes per second. */
  | 'KH_PER_S'
  /** 10^6 hashes per second. */
  | 'MH_PER_S'
  /** 10^15 hashes per second. */
  | 'PH_PER_S'
  /** 10^12 hashes per second. */
  | 'TH_PER_S';

/** A person who can hold badges. */
export type Holder = Node & {
  __typename?: 'Holder';
  /** Decentralised identifier. Personal: for operators with `mypit:pii` and callers with a MyPit credential of their own; null with an error at this path for others. */
  did?: Maybe<Scalars['String']['output']>;
  /** E-mail address. Personal: for operators with `mypit:pii`, callers with a MyPit credential of their own, and the user whose own it is; null with an error at this path for others. */
  email?: Maybe<Scalars['String']['output']>;
  /** Your own id of the person, such as a Pi uid; null when the provider does not show it. */
  externalId?: Maybe<Scalars['ID']['output']>;
  /** The provider's own id of the holder, used everywhere. */
  holderId: Scalars['ID']['output'];
  /** Global id: opaque, the same on every instance, and good for `node`. */
  id: Scalars['ID']['output'];
  /** Decentralised identifier of the issuer who made the holder. */
  issuerDid?: Maybe<Scalars['String']['output']>;
  /** A note of the issuer; cannot be changed. */
  memo?: Maybe<Scalars['String']['output']>;
  /** The holder's name. */
  name?: Maybe<Scalars['String']['output']>;
  /** The provider's user who owns the record. */
  ownerId: Scalars['ID']['output'];
  /** Phone number. Personal: for operators with `mypit:pii`, callers with a MyPit credential of their own, and the user whose own it is; null with an error at this path for others. */
  phone?: Maybe<Scalars['String']['output']>;
};

/** A page of holders, in the provider's order. */
export type HolderConnection = {
  __typename?: 'HolderConnection';
  /** The rows of this page. */
  edges: Array<HolderEdge>;
  /** The objects of the rows; null where one could not be read. */
  nodes: Array<Maybe<Holder>>;
  /** Where this page lies in the listing. Asking for it may cost one more call, to see whether another row exists. */
  pageInfo: PageInfo;
};

/** One row of a listing of holders. */
export type HolderEdge = {
  __typename?: 'HolderEdge';
  /** This row's place, for `after`. Good only for the same listing and credential, and not for long: the provider may forget it (CURSOR_EXPIRED). */
  cursor: Scalars['String']['output'];
  /** The object; null, with an error at this path, when the provider's row could not be read. */
  node?: Maybe<Holder>;
};

/** One thing wrong with the input. */
export type InputIssue = {
  __typename?: 'InputIssue';
  /** What is wrong there. */
  message: Scalars['String']['output'];
  /** Where: argument names and list positions, from the outside in, such as `input`, `meta`, `colour`. */
  path: Array<Scalars['String']['output']>;
};

/** The account at the provider cannot pay for this. */
export type InsufficientFundsError = UserError & {
  __typename?: 'InsufficientFundsError';
  /** What went wrong, for programs. */
  code: ErrorCode;
  /** What went wrong and what to do, for people. */
  message: Scalars['String']['output'];
  /** The provider's own code for it, when it gave one. */
  upstreamCode?: Maybe<Scalars['String']['output']>;
  /** What the provider says about it for people: one line of at most 300 characters, without secrets. Only for those whose own credential or operator key made the call; null for everybody else, and when it said nothing. */
  upstreamDetails?: Maybe<Scalars['String']['output']>;
};

/** The input cannot be used; nothing was sent to the provider, or the provider refused it. */
export type InvalidInputError = UserError & {
  __typename?: 'InvalidInputError';
  /** What went wrong, for programs. */
  code: ErrorCode;
  /** Every fault found; empty when the provider did not say which. */
  issues: Array<InputIssue>;
  /** What went wrong and what to do, for people. */
  message: Scalars['String']['output'];
  /** The provider's own code for it, when it gave one. */
  upstreamCode?: Maybe<Scalars['String']['output']>;
  /** What the provider says about it for people: one line of at most 300 characters, without secrets. Only for those whose own credential or operator key made the call; null for everybody else, and when it said nothing. */
  upstreamDetails?: Maybe<Scalars['String']['output']>;
};

/** Badges to be issued after one template. */
export type IssueBadgeInput = {
  /** Your own data, kept with each badge; {} when omitted. The key `gw_idem` is reserved. */
  data?: InputMaybe<Scalars['JSONObject']['input']>;
  /** Your name for this very issuing, 1 to 255 printable characters: sent again with the same input it answers the first result, or refusal, and issues nothing; rows that were UNKNOWN are looked for once more. To try failed recipients again, send them with a new key. */
  idempotencyKey: Scalars['String']['input'];
  /** Holders, 1 to 1,000, by either of their ids. An id that is named twice gets one badge; a holder who is named by both of their ids gets two: name everybody in one way. */
  recipientIds: Array<Scalars['ID']['input']>;
  /** The template; it must be active. */
  templateId: Scalars['ID']['input'];
  /** The template's type; another one is refused. May be omitted. */
  type?: InputMaybe<BadgeType>;
  /** Days that the badges are good for, 0 = they do not expire; the template's own when omitted. */
  validityPeriodDays?: InputMaybe<Scalars['Int']['input']>;
};

/** What became of an issuing. */
export type IssueBadgePayload = {
  __typename?: 'IssueBadgePayload';
  /** One row per distinct recipient, in the order in which they were named. */
  results: Array<IssueBadgeRow>;
  /** One word for all rows. */
  status: IssueStatus;
};

/** What issueBadge answers: the payload, or a refusal that the caller can act on. */
export type IssueBadgeResult = ConflictError | InsufficientFundsError | InvalidInputError | IssueBadgePayload | NotFoundError | OutcomeUnknownError;

/** What became of one recipient's badge. */
export type IssueBadgeRow = {
  __typename?: 'IssueBadgeRow';
  /** The badge; null when it was not issued, or could not be found in the provider's list. */
  badgeId?: Maybe<Scalars['ID']['output']>;
  /** Why not, for people; null when it was issued. */
  message?: Maybe<Scalars['String']['output']>;
  /** Whether they have their badge. */
  outcome: IssueOutcome;
  /** The holder. */
  recipientId: Scalars['ID']['output'];
};

/** What became of one badge. */
export type IssueOutcome =
  /** It was not issued. */
  | 'FAILED'
  /** The recipient has it. */
  | 'ISSUED'
  /** It may or may not have been issued: look before you send it again. */
  | 'UNKNOWN';

/** What became of all badges of one issuing. */
export type IssueStatus =
  /** Nobody has it. */
  | 'FAILED'
  /** Some have it; see the rows for the others. */
  | 'PARTIAL'
  /** Every recipient has their badge. */
  | 'SUCCESS'
  /** Nobody is known to have it, and of some it is not known. */
  | 'UNKNOWN';

/** A badge that somebody was given. */
export type IssuedBadge = Node & {
  __typename?: 'IssuedBadge';
  /** The provider's own id of the badge. */
  badgeId: Scalars['ID']['output'];
  /** The issuer's own data, of any shape; null when the provider does not show it. */
  data?: Maybe<Scalars['JSON']['output']>;
  /** When it ends; null when it does not. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** Global id: opaque, and good for `node`, which searches at most 2,000 badges and answers LOOKUP_LIMIT when there are more. */
  id: Scalars['ID']['output'];
  /** When it was issued. */
  issuedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The provider's user who issued it. */
  issuerId: Scalars['ID']['output'];
  /** Who holds it; null when the holder is gone. Read together for many badges. */
  recipient?: Maybe<Holder>;
  /** The holder's id: the provider's own, or the one that you gave the holder. */
  recipientId: Scalars['ID']['output'];
  /** How it stands at the moment of reading. */
  state: BadgeState;
  /** The provider's own words for that. */
  status?: Maybe<Scalars['String']['output']>;
  /** What it was issued after; null when that is gone. Read together for many badges. */
  template?: Maybe<BadgeTemplate>;
  /** The template's id. */
  templateId: Scalars['ID']['output'];
  /** What it is about. */
  type: BadgeType;
};

/** A page of issued badges, in the provider's order, which need not be the order of time. */
export type IssuedBadgeConnection = {
  __typename?: 'IssuedBadgeConnection';
  /** The rows of this page. */
  edges: Array<IssuedBadgeEdge>;
  /** The objects of the rows; null where one could not be read. */
  nodes: Array<Maybe<IssuedBadge>>;
  /** Where this page lies in the listing. Asking for it may cost one more call, to see whether another row exists. */
  pageInfo: PageInfo;
};

/** One row of a listing of issued badges. */
export type IssuedBadgeEdge = {
  __typename?: 'IssuedBadgeEdge';
  /** This row's place, for `after`. Good only for the same listing and credential, and not for long: the provider may forget it (CURSOR_EXPIRED). */
  cursor: Scalars['String']['output'];
  /** The object; null, with an error at this path, when the provider's row could not be read. */
  node?: Maybe<IssuedBadge>;
};

/** Which issued badges to list. The provider cannot filter: the gateway does. */
export type IssuedBadgeFilter = {
  /** Issued to this holder, by the provider's id or by your own. */
  recipientId?: InputMaybe<Scalars['ID']['input']>;
  /** Standing so at the moment of reading. */
  state?: InputMaybe<BadgeState>;
  /** Issued after this template. */
  templateId?: InputMaybe<Scalars['ID']['input']>;
};

/** A successful transaction on Pi's ledger that carries a payment's id as text memo and moves Pi. Anybody can send one: only `matches` makes it the payment's. */
export type LedgerTransaction = {
  __typename?: 'LedgerTransaction';
  /** In Pi, every digit kept. */
  amount: Scalars['Decimal']['output'];
  /** When the ledger took it in. */
  createdAt: Scalars['DateTime']['output'];
  /** The wallet that paid. */
  from: Scalars['String']['output'];
  /** Whether it is the payment's transaction: destination and amount agree, and no other with this memo agrees as well. */
  matches: Scalars['Boolean']['output'];
  /** Its text memo. */
  memo: Scalars['String']['output'];
  /** The wallet that was paid. */
  to: Scalars['String']['output'];
  /** Its hash: 64 hexadecimal digits. */
  txid: Scalars['ID']['output'];
};

/** What the ad mediator says of a shown ad. */
export type MediatorAckStatus =
  /** No reward. */
  | 'FAILED'
  /** The reward is due. */
  | 'GRANTED'
  /** Granted once and taken back. */
  | 'REVOKED'
  /** A word that this gateway does not know: no reward. */
  | 'UNKNOWN';

/** An account at the mining pool. */
export type Miner = {
  __typename?: 'Miner';
  /** Machines at work. */
  activeWorkers: Scalars['Int']['output'];
  /** The pool's own clock when it answered; may be a minute ago. */
  asOf: Scalars['DateTime']['output'];
  /** Coins held, by chain, or only of the chain asked for. Coins of two chains do not add up. */
  balances: Array<Balance>;
  /** The hash rate of all its machines, in the unit asked for. */
  hashRate: Scalars['Float']['output'];
  /** Names it among all objects, for caches: opaque, the same on every instance. `node` does not find it. */
  id: Scalars['ID']['output'];
  /** Name of the account, as the pool spells it. */
  name: Scalars['String']['output'];
  /** When the running round of each chain began. */
  roundStarts: Array<RoundStart>;
  /** Its part in the running shift; null when the pool shows none. */
  shift?: Maybe<MinerShift>;
  /** Its machines. */
  workers: Array<MinerWorker>;
};


/** An account at the mining pool. */
export type MinerBalancesArgs = {
  chain?: InputMaybe<Scalars['String']['input']>;
};


/** An account at the mining pool. */
export type MinerHashRateArgs = {
  unit?: HashRateUnit;
};

/** An account's part in the running shift: userScore of totalScore. */
export type MinerShift = {
  __typename?: 'MinerShift';
  /** The account's accepted proofs of work. */
  accepted: Scalars['BigInt']['output'];
  /** The account's rejected proofs of work. */
  rejected: Scalars['BigInt']['output'];
  /** When the shift began. */
  startedAt: Scalars['DateTime']['output'];
  /** The whole pool's score so far; 0 right after the start. */
  totalScore: Scalars['Float']['output'];
  /** The account's score so far. */
  userScore: Scalars['Float']['output'];
};

/** What one machine did on one chain. */
export type MinerWork = {
  __typename?: 'MinerWork';
  /** The chain's short name, such as BTC. */
  chain: Scalars['String']['output'];
  /** Accepted up to the last reset of the counters; 0 without one. */
  checkpointAccepted: Scalars['BigInt']['output'];
  /** Rejected up to the last reset of the counters; 0 without one. */
  checkpointRejected: Scalars['BigInt']['output'];
  /** Accepted since the owner last reset the counters. */
  sinceResetAccepted: Scalars['BigInt']['output'];
  /** Rejected since the owner last reset the counters. */
  sinceResetRejected: Scalars['BigInt']['output'];
  /** Accepted proofs of work, ever. */
  totalAccepted: Scalars['BigInt']['output'];
  /** Rejected proofs of work, ever. */
  totalRejected: Scalars['BigInt']['output'];
};

/** One machine of an account. */
export type MinerWorker = {
  __typename?: 'MinerWorker';
  /** Whether it did work in the five minutes before the account's `asOf`. */
  alive: Scalars['Boolean']['output'];
  /** The hash rate of this machine, in the unit asked for. */
  hashRate: Scalars['Float']['output'];
  /** When it last did work; null when it never did. */
  lastWorkAt?: Maybe<Scalars['DateTime']['output']>;
  /** The owner's name for it. */
  name: Scalars['String']['output'];
  /** Its work by chain, or only on the chain asked for; a new machine has none. */
  work: Array<MinerWork>;
};


/** One machine of an account. */
export type MinerWorkerHashRateArgs = {
  unit?: HashRateUnit;
};


/** One machine of an account. */
export type MinerWorkerWorkArgs = {
  chain?: InputMaybe<Scalars['String']['input']>;
};

/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type Mutation = {
  __typename?: 'Mutation';
  /** Asks a service to keep content. Sent twice with one idempotency key it pins once; a lost answer is looked for before anything is said. Rights: operator pin:write, x-pinning-token. */
  addPin?: Maybe<AddPinResult>;
  /** Approves a user's payment so that they can sign it. Safe to repeat and to run in parallel: one approval is sent. Rights: operator pi:approve, Pi user (own). */
  approvePayment?: Maybe<ApprovePaymentResult>;
  /** Cancels a payment that has no transaction yet. An approved one, by the word of Pi or approved here, is looked for on the ledger first, and refused with HAS_TRANSACTION when that has a transaction for it, or with the error of the ledger when it cannot be asked or does not show that its history is whole, in order and up to now: try again. Without a ledger (PI_LEDGER_URL) the word of Pi decides, and Pi may show no transaction although the user has paid. Safe to repeat. Rights: operator pi:cancel, Pi user (own). */
  cancelPayment?: Maybe<CancelPaymentResult>;
  /** Completes a payment by its transaction. Success means that Pi itself says so; anything else is an error. Safe to repeat. Rights: operator pi:complete, Pi user (own). */
  completePayment?: Maybe<CompletePaymentResult>;
  /** Makes a template. The provider has no keys against doubles: sent twice it makes two. A lost answer is looked for before anything is said. Three calls, and one more for each further hundred templates. Rights: operator mypit:write, MyPit pair. */
  createBadgeTemplate?: Maybe<CreateBadgeTemplateResult>;
  /** Makes a holder. A lost answer is looked for by external id and DID before anything is said. Two calls. Rights: operator mypit:write, MyPit pair. */
  createHolder?: Maybe<CreateHolderResult>;
  /** Opens a payment from the app to a user, within the caps per call and day. It moves nothing by itself: the app signs and submits the transaction (memo = `paymentId`), then calls completePayment. One payout per idempotency key for 30 days (WRITE_RECORD_DAYS): it is never sent twice for one key, also not after Pi refused it, as with PAYOUT_OPEN, whose key is told so again: the message says so. A refusal that is not in Pi's own words proves nothing: UPSTREAM_AUTH_FAILED and RATE_LIMITED then say `outcome: unknown`. When its end stays unknown, the key looks for it, also after it was completed through this gateway; a payout that can be found nowhere is begun anew only under a new key, or when an operator frees this one (resolveOpenWrite). With PI_NETWORK set, a payout that Pi opens on the other network is no success but OTHER_NETWORK with `applied: true`, and counts for the day; once a payment has shown that the API key is the other network's, nothing is sent. The memo is Pi's to change, and a payment may be cancelled at once: `payment` shows both, so look at its `memo` and `state` before you sign. Rights: operator pi:payout. */
  createPayment?: Maybe<CreatePaymentResult>;
  /** Deletes a template; the provider may switch it off instead, which `badgeTemplate` of the payload tells. Badges that were issued stay. One call. Rights: operator mypit:delete, MyPit pair. */
  deleteBadgeTemplate?: Maybe<DeleteBadgeTemplateResult>;
  /** Deletes a holder. One call. Rights: operator mypit:delete, MyPit pair. */
  deleteHolder?: Maybe<DeleteHolderResult>;
  /** Issues a badge to each recipient, in batches of ten. Once per key and recipient, whatever happens on the way: a batch that fails or whose answer is lost does not stop the others, and is never sent again; lost answers, and refusals that are not in the provider's own words, are looked for in its list: UPSTREAM_AUTH_FAILED and RATE_LIMITED say `outcome: unknown` where nothing is found. A call for the template, one for each ten recipients, and one or more to look. Rights: operator mypit:issue, MyPit pair. */
  issueBadge?: Maybe<IssueBadgeResult>;
  /** Removes a pin, whatever its status. Sending it again is safe. Rights: operator pin:write, x-pinning-token. */
  removePin?: Maybe<RemovePinResult>;
  /** Replaces a pin by another in one step, so that blocks common to both are not fetched again. The request id changes. Rights: operator pin:write, x-pinning-token. */
  replacePin?: Maybe<ReplacePinResult>;
  /** Closes or frees an idempotency key whose write ended unknown, by the word of people who have looked at the provider. It is logged with the name of the operator. A wrong `applied: false` can pay twice. A freed key stays free until it has sent, and tells nothing any more of what it had sent before: while a payout of before shows and is not cancelled, it sends nothing and answers CONFLICT (DUPLICATE). NotFoundError when no such write is open. Rights: operator ops:write. */
  resolveOpenWrite?: Maybe<ResolveOpenWriteResult>;
  /** Brings an unfinished payment to its right end. Completes it when Pi has verified its transaction or the ledger has exactly one that matches; cancels it when Pi shows none and it was never approved, or it is older than 10 minutes, was not approved here in the last 10 minutes, and the ledger, answered whole, knows none; leaves it alone in all other cases, also when the ledger then fails, or does not show that its history is in order and up to now: `why` says so. Safe to repeat: COMPLETED is answered once, and once Pi shows the transaction as verified. Rights: operator pi:complete + pi:cancel. */
  settlePayment?: Maybe<SettlePaymentResult>;
  /** Changes a template. The provider replaces it whole: what is not given is read first and sent again. Safe to repeat. Three calls. Rights: operator mypit:write, MyPit pair. */
  updateBadgeTemplate?: Maybe<UpdateBadgeTemplateResult>;
  /** Changes a holder's name, e-mail address or phone number. The provider wants all three: what is not given is read first and sent again. Safe to repeat. Two calls. Rights: operator mypit:write, MyPit pair. */
  updateHolder?: Maybe<UpdateHolderResult>;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationAddPinArgs = {
  input: AddPinInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationApprovePaymentArgs = {
  input: ApprovePaymentInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationCancelPaymentArgs = {
  input: CancelPaymentInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationCompletePaymentArgs = {
  input: CompletePaymentInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationCreateBadgeTemplateArgs = {
  input: CreateBadgeTemplateInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationCreateHolderArgs = {
  input: CreateHolderInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationCreatePaymentArgs = {
  input: CreatePaymentInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationDeleteBadgeTemplateArgs = {
  input: DeleteBadgeTemplateInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationDeleteHolderArgs = {
  input: DeleteHolderInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationIssueBadgeArgs = {
  input: IssueBadgeInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationRemovePinArgs = {
  input: RemovePinInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationReplacePinArgs = {
  input: ReplacePinInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationResolveOpenWriteArgs = {
  input: ResolveOpenWriteInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationSettlePaymentArgs = {
  input: SettlePaymentInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationUpdateBadgeTemplateArgs = {
  input: UpdateBadgeTemplateInput;
};


/** Everything that can be changed. Each field takes one `input` and answers a union: the payload, or what the caller can mend. */
export type MutationUpdateHolderArgs = {
  input: UpdateHolderInput;
};

/** An object that can be fetched again by its global id. */
export type Node = {
  /** Global id: opaque, the same on every instance, and good for `node`. */
  id: Scalars['ID']['output'];
};

/** The object does not exist, or is not yours. */
export type NotFoundError = UserError & {
  __typename?: 'NotFoundError';
  /** What went wrong, for programs. */
  code: ErrorCode;
  /** What went wrong and what to do, for people. */
  message: Scalars['String']['output'];
  /** The provider's own code for it, when it gave one. */
  upstreamCode?: Maybe<Scalars['String']['output']>;
  /** What the provider says about it for people: one line of at most 300 characters, without secrets. Only for those whose own credential or operator key made the call; null for everybody else, and when it said nothing. */
  upstreamDetails?: Maybe<Scalars['String']['output']>;
};

/** A write that this deployment began and has not found out the end of. Its input and its idempotency key are not shown: the caller knows them. */
export type OpenWrite = {
  __typename?: 'OpenWrite';
  /** How its last request ended, in words of this gateway; null when it is not known to have ended. */
  lastFault?: Maybe<Scalars['String']['output']>;
  /** The provider's id of what may be its effect, when an answer showed one. */
  objectId?: Maybe<Scalars['ID']['output']>;
  /** The mutation. */
  operation: Scalars['String']['output'];
  /** As in `extensions.provider`. */
  provider: Scalars['String']['output'];
  /** When a request of it last went out; null before that. */
  sentAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was begun. */
  startedAt: Scalars['DateTime']['output'];
  /** How far it came. */
  state: OpenWriteState;
};

/** A page of open writes, oldest first. */
export type OpenWriteConnection = {
  __typename?: 'OpenWriteConnection';
  /** The rows of this page. */
  edges: Array<OpenWriteEdge>;
  /** The open writes of the rows. */
  nodes: Array<Maybe<OpenWrite>>;
  /** Where this page lies in the listing. */
  pageInfo: PageInfo;
};

/** One row of the list of open writes. */
export type OpenWriteEdge = {
  __typename?: 'OpenWriteEdge';
  /** This row's place, for `after`. Good only for this listing. */
  cursor: Scalars['String']['output'];
  /** The open write. */
  node?: Maybe<OpenWrite>;
};

/** How far a write came whose end is open. */
export type OpenWriteState =
  /** About to be sent; nothing has left yet, as far as is written down. */
  | 'INTENT'
  /** Sent, or about to be: it runs, or its process is gone. */
  | 'SENT'
  /** Sent, and its answer was lost or made no sense. */
  | 'UNKNOWN';

/** An operator key: a trusted server, or a person who looks after this deployment. */
export type Operator = {
  __typename?: 'Operator';
  /** Its name in GATEWAY_KEYS, as in the log. */
  name: Scalars['String']['output'];
  /** What it may do, such as `pi:read`: the names that fields give their rights by. */
  scopes: Array<Scalars['String']['output']>;
};

/** The change may or may not have happened. Only sending it again with the same idempotency key is safe; a change that takes none is read before it is sent, and safe to ask for again. */
export type OutcomeUnknownError = UserError & {
  __typename?: 'OutcomeUnknownError';
  /** The provider's own ids of the objects that this change may have made, as their `templateId`: new ones that are like the one asked for, when it cannot be told which of them it is, or whether any. Empty when none was found, and for changes that are found again by a mark of their own. */
  candidates: Array<Scalars['ID']['output']>;
  /** What went wrong, for programs. */
  code: ErrorCode;
  /** The key to send again with; null when this change needs none. */
  idempotencyKey?: Maybe<Scalars['String']['output']>;
  /** What went wrong and what to do, for people. */
  message: Scalars['String']['output'];
  /** The provider's own code for it, when it gave one. */
  upstreamCode?: Maybe<Scalars['String']['output']>;
  /** What the provider says about it for people: one line of at most 300 characters, without secrets. Only for those whose own credential or operator key made the call; null for everybody else, and when it said nothing. */
  upstreamDetails?: Maybe<Scalars['String']['output']>;
};

/** Where a page lies in its listing. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** Cursor of the last edge; null on an empty page. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** Whether more lies behind this page. */
  hasNextPage: Scalars['Boolean']['output'];
  /** Whether something lies before this page. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first edge; null on an empty page. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** A payment between one user and the app. */
export type Payment = Node & {
  __typename?: 'Payment';
  /** In Pi, every digit kept. */
  amount: Scalars['Decimal']['output'];
  /** When it was made. */
  createdAt: Scalars['DateTime']['output'];
  /** Who pays whom. */
  direction?: Maybe<PaymentDirection>;
  /** The paying wallet; null while Pi does not say. */
  fromAddress?: Maybe<Scalars['String']['output']>;
  /** Global id: opaque, the same on every instance, and good for `node`. */
  id: Scalars['ID']['output'];
  /** What Pi's ledger knows of this payment, whatever Pi says in `transaction`: looked for in the app's wallet from a day before the payment on. Null when there is none with its id as memo, or Pi does not say which wallets take part; UPSTREAM_UNAVAILABLE where the ledger's history does not show that it reaches over all that time, up to now, and UPSTREAM_INVALID_RESPONSE where it is out of order. Without a match the newest that carries the memo, `matches: false`. LOOKUP_LIMIT when the wallet has more than ten pages of 200 since then. At most 32 calls, usually 3. */
  ledgerTransaction?: Maybe<LedgerTransaction>;
  /** What the user is shown. */
  memo: Scalars['String']['output'];
  /** The app's own data: an object nearly always; what else the app gave Pi is shown as it is. */
  metadata: Scalars['JSON']['output'];
  /** Real Pi or test Pi. */
  network?: Maybe<PiNetwork>;
  /** The network's passphrase, as Pi names it: what a transaction is signed for. Null when Pi does not say. */
  networkPassphrase?: Maybe<Scalars['String']['output']>;
  /** Pi's own id of the payment. */
  paymentId: Scalars['ID']['output'];
  /** How far it has come. */
  state: PaymentState;
  /** The flags behind `state`. */
  status: PaymentStatus;
  /** The paid wallet; null while Pi does not say. */
  toAddress?: Maybe<Scalars['String']['output']>;
  /** Its transaction; null while Pi knows of none, which does not prove that there is none. */
  transaction?: Maybe<PaymentTransaction>;
  /** The user, when it is the caller; null otherwise. Costs nothing beyond what checking the caller costs. */
  user?: Maybe<User>;
  /** The uid of the user who pays or is paid. */
  userUid: Scalars['ID']['output'];
};

/** Who pays whom. */
export type PaymentDirection =
  /** The app pays the user. */
  | 'APP_TO_USER'
  /** Pi did not say, or said something new. */
  | 'UNKNOWN'
  /** The user pays the app. */
  | 'USER_TO_APP';

/** How far a payment has come: one word for its flags. */
export type PaymentState =
  /** Approved by the app; no transaction is known yet. */
  | 'APPROVED'
  /** Cancelled by the user, the app or Pi; never deliver. */
  | 'CANCELLED'
  /** Completed by the app: the only state in which to deliver. */
  | 'COMPLETED'
  /** Made; the app has not approved it yet. */
  | 'CREATED'
  /** A transaction is linked; it is not verified yet. */
  | 'SUBMITTED'
  /** The transaction matches the payment; the app must complete it. */
  | 'VERIFIED';

/** The flags that Pi keeps of a payment. */
export type PaymentStatus = {
  __typename?: 'PaymentStatus';
  /** Cancelled by the app or by Pi. */
  cancelled: Scalars['Boolean']['output'];
  /** The app has approved it. */
  developerApproved: Scalars['Boolean']['output'];
  /** The app has completed it. */
  developerCompleted: Scalars['Boolean']['output'];
  /** Pi has found the transaction to match. */
  transactionVerified: Scalars['Boolean']['output'];
  /** Cancelled by the user. */
  userCancelled: Scalars['Boolean']['output'];
};

/** The transaction on the chain that a payment is linked to. */
export type PaymentTransaction = {
  __typename?: 'PaymentTransaction';
  /** Where the chain shows it; null when Pi does not say. */
  link?: Maybe<Scalars['String']['output']>;
  /** Its hash: 64 hexadecimal digits. */
  txid: Scalars['ID']['output'];
  /** Whether it matches the payment. */
  verified: Scalars['Boolean']['output'];
};

/** The chain that a payment is on. */
export type PiNetwork =
  /** Real Pi. */
  | 'MAINNET'
  /** Test Pi, without value. */
  | 'TESTNET'
  /** Pi did not say, or said something new. */
  | 'UNKNOWN';

/** A request to a pinning service to keep content, and how far it has got. */
export type Pin = Node & {
  __typename?: 'Pin';
  /** The content, pinned recursively; as the service spells it. */
  cid: Scalars['CID']['output'];
  /** When the request reached the service; never changes. */
  createdAt: Scalars['DateTime']['output'];
  /** Size of the content with its DAG, in bytes; null when the service does not say. */
  dagSize?: Maybe<Scalars['BigInt']['output']>;
  /** Multiaddrs of the service's peers that fetch the content. */
  delegates: Array<Scalars['String']['output']>;
  /** Global id: opaque, the same on every instance, and good for `node`. */
  id: Scalars['ID']['output'];
  /** What the service says beyond the standard, as it says it; a number that a double does not hold exactly is text. */
  info: Scalars['JSONObject']['output'];
  /** The caller's own key-value pairs; values are strings, unless the service shows something else. */
  meta: Scalars['JSONObject']['output'];
  /** A name for people; null when none was given. */
  name?: Maybe<Scalars['String']['output']>;
  /** Multiaddrs that were said to provide the content; services may forget them. */
  origins: Array<Scalars['String']['output']>;
  /** When a time-bound pin ends; null when it has no end or the service does not say. */
  pinnedUntil?: Maybe<Scalars['DateTime']['output']>;
  /** Size of the content alone, in bytes; null when the service does not say. */
  rawSize?: Maybe<Scalars['BigInt']['output']>;
  /** The service's own id of this request. Replacing a pin changes it. */
  requestId: Scalars['ID']['output'];
  /** The configured name of the pinning service. */
  service: Scalars['ID']['output'];
  /** How far it has got. */
  status: PinStatus;
  /** The service's words on the status, such as a place in its queue. */
  statusDetails?: Maybe<Scalars['String']['output']>;
};

/** A page of pins, newest first. */
export type PinConnection = {
  __typename?: 'PinConnection';
  /** The rows of this page. */
  edges: Array<PinEdge>;
  /** The pins of the rows; null where one could not be read. */
  nodes: Array<Maybe<Pin>>;
  /** Where this page lies in the listing. */
  pageInfo: PageInfo;
  /** How many pins match the filter, as the service counts; null when its count cannot be trusted. May cost one more call. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** One row of a listing of pins. */
export type PinEdge = {
  __typename?: 'PinEdge';
  /** This row's place, for `after` or `before`. Good only for the same listing, filter and credential. */
  cursor: Scalars['String']['output'];
  /** The pin; null, with an error at this path, when the service's row could not be read. */
  node?: Maybe<Pin>;
};

/** Which pins a listing holds; every given filter must match. */
export type PinFilter = {
  /** Any of these contents, at most 100; compared by codec and multihash, so v0 finds v1. */
  cids?: InputMaybe<Array<Scalars['CID']['input']>>;
  /** Created later than this. */
  createdAfter?: InputMaybe<Scalars['DateTime']['input']>;
  /** Created earlier than this. */
  createdBefore?: InputMaybe<Scalars['DateTime']['input']>;
  /** How `name` compares. */
  match?: InputMaybe<TextMatch>;
  /** Pins whose `meta` has all these keys with these values; values are strings. */
  meta?: InputMaybe<Scalars['JSONObject']['input']>;
  /** The name, compared as `match` says; at most 255 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** Any of these; all when omitted. REMOVED and UNKNOWN match nothing. */
  status?: InputMaybe<Array<PinStatus>>;
};

/** How far a pinning service has got with a pin. */
export type PinStatus =
  /** Given up by the service; `statusDetails` may say why. */
  | 'FAILED'
  /** Kept by the service. */
  | 'PINNED'
  /** Being fetched from the network. */
  | 'PINNING'
  /** Waiting; nothing is fetched yet. May last long for content that nobody provides. */
  | 'QUEUED'
  /** Gone from the service: only as the last event of a watched pin. */
  | 'REMOVED'
  /** A status that this gateway does not know. */
  | 'UNKNOWN';

/** News of one of many watched pins. */
export type PinUpdate = {
  __typename?: 'PinUpdate';
  /** The pin as it is now; null when there is none. */
  pin?: Maybe<Pin>;
  /** Its global id, by which caches know it, also once it is gone. */
  pinId: Scalars['ID']['output'];
  /** Which pin, by the id that was asked for. */
  requestId: Scalars['ID']['output'];
  /** How far it has got; REMOVED when there is none. */
  status: PinStatus;
};

/** A configured pinning service. */
export type PinningService = {
  __typename?: 'PinningService';
  /** What the argument `service` takes. */
  name: Scalars['String']['output'];
  /** Whether you could read pins there with the credentials you sent (they are not tried out). */
  usable: Scalars['Boolean']['output'];
};

/** A block that the pool found. */
export type PoolBlock = Node & {
  __typename?: 'PoolBlock';
  /** Accepted proofs of work of its round. */
  accepted: Scalars['BigInt']['output'];
  /** The pool's own id of the block, unique across chains. */
  blockId: Scalars['ID']['output'];
  /** The chain's short name, such as BTC. */
  chain: Scalars['String']['output'];
  /** Confirmations to go: 0 when confirmed, -1 when stale or orphaned, null while unknown. */
  confirmationsLeft?: Maybe<Scalars['Int']['output']>;
  /** The chain's difficulty at the time. */
  difficulty: Scalars['Float']['output'];
  /** How long its round took, in seconds. */
  durationSeconds: Scalars['Float']['output'];
  /** When it was found. */
  generatedAt: Scalars['DateTime']['output'];
  /** Name of the miner who found it; null when not shown. */
  generator?: Maybe<Scalars['String']['output']>;
  /** Hash of the block's header, hexadecimal. */
  hash: Scalars['String']['output'];
  /** Height in its chain. */
  height: Scalars['Int']['output'];
  /** Global id: opaque, and good for `node`, which looks through the newest thousand blocks. */
  id: Scalars['ID']['output'];
  /** Coins of its chain, subsidy and fees; null while unknown. Only CONFIRMED blocks are paid, and coins of two chains do not add up. */
  income?: Maybe<Scalars['Decimal']['output']>;
  /** Rejected proofs of work of its round. */
  rejected: Scalars['BigInt']['output'];
  /** How far it has come. */
  status: BlockStatus;
};

/** A page of blocks, newest first. */
export type PoolBlockConnection = {
  __typename?: 'PoolBlockConnection';
  /** The rows of this page. */
  edges: Array<PoolBlockEdge>;
  /** The blocks of the rows; null where one could not be read. */
  nodes: Array<Maybe<PoolBlock>>;
  /** Where this page lies in the listing. */
  pageInfo: PageInfo;
};

/** One row of a listing of blocks. */
export type PoolBlockEdge = {
  __typename?: 'PoolBlockEdge';
  /** This row's place, for `after`. Good only for the same listing and commodity. */
  cursor: Scalars['String']['output'];
  /** The block; null, with an error at this path, when the pool's row could not be read. */
  node?: Maybe<PoolBlock>;
};

/** Work on one chain since its last block. Merged mining counts the same work for each chain: never add them up. */
export type PoolChain = {
  __typename?: 'PoolChain';
  /** Accepted proofs of work. */
  accepted: Scalars['BigInt']['output'];
  /** The chain's short name, such as BTC. */
  chain: Scalars['String']['output'];
  /** The chain's difficulty now. */
  difficulty: Scalars['Float']['output'];
  /** Time since the last block of this chain, in seconds. */
  durationSeconds: Scalars['Float']['output'];
  /** Rejected proofs of work. */
  rejected: Scalars['BigInt']['output'];
};

/** The running round: the pool's figures, the running shift and the work on each chain. */
export type PoolRound = {
  __typename?: 'PoolRound';
  /** Accounts with a machine at work. */
  activeUsers: Scalars['Int']['output'];
  /** Machines at work. */
  activeWorkers: Scalars['Int']['output'];
  /** When this gateway read it from the pool; up to a minute ago in quiet times. */
  asOf: Scalars['DateTime']['output'];
  /** The chains by name, or only the one asked for. */
  chains: Array<PoolChain>;
  /** The hash rate of the whole pool, in the unit asked for. */
  hashRate: Scalars['Float']['output'];
  /** Names it among all objects, for caches: opaque, the same on every instance. `node` does not find it. */
  id: Scalars['ID']['output'];
  /** The running shift. */
  shift: PoolRoundShift;
  /** True when the pool is down and this is remembered, for up to ten minutes. */
  stale: Scalars['Boolean']['output'];
};


/** The running round: the pool's figures, the running shift and the work on each chain. */
export type PoolRoundChainsArgs = {
  chain?: InputMaybe<Scalars['String']['input']>;
};


/** The running round: the pool's figures, the running shift and the work on each chain. */
export type PoolRoundHashRateArgs = {
  unit?: HashRateUnit;
};

/** The running shift: the whole pool's work since it began. */
export type PoolRoundShift = {
  __typename?: 'PoolRoundShift';
  /** Accepted proofs of work. */
  accepted: Scalars['BigInt']['output'];
  /** How long it has run, in seconds. */
  durationSeconds: Scalars['Float']['output'];
  /** Rejected proofs of work. */
  rejected: Scalars['BigInt']['output'];
  /** The pool's score so far. */
  score: Scalars['Float']['output'];
};

/** A completed shift of the whole pool. The running one is in `poolRound`. */
export type PoolShift = {
  __typename?: 'PoolShift';
  /** Accepted proofs of work. */
  accepted: Scalars['BigInt']['output'];
  /** When it was completed. */
  completedAt: Scalars['DateTime']['output'];
  /** The difficulty when it was completed. */
  difficulty: Scalars['Float']['output'];
  /** How long it took, in seconds. */
  durationSeconds: Scalars['Float']['output'];
  /** Names it among all objects, for caches: opaque, the same on every instance. `node` does not find it. */
  id: Scalars['ID']['output'];
  /** Rejected proofs of work. */
  rejected: Scalars['BigInt']['output'];
  /** The pool's score of the shift. */
  score: Scalars['Float']['output'];
  /** The pool's own id of the shift. */
  shiftId: Scalars['ID']['output'];
};

/** A page of shifts, newest first. */
export type PoolShiftConnection = {
  __typename?: 'PoolShiftConnection';
  /** The rows of this page. */
  edges: Array<PoolShiftEdge>;
  /** The shifts of the rows; null where one could not be read. */
  nodes: Array<Maybe<PoolShift>>;
  /** Where this page lies in the listing. */
  pageInfo: PageInfo;
};

/** One row of a listing of shifts. */
export type PoolShiftEdge = {
  __typename?: 'PoolShiftEdge';
  /** This row's place, for `after`. Good only for this listing. */
  cursor: Scalars['String']['output'];
  /** The shift; null, with an error at this path, when the pool's row could not be read. */
  node?: Maybe<PoolShift>;
};

/** The pool's figures at a moment. */
export type PoolStats = {
  __typename?: 'PoolStats';
  /** Accounts with a machine at work. */
  activeUsers: Scalars['Int']['output'];
  /** Machines at work. */
  activeWorkers: Scalars['Int']['output'];
  /** When this gateway read it from the pool; up to a minute ago in quiet times. */
  asOf: Scalars['DateTime']['output'];
  /** The hash rate of the whole pool, in the unit asked for. */
  hashRate: Scalars['Float']['output'];
  /** Names it among all objects, for caches: opaque, the same on every instance. `node` does not find it. */
  id: Scalars['ID']['output'];
  /** True when the pool is down and this is remembered, for up to ten minutes. */
  stale: Scalars['Boolean']['output'];
};


/** The pool's figures at a moment. */
export type PoolStatsHashRateArgs = {
  unit?: HashRateUnit;
};

/** How a provider is doing, as this instance sees it. */
export type ProviderHealth = {
  __typename?: 'ProviderHealth';
  /** What is left of the calls that the provider allows, where it says so in its answers: of several budgets the one with the least left. Null where it says nothing, and for callers without an operator key. */
  budget?: Maybe<CallBudget>;
  /** Whether calls are let through; null for callers without an operator key. */
  circuit?: Maybe<Circuit>;
  /** Whether this deployment has a credential of its own for it, or needs none; without one it serves callers' own. */
  configured: Scalars['Boolean']['output'];
  /** Whether it is switched on here. */
  enabled: Scalars['Boolean']['output'];
  /** How it last failed, as a code of errors; null where `lastFailureAt` is. */
  lastFailure?: Maybe<ErrorCode>;
  /** When it last failed; null before that, and for callers without an operator key. */
  lastFailureAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it last answered well; null before that, and for callers without an operator key. */
  lastSuccessAt?: Maybe<Scalars['DateTime']['output']>;
  /** Median time of the last 50 answers to calls with this gateway's credential, in milliseconds; null before the first, and for callers without an operator key. */
  latencyMs?: Maybe<Scalars['Int']['output']>;
  /** As in `extensions.provider`, such as `pi` or `pinning:<service>`. */
  name: Scalars['String']['output'];
  /** Whether it answers a ping with this gateway's credential, tried at most every 30 seconds; null for callers without an operator key. */
  reachable?: Maybe<Scalars['Boolean']['output']>;
  /** How it is doing: the circuit needs many calls to open, and begins closed, this needs one. Null for callers without an operator key. */
  standing?: Maybe<ProviderStanding>;
};

/** What the last calls to a provider say, however few they were. */
export type ProviderStanding =
  /** The last of our calls failed, or this gateway's credential was refused: several times, or long after a good answer. Also while the circuit is not closed. */
  | 'FAILING'
  /** Nothing has been asked of it yet. */
  | 'NOT_ASKED'
  /** It answered last, be it to refuse something. */
  | 'WELL';

/** Everything that can be read. */
export type Query = {
  __typename?: 'Query';
  /** One template; null when there is none. One call. Rights: operator mypit:read, MyPit pair. */
  badgeTemplate?: Maybe<BadgeTemplate>;
  /** The issuer's templates, inactive ones too. The issuer comes from the credential. Usually one call a page. Rights: operator mypit:read, MyPit pair. */
  badgeTemplates?: Maybe<BadgeTemplateConnection>;
  /** The instance that answers: its state, its streams, what changed lately. No call to any provider. Rights: operator ops:read. */
  gateway?: Maybe<Gateway>;
  /** One holder, by exactly one of the two ids; null when there is none. One call. Rights: operator mypit:read, MyPit pair. */
  holder?: Maybe<Holder>;
  /** The issuer's holders. Usually one call a page. Rights: operator mypit:read, MyPit pair. */
  holders?: Maybe<HolderConnection>;
  /** Payouts from the app that were begun and not finished; normally none or one. One that cannot be read is null, with an error at its place. One call. Rights: operator pi:read. */
  incompleteServerPayments?: Maybe<Array<Maybe<Payment>>>;
  /** Badges that the issuer has issued. Usually one call a page. With a filter the gateway looks through at most 500 badges a page (and reads the recipient): a page may be short, or empty, and have more behind it. Rights: operator mypit:read, MyPit pair. */
  issuedBadges?: Maybe<IssuedBadgeConnection>;
  /** What Pi's ledger knows of a payment that you may read: looked for in the app's wallet from a day before the payment on. Null when there is none with its id as memo, or Pi does not say which wallets take part; UPSTREAM_UNAVAILABLE where the ledger's history does not show that it reaches over all that time, up to now, and UPSTREAM_INVALID_RESPONSE where it is out of order. Without a match the newest that carries the memo, `matches: false`. LOOKUP_LIMIT when the wallet has more than ten pages of 200 since then. At most 32 calls, usually 3. Rights: operator pi:read, Pi user (own). */
  ledgerTransaction?: Maybe<LedgerTransaction>;
  /** The Pi user whose access token was sent. One call, or none while a recent answer may be used. Rights: Pi user. */
  me?: Maybe<User>;
  /** An account at the mining pool; null when there is none of that name. One call a minute for each key and name. Rights: operator bm:read, x-bitminter-key. */
  miner?: Maybe<Miner>;
  /** Any object by its global id; null when there is none, it is not yours, or the text is no global id. Costs what the object's own field costs, and shares its call. Rights: anyone, each object by its own field. */
  node?: Maybe<Node>;
  /** Objects by global id, in the order asked; null where there is none, or the text is no global id. At most 100. Rights: anyone, each object by its own field. */
  nodes: Array<Maybe<Node>>;
  /** What this deployment has begun and not yet found out, on whichever instance: payouts and issued badges from their beginning on, other changes once their end is unclear. No call to any provider. Rights: operator ops:read. */
  openWrites?: Maybe<OpenWriteConnection>;
  /** Whose operator key came with the request, and what it may do; null without one, and for a key that is not known here. No call. Rights: anyone. */
  operator?: Maybe<Operator>;
  /** One payment. A Pi user sees their own; anybody else's is null, like one that does not exist. One call. Rights: operator pi:read, Pi user (own). */
  payment?: Maybe<Payment>;
  /** One pin by its request id; null when the service knows none. One call. Rights: operator pin:read, x-pinning-token. */
  pin?: Maybe<Pin>;
  /** The configured pinning services, the default first. No call. Rights: anyone. */
  pinningServices: Array<PinningService>;
  /** Pins, newest first, of every status unless the filter says otherwise. Forward with first and after, backward with last and before. Usually one call a page. Rights: operator pin:read, x-pinning-token. */
  pins?: Maybe<PinConnection>;
  /** Blocks that the pool found, newest first. Forward only: blocks found meanwhile neither repeat nor hide a row. One call for each 50 rows, shared by everybody for a minute. Rights: anyone. */
  poolBlocks?: Maybe<PoolBlockConnection>;
  /** The mining pool's running round. One call a minute for everybody. Rights: anyone. */
  poolRound?: Maybe<PoolRound>;
  /** Completed shifts, newest first. Forward only: shifts completed meanwhile neither repeat nor hide a row. One call for each 50 rows, shared by everybody for a minute. Rights: anyone. */
  poolShifts?: Maybe<PoolShiftConnection>;
  /** The mining pool's figures. One call a minute for everybody; three more when the pool does not have them together. Rights: anyone. */
  poolStats?: Maybe<PoolStats>;
  /** All providers. No call to any, unless `reachable` is asked for. Rights: anyone. */
  providers: Array<ProviderHealth>;
  /** What became of a shown ad; null when Pi does not know it. One call. Rights: operator pi:read. */
  rewardedAd?: Maybe<RewardedAd>;
  /** The pool's fastest miners, 50 at most, fastest first. One call a minute for everybody. Rights: anyone. */
  topMiners?: Maybe<Array<TopMiner>>;
};


/** Everything that can be read. */
export type QueryBadgeTemplateArgs = {
  templateId: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryBadgeTemplatesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryHolderArgs = {
  externalId?: InputMaybe<Scalars['ID']['input']>;
  holderId?: InputMaybe<Scalars['ID']['input']>;
};


/** Everything that can be read. */
export type QueryHoldersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryIssuedBadgesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<IssuedBadgeFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryLedgerTransactionArgs = {
  paymentId: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryMinerArgs = {
  name?: InputMaybe<Scalars['String']['input']>;
};


/** Everything that can be read. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryNodesArgs = {
  ids: Array<Scalars['ID']['input']>;
};


/** Everything that can be read. */
export type QueryOpenWritesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryPaymentArgs = {
  paymentId: Scalars['ID']['input'];
};


/** Everything that can be read. */
export type QueryPinArgs = {
  requestId: Scalars['ID']['input'];
  service?: InputMaybe<Scalars['ID']['input']>;
};


/** Everything that can be read. */
export type QueryPinsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<PinFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  service?: InputMaybe<Scalars['ID']['input']>;
};


/** Everything that can be read. */
export type QueryPoolBlocksArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  commodity?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryPoolShiftsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** Everything that can be read. */
export type QueryRewardedAdArgs = {
  adId: Scalars['ID']['input'];
};

/** Which pin to remove. */
export type RemovePinInput = {
  /** The service's id of the request. */
  requestId: Scalars['ID']['input'];
  /** A configured pinning service by name; the first when omitted. */
  service?: InputMaybe<Scalars['ID']['input']>;
};

/** The pin that was removed. */
export type RemovePinPayload = {
  __typename?: 'RemovePinPayload';
  /** The global id that is gone, for caches. */
  deletedId: Scalars['ID']['output'];
  /** The request id that is gone. */
  removedRequestId: Scalars['ID']['output'];
};

/** What removePin answers: the payload, or a refusal that the caller can act on. */
export type RemovePinResult = ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError | RemovePinPayload;

/** Which pin to replace, and by what. */
export type ReplacePinInput = {
  /** The root of the new content. */
  cid: Scalars['CID']['input'];
  /** A name of yours for this very change, 1 to 255 printable characters: sent again with the same input it answers the first result, or refusal, and changes nothing. One is made up when omitted. */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** Your own key-value pairs; values are strings, at most 1,000 keys. */
  meta?: InputMaybe<Scalars['JSONObject']['input']>;
  /** A name for people, at most 255 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** Multiaddrs known to provide the content, each ending in /p2p/<peer id>; at most 20. */
  origins?: InputMaybe<Array<Scalars['String']['input']>>;
  /** The pin to replace; it is gone afterwards, unless the service keeps the id. */
  requestId: Scalars['ID']['input'];
  /** A configured pinning service by name; the first when omitted. */
  service?: InputMaybe<Scalars['ID']['input']>;
};

/** The pin that took the old one's place. */
export type ReplacePinPayload = {
  __typename?: 'ReplacePinPayload';
  /** The global id that is gone; null where the service kept it for the new pin. */
  deletedId?: Maybe<Scalars['ID']['output']>;
  /** The new pin; its request id is another, except where a service keeps it. */
  pin: Pin;
  /** The request id that is gone; null where the service kept it for the new pin. */
  replacedRequestId?: Maybe<Scalars['ID']['output']>;
};

/** What replacePin answers: the payload, or a refusal that the caller can act on. */
export type ReplacePinResult = ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError | ReplacePinPayload;

/** What people have found out about a write whose end this gateway cannot find out. */
export type ResolveOpenWriteInput = {
  /** True when it took effect: the key answers CONFLICT (DUPLICATE) from now on. False when it did not: the key may send once more. */
  applied: Scalars['Boolean']['input'];
  /** The key that it was sent with. */
  idempotencyKey: Scalars['String']['input'];
  /** The mutation, such as `createPayment`. */
  operation: Scalars['String']['input'];
};

/** The write that is open no more. */
export type ResolveOpenWritePayload = {
  __typename?: 'ResolveOpenWritePayload';
  /** The write as it stood before. */
  openWrite: OpenWrite;
};

/** What resolveOpenWrite answers: the payload, or a refusal that the caller can act on. */
export type ResolveOpenWriteResult = ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError | ResolveOpenWritePayload;

/** An ad that was shown for a reward. */
export type RewardedAd = Node & {
  __typename?: 'RewardedAd';
  /** The id that the SDK gave when the ad was shown. */
  adId: Scalars['ID']['output'];
  /** When the reward was granted. */
  grantedAt?: Maybe<Scalars['DateTime']['output']>;
  /** Global id: opaque, and good for `node`. */
  id: Scalars['ID']['output'];
  /** What the mediator says; null while it has not answered. */
  mediatorAckStatus?: Maybe<MediatorAckStatus>;
  /** When it was taken back. */
  revokedAt?: Maybe<Scalars['DateTime']['output']>;
  /** True only when GRANTED. Reward each ad once: Pi does not use the id up. */
  rewardable: Scalars['Boolean']['output'];
};

/** When the running round of one chain began. */
export type RoundStart = {
  __typename?: 'RoundStart';
  /** The chain's short name, such as BTC. */
  chain: Scalars['String']['output'];
  /** When it began: when the block before was found. */
  startedAt: Scalars['DateTime']['output'];
};

/** Which unfinished payment to bring to its right end. */
export type SettlePaymentInput = {
  /** What your order says of it; compared before anything is sent, and with what Pi answers. */
  expected?: InputMaybe<ExpectedPayment>;
  /** Pi's own id of the payment. */
  paymentId: Scalars['ID']['input'];
};

/** What became of the payment. */
export type SettlePaymentPayload = {
  __typename?: 'SettlePaymentPayload';
  /** What was done. */
  action: SettlementAction;
  /** The payment as it is now. */
  payment?: Maybe<Payment>;
  /** Why, for people. */
  why: Scalars['String']['output'];
};

/** What settlePayment answers: the payload, or a refusal that the caller can act on. */
export type SettlePaymentResult = ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError | SettlePaymentPayload;

/** What became of an unfinished payment. */
export type SettlementAction =
  /** It was cancelled: deliver nothing. Where Pi shows a transaction of it all the same, `why` says so, and people have to look. */
  | 'CANCELLED'
  /** It was completed, and nobody was told so before: deliver. */
  | 'COMPLETED'
  /** It is to be left as it is, or what it came to is not certain yet; `why` says why. */
  | 'NONE';

/** Whether the state can be reached. */
export type StateAvailability =
  /** It can be reached. */
  | 'AVAILABLE'
  /** It was reached and cannot be now; payouts and badges wait for it. */
  | 'LOST'
  /** It has not been reached yet. */
  | 'STARTING';

/** Why what must never be done twice cannot rest on the state now. */
export type StateDoubt =
  /** This machine's clock is behind the date of its last work, or more than 40 days ahead: set it right, or `headgate state accept`. */
  | 'CLOCK'
  /** It lost what it had been given, and nobody has accepted that: `headgate state accept`. */
  | 'EMPTIED'
  /** It throws entries out when it is full: set `noeviction`. */
  | 'EVICTS'
  /** It ends with its process, which is one of production: set `STATE_DIR` to a folder, or `REDIS_URL`. */
  | 'FORGETS'
  /** It has not been looked at yet, or does not tell whether it throws entries out: allow `INFO`. */
  | 'UNCHECKED';

/** Where the state of money lies: idempotency keys, caps, quarantines. */
export type StateKind =
  /** In a folder of this instance. */
  | 'EMBEDDED'
  /** In this process: it ends with it. */
  | 'MEMORY'
  /** In a Redis that instances share. */
  | 'REDIS';

/** Everything that can be watched, over SSE or graphql-ws. */
export type Subscription = {
  __typename?: 'Subscription';
  /** One payment: its state now, then each change; one that goes back to an earlier state is told when it stays so for five seconds. Ends after COMPLETED or CANCELLED; one null, then the end, when it does not exist, is not yours, or is gone. Rights: operator pi:read, Pi user (own). */
  paymentStatus?: Maybe<Payment>;
  /** One pin: its state now, then each change of status, info or delegates. Ends after PINNED, FAILED or REMOVED; one null, then the end, when it does not exist. Rights: operator pin:read, x-pinning-token. */
  pinStatus?: Maybe<Pin>;
  /** Many pins in one stream, at most 1000: each pin's state now, then its changes. Ends when all are done. Rights: operator pin:read, x-pinning-token. */
  pinStatuses?: Maybe<Pin>;
  /** Many pins in one stream, at most 1000, as `pinStatuses`, but each event names its pin, also one that is gone. Ends when all are done. Rights: operator pin:read, x-pinning-token. */
  pinUpdates?: Maybe<PinUpdate>;
  /** The mining pool's figures now, then whenever one of them has changed. One poll for everybody; never ends by itself. Rights: anyone. */
  poolStats?: Maybe<PoolStats>;
};


/** Everything that can be watched, over SSE or graphql-ws. */
export type SubscriptionPaymentStatusArgs = {
  paymentId: Scalars['ID']['input'];
};


/** Everything that can be watched, over SSE or graphql-ws. */
export type SubscriptionPinStatusArgs = {
  requestId: Scalars['ID']['input'];
  service?: InputMaybe<Scalars['ID']['input']>;
};


/** Everything that can be watched, over SSE or graphql-ws. */
export type SubscriptionPinStatusesArgs = {
  requestIds: Array<Scalars['ID']['input']>;
  service?: InputMaybe<Scalars['ID']['input']>;
};


/** Everything that can be watched, over SSE or graphql-ws. */
export type SubscriptionPinUpdatesArgs = {
  requestIds: Array<Scalars['ID']['input']>;
  service?: InputMaybe<Scalars['ID']['input']>;
};

/** How a name filter compares. */
export type TextMatch =
  /** The whole name, case counts. */
  | 'EXACT'
  /** The whole name, case does not count. */
  | 'IEXACT'
  /** Anywhere in the name, case does not count. */
  | 'IPARTIAL'
  /** Anywhere in the name, case counts. */
  | 'PARTIAL';

/** One of the pool's fastest miners. */
export type TopMiner = {
  __typename?: 'TopMiner';
  /** The hash rate of all its machines, in the unit asked for. */
  hashRate: Scalars['Float']['output'];
  /** Names it among all objects, for caches: opaque, the same on every instance. `node` does not find it. */
  id: Scalars['ID']['output'];
  /** Name of the account. */
  name: Scalars['String']['output'];
  /** Place by hash rate; 1 is the fastest. */
  rank: Scalars['Int']['output'];
};


/** One of the pool's fastest miners. */
export type TopMinerHashRateArgs = {
  unit?: HashRateUnit;
};

/** Which template to change, and what about it; what is omitted stays. */
export type UpdateBadgeTemplateInput = {
  /** A CSS colour. White when the template has none yet. */
  backgroundColor?: InputMaybe<Scalars['String']['input']>;
  /** What earns it. */
  criteria?: InputMaybe<Scalars['String']['input']>;
  /** What it is for. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The `updatedAt` that you have seen: when the template was changed since, nothing is changed and the answer is a ConflictError. */
  expectedUpdatedAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** Its picture: an https or ipfs URL. An ipfs or gateway URL of pinned content makes `imagePins` work. */
  imageUrl?: InputMaybe<Scalars['String']['input']>;
  /** Its name, at most 500 bytes. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** A plain number, 0 or more: the provider documents no unit. */
  price?: InputMaybe<Scalars['Decimal']['input']>;
  /** The provider's own id of the template. */
  templateId: Scalars['ID']['input'];
  /** A CSS colour. Black when the template has none yet. */
  textColor?: InputMaybe<Scalars['String']['input']>;
  /** What its badges are about; not UNKNOWN. */
  type?: InputMaybe<BadgeType>;
  /** Days that a badge of it is good for; 0 = badges of it do not expire. */
  validityPeriodDays?: InputMaybe<Scalars['Int']['input']>;
};

/** The template that was changed. */
export type UpdateBadgeTemplatePayload = {
  __typename?: 'UpdateBadgeTemplatePayload';
  /** The template as it is now. */
  badgeTemplate: BadgeTemplate;
};

/** What updateBadgeTemplate answers: the payload, or a refusal that the caller can act on. */
export type UpdateBadgeTemplateResult = ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError | UpdateBadgeTemplatePayload;

/** Which holder to change, and what about them; what is omitted stays. */
export type UpdateHolderInput = {
  /** E-mail address. */
  email?: InputMaybe<Scalars['String']['input']>;
  /** The provider's own id of the holder. */
  holderId: Scalars['ID']['input'];
  /** The person's name. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** Phone number. */
  phone?: InputMaybe<Scalars['String']['input']>;
};

/** The holder who was changed. */
export type UpdateHolderPayload = {
  __typename?: 'UpdateHolderPayload';
  /** The holder as they are now. */
  holder: Holder;
};

/** What updateHolder answers: the payload, or a refusal that the caller can act on. */
export type UpdateHolderResult = ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError | UpdateHolderPayload;

/** A Pi user, as their own access token shows them. */
export type User = Node & {
  __typename?: 'User';
  /** The badge holder whose `externalId` is this user's uid; null when there is none. The user may read their own e-mail address and phone number there. One call. */
  holder?: Maybe<Holder>;
  /** Global id: opaque, and good for `node` with the user's own token. */
  id: Scalars['ID']['output'];
  /** What the user agreed to, in Pi's words. */
  scopes: Array<Scalars['String']['output']>;
  /** When the access token ends. */
  tokenValidUntil?: Maybe<Scalars['DateTime']['output']>;
  /** The user's id in this app; it changes when the user withdraws their consent. */
  uid: Scalars['ID']['output'];
  /** The user's name; null without the scope `username`. */
  username?: Maybe<Scalars['String']['output']>;
  /** The user's wallet; null without the scope `wallet_address`. */
  walletAddress?: Maybe<Scalars['String']['output']>;
};

/** A refusal that the caller can act on. */
export type UserError = {
  /** What went wrong, for programs. */
  code: ErrorCode;
  /** What went wrong and what to do, for people. */
  message: Scalars['String']['output'];
  /** The provider's own code for it, when it gave one. */
  upstreamCode?: Maybe<Scalars['String']['output']>;
  /** What the provider says about it for people: one line of at most 300 characters, without secrets. Only for those whose own credential or operator key made the call; null for everybody else, and when it said nothing. */
  upstreamDetails?: Maybe<Scalars['String']['output']>;
};

export type ShownPinFragment = { __typename?: 'Pin', id: string, requestId: string, name?: string | null, status: PinStatus };

export type PinPageQueryVariables = Exact<{
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
}>;


export type PinPageQuery = { __typename?: 'Query', pins?: { __typename?: 'PinConnection', edges: Array<{ __typename?: 'PinEdge', cursor: string, node?: { __typename?: 'Pin', id: string, requestId: string, name?: string | null, status: PinStatus } | null }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, hasPreviousPage: boolean, startCursor?: string | null, endCursor?: string | null } } | null };

export type PinAgainQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type PinAgainQuery = { __typename?: 'Query', node?:
    | { __typename: 'BadgeTemplate', id: string }
    | { __typename: 'Holder', id: string }
    | { __typename: 'IssuedBadge', id: string }
    | { __typename: 'Payment', id: string }
    | { __typename: 'Pin', id: string, requestId: string, name?: string | null, status: PinStatus }
    | { __typename: 'PoolBlock', id: string }
    | { __typename: 'RewardedAd', id: string }
    | { __typename: 'User', id: string }
   | null };

export type RemovePinMutationVariables = Exact<{
  requestId: Scalars['ID']['input'];
}>;


export type RemovePinMutation = { __typename?: 'Mutation', removePin?:
    | { __typename: 'ConflictError', code: ErrorCode, message: string }
    | { __typename: 'InsufficientFundsError', code: ErrorCode, message: string }
    | { __typename: 'InvalidInputError', code: ErrorCode, message: string }
    | { __typename: 'NotFoundError', code: ErrorCode, message: string }
    | { __typename: 'OutcomeUnknownError', code: ErrorCode, message: string }
    | { __typename: 'RemovePinPayload', deletedId: string, removedRequestId: string }
   | null };

export type PinUpdatesSubscriptionVariables = Exact<{
  requestIds: Array<Scalars['ID']['input']> | Scalars['ID']['input'];
}>;


export type PinUpdatesSubscription = { __typename?: 'Subscription', pinUpdates?: { __typename?: 'PinUpdate', requestId: string, pinId: string, status: PinStatus, pin?: { __typename?: 'Pin', id: string, requestId: string, name?: string | null, status: PinStatus } | null } | null };

export const ShownPinFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ShownPin"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Pin"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]} as unknown as DocumentNode<ShownPinFragment, unknown>;
export const PinPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PinPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"last"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"before"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pins"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"last"},"value":{"kind":"Variable","name":{"kind":"Name","value":"last"}}},{"kind":"Argument","name":{"kind":"Name","value":"before"},"value":{"kind":"Variable","name":{"kind":"Name","value":"before"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ShownPin"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ShownPin"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Pin"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]} as unknown as DocumentNode<PinPageQuery, PinPageQueryVariables>;
export const PinAgainDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PinAgain"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"ShownPin"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ShownPin"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Pin"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]} as unknown as DocumentNode<PinAgainQuery, PinAgainQueryVariables>;
export const RemovePinDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RemovePin"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"requestId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"removePin"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"requestId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"requestId"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RemovePinPayload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}},{"kind":"Field","name":{"kind":"Name","value":"removedRequestId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}}]} as unknown as DocumentNode<RemovePinMutation, RemovePinMutationVariables>;
export const PinUpdatesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"PinUpdates"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"requestIds"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"pinUpdates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"requestIds"},"value":{"kind":"Variable","name":{"kind":"Name","value":"requestIds"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"requestId"}},{"kind":"Field","name":{"kind":"Name","value":"pinId"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"pin"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ShownPin"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ShownPin"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Pin"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}}]} as unknown as DocumentNode<PinUpdatesSubscription, PinUpdatesSubscriptionVariables>;