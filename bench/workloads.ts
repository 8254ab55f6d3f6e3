import { payment } from './data.js';

/** What is asked of every server; the floor knows each workload by its operation's name. */
export interface Workload {
  readonly name: 'w1' | 'w2' | 'w3' | 'w4';
  readonly title: string;
  /** Where there are many, no two that are under way are equal: then nothing can be shared. */
  readonly bodies: readonly string[];
  /** Requests per second of the floor that are aimed at, as a share. */
  readonly goal: number;
}

function workload(name: Workload['name'], title: string, goal: number, query: string, variables: readonly object[]): Workload {
  return { name, title, goal, bodies: variables.map((own) => JSON.stringify({ query, variables: own, operationName: name })) };
}

const VARIANTS = 199;
const each = (make: (index: number) => object): object[] => Array.from({ length: VARIANTS }, (_none, index) => make(index));

export const workloads: readonly Workload[] = [
  workload('w1', 'W1 one pin by id', 0.75, 'query w1($id: ID!) { pin(requestId: $id) { requestId status cid name } }', each((index) => ({ id: `pin-${index}` }))),
  workload('w2', 'W2 50 pins, all fields', 0.75, `query w2($first: Int!, $filter: PinFilter!) { pins(first: $first, filter: $filter) { nodes {
    id requestId service status createdAt cid name origins meta delegates info statusDetails dagSize pinnedUntil } } }`, each((index) => ({ first: 50, filter: { createdAfter: new Date(1_600_000_000_000 + index * 10_000).toISOString() } }))),
  workload('w3', 'W3 50 issued badges, each with template and recipient', 4, 'query w3($first: Int!) { issuedBadges(first: $first) { nodes { badgeId template { name } recipient { name } } } }', [{ first: 50 }]),
  workload('w4', 'W4 one field of each of four providers', 1.2, `query w4($pin: ID!, $template: ID!, $payment: ID!) {
    pin(requestId: $pin) { status } badgeTemplate(templateId: $template) { name } poolStats { activeWorkers } payment(paymentId: $payment) { memo } }`, [{ pin: 'pin-7', template: 'template1', payment: payment.identifier }]),
];
