import { payment } from './data.js';

export const workloadNames = ['w1', 'w2', 'w3', 'w4'] as const;
export type WorkloadName = (typeof workloadNames)[number];
export type Variables = Readonly<Record<string, unknown>>;

/** What is asked of every server; the floor knows each workload by its operation's name. */
export interface Workload {
  readonly name: WorkloadName;
  readonly title: string;
  /** In Headgate's words. */
  readonly bodies: readonly string[];
  /** One per body; where there are many, no two that are under way are equal: then nothing can be shared. */
  readonly variables: readonly Variables[];
  /** Requests per second of the plain proxy that are aimed at, as a share. */
  readonly goal: number;
  /** Texts that a whole answer holds, whatever words a server has for its fields, and how often. */
  readonly proof: readonly (readonly [text: string, times: number])[];
}

/** The requests of a workload, in the words of one server. */
export function toBodies(operationName: WorkloadName, query: string, variables: readonly Variables[]): string[] {
  return variables.map((own) => JSON.stringify({ query, variables: own, operationName }));
}

function workload(of: Omit<Workload, 'bodies'>, query: string): Workload {
  return { ...of, bodies: toBodies(of.name, query, of.variables) };
}

const VARIANTS = 199;
const each = (make: (index: number) => Variables): Variables[] =>
  Array.from({ length: VARIANTS }, (_none, index) => make(index));

export const workloads: readonly Workload[] = [
  workload(
    {
      name: 'w1',
      title: 'W1 one pin by id',
      goal: 0.75,
      proof: [['"file-0.car"', 1]],
      variables: each((index) => ({ id: `pin-${index}` })),
    },
    'query w1($id: ID!) { pin(requestId: $id) { requestId status cid name } }',
  ),
  workload(
    {
      name: 'w2',
      title: 'W2 50 pins, all fields',
      goal: 0.75,
      proof: [
        ['"file-', 50],
        ['"/ip4/', 50],
        ['"/dnsaddr/', 50],
        ['"dag_size"', 50],
      ],
      variables: each((index) => ({
        first: 50,
        filter: { createdAfter: new Date(1_600_000_000_000 + index * 10_000).toISOString() },
      })),
    },
    `query w2($first: Int!, $filter: PinFilter!) { pins(first: $first, filter: $filter) { nodes {
    id requestId service status createdAt cid name origins meta delegates info statusDetails dagSize pinnedUntil } } }`,
  ),
  workload(
    {
      name: 'w3',
      title: 'W3 50 issued badges, each with template and recipient',
      goal: 4,
      proof: [
        ['"badge49"', 1],
        ['"Template ', 50],
        ['"Holder ', 50],
      ],
      variables: [{ first: 50 }],
    },
    'query w3($first: Int!) { issuedBadges(first: $first) { nodes { badgeId template { name } recipient { name } } } }',
  ),
  workload(
    {
      name: 'w4',
      title: 'W4 one field of each of four providers',
      goal: 1.2,
      proof: [
        ['"Template 1"', 1],
        ['2914', 1],
        ['"Crate of early apples"', 1],
      ],
      variables: [{ pin: 'pin-7', template: 'template1', payment: payment.identifier }],
    },
    `query w4($pin: ID!, $template: ID!, $payment: ID!) {
    pin(requestId: $pin) { status } badgeTemplate(templateId: $template) { name } poolStats { activeWorkers }
    payment(paymentId: $payment) { memo } }`,
  ),
];

/** Throws unless an answer holds all that its workload asks for. */
export function prove({ name, proof }: Workload, body: string): void {
  if (body.includes('"errors"')) throw new Error(`${name}: answered with errors: ${body.slice(0, 200)}`);
  for (const [text, times] of proof) {
    const found = body.split(text).length - 1;
    if (found !== times) throw new Error(`${name}: ${text} is ${found} times in the answer, not ${times}`);
  }
}
