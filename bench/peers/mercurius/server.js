import Fastify from 'fastify';
import { GraphQLScalarType } from 'graphql';
import mercurius from 'mercurius';
import { Pool } from 'undici';

/** The floor's work behind mercurius with jit: resolvers written by hand, each read by id made once an operation, no rights, limits or logs. */

const upstream = new Pool(process.env['UPSTREAM_URL'] ?? '', { connections: 100, pipelining: 1 });
const headers = { accept: 'application/json', 'content-type': 'application/json', authorization: 'Bearer token' };

async function read(method, path, sent = null) {
  const { body } = await upstream.request({ method, path, headers, body: sent === null ? null : JSON.stringify(sent) });
  return JSON.parse(await body.text());
}

const schema = `
  scalar JSONObject
  scalar DateTime
  scalar CID
  scalar BigInt
  enum PinStatus { QUEUED PINNING PINNED FAILED }
  input PinFilter { createdAfter: DateTime }
  type Pin {
    id: ID!
    requestId: ID!
    service: ID!
    status: PinStatus!
    createdAt: DateTime!
    cid: CID!
    name: String
    origins: [String!]!
    meta: JSONObject!
    delegates: [String!]!
    info: JSONObject!
    statusDetails: String
    dagSize: BigInt
    pinnedUntil: DateTime
  }
  type PinConnection { nodes: [Pin]! }
  type BadgeTemplate { name: String! }
  type Holder { name: String! }
  type IssuedBadge { badgeId: ID!  template: BadgeTemplate  recipient: Holder }
  type IssuedBadgeConnection { nodes: [IssuedBadge]! }
  type PoolStats { activeWorkers: Int }
  type Payment { memo: String! }
  type Query {
    pin(requestId: ID!): Pin
    pins(first: Int!, filter: PinFilter!): PinConnection
    issuedBadges(first: Int!): IssuedBadgeConnection
    badgeTemplate(templateId: ID!): BadgeTemplate
    poolStats: PoolStats
    payment(paymentId: ID!): Payment
  }
`;

/** A scalar that passes values on. */
const plain = (name) => new GraphQLScalarType({ name });

const resolvers = {
  JSONObject: plain('JSONObject'),
  DateTime: plain('DateTime'),
  CID: plain('CID'),
  BigInt: plain('BigInt'),
  Query: {
    pin: (_root, { requestId }) => read('GET', `/pins/${encodeURIComponent(requestId)}`),
    async pins(_root, { first, filter }) {
      const { results } = await read('GET', `/pins?status=queued,pinning,pinned,failed&after=${encodeURIComponent(filter.createdAfter)}&limit=${first}`);
      return { nodes: results };
    },
    async issuedBadges(_root, { first }) {
      const { page } = await read('POST', '/getIssuedBadges', { userId: 'user', paginationOpts: { numItems: first, cursor: null } });
      return { nodes: page };
    },
    badgeTemplate: (_root, { templateId }) => read('POST', '/getASingleBadgeTemplate', { userId: 'user', templateId }),
    poolStats: () => read('GET', '/pool/stats'),
    payment: (_root, { paymentId }) => read('GET', `/payments/${encodeURIComponent(paymentId)}`),
  },
  Pin: {
    id: ({ requestid }) => Buffer.from(`Pin:bench:${requestid}`).toString('base64'),
    requestId: ({ requestid }) => requestid,
    service: () => 'bench',
    status: ({ status }) => status.toUpperCase(),
    createdAt: ({ created }) => created,
    cid: ({ pin }) => pin.cid,
    name: ({ pin }) => pin.name ?? null,
    origins: ({ pin }) => pin.origins ?? [],
    meta: ({ pin }) => pin.meta ?? {},
    statusDetails: ({ info }) => info.status_details ?? null,
    dagSize: ({ info }) => Number(info.dag_size),
    pinnedUntil: ({ info }) => info.pinned_until ?? null,
  },
  IssuedBadge: {
    badgeId: ({ _id }) => _id,
    template: ({ templateId }, _arguments, { template }) => template(templateId),
    recipient: ({ recipientId }, _arguments, { holder }) => holder(recipientId),
  },
  PoolStats: { activeWorkers: ({ active_workers: workers }) => workers },
};

/** Reads by id, each made once an operation. */
function reader(path, key) {
  const begun = new Map();
  return (id) => {
    const known = begun.get(id);
    if (known) return known;
    const reading = read('POST', path, { userId: 'user', [key]: id });
    begun.set(id, reading);
    return reading;
  };
}

const context = () => ({ template: reader('/getASingleBadgeTemplate', 'templateId'), holder: reader('/getHolderById', 'holderId') });

const server = Fastify();
server.register(mercurius, { schema, resolvers, context, jit: 1 });
await server.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
