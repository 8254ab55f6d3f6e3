import { toBodies, type Variables, type Workload, type WorkloadName } from './workloads.js';

/** The workloads in the words of peers whose graph is that of the upstream's JSON. The same data is asked for. */

interface Words {
  readonly query: string;
  /** From Headgate's variables, where they differ. */
  variables?(own: Variables): Variables;
}

export type Dialect = Readonly<Record<WorkloadName, Words>>;

const pinFields = 'requestid status created pin { cid name origins meta } delegates info';
const badgeFields = '_id template { name } recipient { name }';
const after = ({ first, filter }: Variables): Variables => ({
  first,
  after: (filter as { readonly createdAfter: string }).createdAfter,
});

/** Tailcall: fields and arguments as we name them, types as the upstream has them. */
export const tailcallDialect: Dialect = {
  w1: { query: 'query w1($id: ID!) { pin(requestId: $id) { requestid status pin { cid name } } }' },
  w2: {
    query: `query w2($first: Int!, $after: String!) { pins(first: $first, after: $after) { results { ${pinFields} } } }`,
    variables: after,
  },
  w3: { query: `query w3($first: Int!) { issuedBadges(first: $first) { page { ${badgeFields} } } }` },
  w4: {
    query: `query w4($pin: ID!, $template: ID!, $payment: ID!) {
      pin(requestId: $pin) { status } badgeTemplate(templateId: $template) { name } poolStats { active_workers }
      payment(paymentId: $payment) { memo } }`,
  },
};

/** Hive Gateway: what the OpenAPI document gives. */
export const hiveDialect: Dialect = {
  w1: { query: 'query w1($id: String!) { pin(requestid: $id) { requestid status pin { cid name } } }' },
  w2: {
    query:
      'query w2($first: Int!, $after: String!) { pins(status: "queued,pinning,pinned,failed", limit: ' +
      `$first, after: $after) { results { ${pinFields} } } }`,
    variables: after,
  },
  w3: {
    query:
      'query w3($first: Int!) { issuedBadges(input: { userId: "user", paginationOpts: { numItems: $first } ' +
      `}) { page { ${badgeFields} } } }`,
  },
  w4: {
    query: `query w4($pin: String!, $template: String!, $payment: String!) {
      pin(requestid: $pin) { status } badgeTemplate(input: { userId: "user", templateId: $template }) { name } poolStats { active_workers }
      payment(paymentid: $payment) { memo } }`,
  },
};

/** A workload's requests in a peer's words; without a dialect in Headgate's. */
export function bodiesIn(dialect: Dialect | undefined, { name, bodies, variables }: Workload): readonly string[] {
  if (dialect === undefined) return bodies;
  const words = dialect[name];
  return toBodies(
    name,
    words.query,
    variables.map((own) => words.variables?.(own) ?? own),
  );
}
