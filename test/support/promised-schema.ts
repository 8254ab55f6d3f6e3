import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isUnionType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
} from 'graphql';

const userErrors = 'ConflictError | InsufficientFundsError | InvalidInputError | NotFoundError | OutcomeUnknownError';
const results = [
  'ApprovePayment',
  'CompletePayment',
  'CancelPayment',
  'CreatePayment',
  'SettlePayment',
  'ResolveOpenWrite',
  'AddPin',
  'ReplacePin',
  'RemovePin',
  'CreateBadgeTemplate',
  'UpdateBadgeTemplate',
  'DeleteBadgeTemplate',
  'CreateHolder',
  'UpdateHolder',
  'DeleteHolder',
  'IssueBadge',
];
const lower = (name: string) => `${name[0]?.toLowerCase()}${name.slice(1)}`;
const rate = 'hashRate(unit: HashRateUnit! = GH_PER_S): Float!';
const connections = ['BadgeTemplate', 'Holder', 'IssuedBadge', 'PoolBlock', 'PoolShift', 'Pin', 'OpenWrite'];

const connectionOf = (node: string) => {
  const total = node === 'Pin' ? 'totalCount: Int' : '';
  return `type ${node}Connection { edges: [${node}Edge!]! nodes: [${node}]! pageInfo: PageInfo! ${total} }
  type ${node}Edge { cursor: String! node: ${node} }`;
};

/** What clients were promised, written by hand: who changes the contract changes it here too. */
export const promised = buildSchema(`
  scalar DateTime scalar JSON scalar JSONObject scalar Decimal scalar BigInt scalar CID
  interface Node { id: ID! }
  interface UserError { code: ErrorCode! message: String! upstreamDetails: String }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  ${connections.map(connectionOf).join('\n')}

  type Query {
    node(id: ID!): Node nodes(ids: [ID!]!): [Node]!
    me: User payment(paymentId: ID!): Payment
    ledgerTransaction(paymentId: ID!): LedgerTransaction incompleteServerPayments: [Payment]
    rewardedAd(adId: ID!): RewardedAd
    badgeTemplate(templateId: ID!): BadgeTemplate badgeTemplates(first: Int, after: String): BadgeTemplateConnection
    holder(holderId: ID, externalId: ID): Holder
    holders(first: Int, after: String): HolderConnection
    issuedBadges(first: Int, after: String, filter: IssuedBadgeFilter): IssuedBadgeConnection
    pin(requestId: ID!, service: ID): Pin
    pins(first: Int, after: String, last: Int, before: String, service: ID, filter: PinFilter): PinConnection
    pinningServices: [PinningService!]!
    poolStats: PoolStats poolRound: PoolRound
    poolBlocks(first: Int, after: String, commodity: String): PoolBlockConnection
    poolShifts(first: Int, after: String): PoolShiftConnection topMiners: [TopMiner!] miner(name: String): Miner
    operator: Operator gateway: Gateway
    providers: [ProviderHealth!]! openWrites(first: Int, after: String): OpenWriteConnection
  }
  type Mutation { ${results.map((name) => `${lower(name)}(input: ${name}Input!): ${name}Result`).join(' ')} }
  type Subscription { pinStatus(requestId: ID!, service: ID): Pin
    pinStatuses(requestIds: [ID!]!, service: ID): Pin
    pinUpdates(requestIds: [ID!]!, service: ID): PinUpdate paymentStatus(paymentId: ID!): Payment
    poolStats: PoolStats }

  input PinFilter { cids: [CID!] name: String match: TextMatch = EXACT status: [PinStatus!]
    createdAfter: DateTime createdBefore: DateTime meta: JSONObject }
  type User implements Node { id: ID! uid: ID! username: String scopes: [String!]!
    tokenValidUntil: DateTime walletAddress: String holder: Holder }
  type Payment implements Node {
    id: ID! paymentId: ID! userUid: ID! user: User amount: Decimal! memo: String! metadata: JSON!
    fromAddress: String toAddress: String
    direction: PaymentDirection network: PiNetwork networkPassphrase: String
    ledgerTransaction: LedgerTransaction createdAt: DateTime! state: PaymentState!
    status: PaymentStatus! transaction: PaymentTransaction
  }
  type LedgerTransaction { txid: ID! from: String! to: String! amount: Decimal! memo: String!
    createdAt: DateTime! matches: Boolean! }
  type PaymentStatus { developerApproved: Boolean! transactionVerified: Boolean!
    developerCompleted: Boolean! cancelled: Boolean! userCancelled: Boolean! }
  type PaymentTransaction { txid: ID! verified: Boolean! link: String }
  enum PaymentState { CREATED APPROVED SUBMITTED VERIFIED COMPLETED CANCELLED }
  enum PaymentDirection { USER_TO_APP APP_TO_USER UNKNOWN }
  enum PiNetwork { MAINNET TESTNET UNKNOWN }
  type RewardedAd implements Node { id: ID! adId: ID! mediatorAckStatus: MediatorAckStatus
    grantedAt: DateTime revokedAt: DateTime rewardable: Boolean! }
  enum MediatorAckStatus { GRANTED REVOKED FAILED UNKNOWN }
  type BadgeTemplate implements Node {
    id: ID! templateId: ID! name: String! type: BadgeType! description: String criteria: String
    validityPeriodDays: Int imageUrl: String
    backgroundColor: String textColor: String price: Decimal isActive: Boolean ownerId: ID!
    createdAt: DateTime updatedAt: DateTime imagePins: [Pin!]
  }
  enum BadgeType { MOBILITY ACHIEVEMENT HEALTHCARE FINANCE UNKNOWN }
  type Holder implements Node { id: ID! holderId: ID! name: String email: String phone: String did: String
    issuerDid: String memo: String ownerId: ID! externalId: ID }
  type IssuedBadge implements Node {
    id: ID! badgeId: ID! template: BadgeTemplate recipient: Holder templateId: ID! recipientId: ID! issuerId: ID!
    state: BadgeState! status: String type: BadgeType! issuedAt: DateTime expiresAt: DateTime data: JSON
  }
  input IssuedBadgeFilter { templateId: ID recipientId: ID state: BadgeState }
  enum BadgeState { ACTIVE PENDING EXPIRED REVOKED UNKNOWN }
  type Pin implements Node {
    id: ID! requestId: ID! service: ID! status: PinStatus! createdAt: DateTime! cid: CID! name: String
    origins: [String!]!
    meta: JSONObject! delegates: [String!]! info: JSONObject! statusDetails: String dagSize: BigInt rawSize: BigInt
    pinnedUntil: DateTime
  }
  enum PinStatus { QUEUED PINNING PINNED FAILED REMOVED UNKNOWN }
  enum TextMatch { EXACT IEXACT PARTIAL IPARTIAL }
  type PoolStats { ${rate} activeWorkers: Int! activeUsers: Int! asOf: DateTime! stale: Boolean! }
  type PoolRound { ${rate} activeWorkers: Int! activeUsers: Int! asOf: DateTime! stale: Boolean!
    shift: PoolRoundShift! chains(chain: String): [PoolChain!]! }
  type PoolRoundShift { accepted: BigInt! rejected: BigInt! durationSeconds: Float! score: Float! }
  type PoolChain { chain: String! accepted: BigInt! rejected: BigInt! durationSeconds: Float! difficulty: Float! }
  type PoolBlock implements Node {
    id: ID! blockId: ID! chain: String! hash: String! height: Int! difficulty: Float! income: Decimal
    accepted: BigInt! rejected: BigInt!
    status: BlockStatus! confirmationsLeft: Int generator: String generatedAt: DateTime! durationSeconds: Float!
  }
  enum BlockStatus { PROCESSING UNCONFIRMED CONFIRMED STALE ORPHAN UNKNOWN }
  type PoolShift { shiftId: ID! difficulty: Float! accepted: BigInt! rejected: BigInt! score: Float!
    completedAt: DateTime! durationSeconds: Float! }
  type TopMiner { rank: Int! name: String! ${rate} }
  type Miner {
    name: String! ${rate} activeWorkers: Int! asOf: DateTime! balances(chain: String): [Balance!]! roundStarts: [RoundStart!]!
    shift: MinerShift workers: [MinerWorker!]!
  }
  type Balance { chain: String! amount: Decimal! }
  type RoundStart { chain: String! startedAt: DateTime! }
  type MinerShift { startedAt: DateTime! accepted: BigInt! rejected: BigInt! userScore: Float! totalScore: Float! }
  type MinerWorker { name: String! ${rate} lastWorkAt: DateTime alive: Boolean! work(chain: String): [MinerWork!]! }
  type MinerWork { chain: String! totalAccepted: BigInt! totalRejected: BigInt!
    sinceResetAccepted: BigInt! sinceResetRejected: BigInt! }
  enum HashRateUnit { H_PER_S KH_PER_S MH_PER_S GH_PER_S TH_PER_S PH_PER_S }
  type PinningService { name: String! usable: Boolean! }
  type ProviderHealth { name: String! enabled: Boolean! circuit: Circuit lastSuccessAt: DateTime reachable: Boolean
    latencyMs: Int budget: CallBudget standing: ProviderStanding lastFailureAt: DateTime lastFailure: ErrorCode }
  enum ProviderStanding { NOT_ASKED WELL FAILING }
  enum Circuit { CLOSED OPEN HALF_OPEN }
  type CallBudget { remaining: Int! limit: Int resetsAt: DateTime! }
  type Operator { name: String! scopes: [String!]! }
  type Gateway { version: String! state: GatewayState! streams: Int! polled: Int! pollSubscribers: Int!
    changes: [GatewayChange!]! }
  type GatewayState { kind: StateKind! availability: StateAvailability! doubt: StateDoubt }
  type GatewayChange { at: DateTime! event: GatewayEvent! provider: String }
  enum StateKind { MEMORY EMBEDDED REDIS }
  enum StateAvailability { STARTING AVAILABLE LOST }
  enum StateDoubt { EVICTS EMPTIED CLOCK FORGETS UNCHECKED }
  enum GatewayEvent { STARTED CIRCUIT_OPENED CIRCUIT_CLOSED PROVIDER_FAILING PROVIDER_RECOVERED
    STATE_REACHED STATE_LOST STATE_EVICTS STATE_UNSEEN STATE_EMPTIED
    STATE_FOREIGN STATE_LOSS_ACCEPTED STATE_CLOCK_DOUBTED STATE_CLOCK_BELIEVED }

  input ExpectedPayment { amount: Decimal memo: String metadata: JSON userUid: ID }
  input ApprovePaymentInput { paymentId: ID! expected: ExpectedPayment }
  input CompletePaymentInput { paymentId: ID! txid: ID! expected: ExpectedPayment }
  input SettlePaymentInput { paymentId: ID! expected: ExpectedPayment }
  input ResolveOpenWriteInput { operation: String! idempotencyKey: String! applied: Boolean! }
  input CancelPaymentInput { paymentId: ID! }
  input CreatePaymentInput { userUid: ID! amount: Decimal! memo: String! metadata: JSONObject
    idempotencyKey: String! }
  input AddPinInput { cid: CID! name: String origins: [String!] meta: JSONObject service: ID idempotencyKey: String }
  input ReplacePinInput { requestId: ID! cid: CID! name: String origins: [String!] meta: JSONObject service:
    ID idempotencyKey: String }
  input RemovePinInput { requestId: ID! service: ID }
  input CreateBadgeTemplateInput { name: String! type: BadgeType! description: String
    criteria: String validityPeriodDays: Int imageUrl: String! price: Decimal }
  input UpdateBadgeTemplateInput {
    templateId: ID! name: String type: BadgeType description: String criteria: String
    validityPeriodDays: Int imageUrl: String price: Decimal
    backgroundColor: String textColor: String expectedUpdatedAt: DateTime
  }
  input DeleteBadgeTemplateInput { templateId: ID! }
  input CreateHolderInput { name: String! email: String! phone: String! did: String! externalId: String!
    memo: String }
  input UpdateHolderInput { holderId: ID! name: String email: String phone: String }
  input DeleteHolderInput { holderId: ID! }
  input IssueBadgeInput { templateId: ID! recipientIds: [ID!]! validityPeriodDays: Int type: BadgeType
    data: JSONObject idempotencyKey: String! }

  ${results.map((name) => `union ${name}Result = ${name}Payload | ${userErrors}`).join('\n')}
  type IssueBadgePayload { status: IssueStatus! results: [IssueBadgeRow!]! }
  type IssueBadgeRow { recipientId: ID! outcome: IssueOutcome! badgeId: ID message: String }
  enum IssueStatus { SUCCESS PARTIAL FAILED UNKNOWN }
  enum IssueOutcome { ISSUED FAILED UNKNOWN }
  type ApprovePaymentPayload { payment: Payment alreadyApproved: Boolean! } type CompletePaymentPayload {
    payment: Payment alreadyCompleted: Boolean! }
  type CancelPaymentPayload { payment: Payment } type CreatePaymentPayload { payment: Payment }
  type SettlePaymentPayload { payment: Payment action: SettlementAction! why: String! }
  enum SettlementAction { COMPLETED CANCELLED NONE }
  type ResolveOpenWritePayload { openWrite: OpenWrite! }
  type OpenWrite {
    operation: String! provider: String! objectId: ID state: OpenWriteState! startedAt: DateTime!
    sentAt: DateTime lastFault: String
  }
  enum OpenWriteState { INTENT SENT UNKNOWN }
  type PinUpdate { requestId: ID! pinId: ID! status: PinStatus! pin: Pin }
  type AddPinPayload { pin: Pin! alreadyPinned: Boolean! } type ReplacePinPayload { pin: Pin! replacedRequestId:
    ID deletedId: ID } type RemovePinPayload { removedRequestId: ID! deletedId: ID! }
  type CreateBadgeTemplatePayload { badgeTemplate: BadgeTemplate! } type UpdateBadgeTemplatePayload {
    badgeTemplate: BadgeTemplate! } type DeleteBadgeTemplatePayload { deletedTemplateId: ID! deletedId: ID!
    badgeTemplate: BadgeTemplate }
  type CreateHolderPayload { holder: Holder! } type UpdateHolderPayload { holder: Holder! }
  type DeleteHolderPayload { deletedHolderId: ID! deletedId: ID! }
  type InvalidInputError implements UserError { code: ErrorCode! message: String!
    upstreamCode: String upstreamDetails: String issues: [InputIssue!]! }
  type InputIssue { path: [String!]! message: String! }
  type NotFoundError implements UserError { code: ErrorCode! message: String! upstreamCode: String
    upstreamDetails: String }
  type ConflictError implements UserError { code: ErrorCode! message: String! upstreamCode: String
    upstreamDetails: String reason: ConflictReason! payment: Payment }
  enum ConflictReason {
    NOT_AS_EXPECTED CANCELLED COMPLETED_BY_ANOTHER_TRANSACTION HAS_TRANSACTION OTHER_NETWORK
    WRONG_DIRECTION PAYOUT_OPEN
    CHANGED_MEANWHILE DUPLICATE REFUSED_UPSTREAM
  }
  type InsufficientFundsError implements UserError { code: ErrorCode! message: String!
    upstreamCode: String upstreamDetails: String }
  type OutcomeUnknownError implements UserError { code: ErrorCode! message: String!
    upstreamCode: String upstreamDetails: String idempotencyKey: String }
  enum ErrorCode {
    GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED PERSISTED_QUERY_NOT_FOUND UNAUTHENTICATED FORBIDDEN
    NOT_FOUND BAD_USER_INPUT CONFLICT INSUFFICIENT_FUNDS PROVIDER_DISABLED UPSTREAM_AUTH_FAILED
    AUTH_PROVIDER_UNAVAILABLE RATE_LIMITED TOO_MANY_REQUESTS UPSTREAM_TIMEOUT UPSTREAM_UNAVAILABLE
    CIRCUIT_OPEN OVERLOADED
    UPSTREAM_INVALID_RESPONSE OUTCOME_UNKNOWN IDEMPOTENCY_KEY_REUSED
    IDEMPOTENCY_IN_PROGRESS IDEMPOTENCY_STORE_UNAVAILABLE
    IDEMPOTENCY_QUOTA_EXCEEDED
    LOOKUP_LIMIT CURSOR_EXPIRED SUBSCRIPTION_LIMIT SUBSCRIPTION_INTERRUPTED INTERNAL_SERVER_ERROR
  }
`);

function inputLine({ name, type, defaultValue }: GraphQLArgument | GraphQLInputField): string {
  return `${name}: ${String(type)}${defaultValue === undefined ? '' : ` = ${JSON.stringify(defaultValue)}`}`;
}

function signature({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const each = args.map(inputLine);
  return `${name}(${each.toSorted().join(', ')}): ${String(type)}`;
}

/** A type in lines that can be compared one by one, sorted. */
export function linesOf(type: GraphQLNamedType | undefined): string[] {
  if (isEnumType(type))
    return type
      .getValues()
      .map(({ name }) => name)
      .toSorted();
  if (isUnionType(type))
    return type
      .getTypes()
      .map(({ name }) => name)
      .toSorted();
  if (isScalarType(type)) return [`scalar ${type.name}`];
  if (isInputObjectType(type)) return Object.values(type.getFields()).map(inputLine).toSorted();
  if (isObjectType(type) || isInterfaceType(type))
    return [
      ...Object.values(type.getFields()).map(signature),
      ...type.getInterfaces().map(({ name }) => `implements ${name}`),
    ].toSorted();
  return [];
}
