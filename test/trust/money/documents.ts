import type { GraphAnswer } from '../../support/create-test-app.js';

const error = '__typename ... on UserError { code } ... on ConflictError { reason }';
const mutation = (name: string, payload: string): string => {
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  return `mutation ($input: ${title}Input!) { result: ${name}(input: $input) { ${error} ... on ${title}Payload { ${payload} } } }`;
};

/** The operations whose histories are made up. */
export const documents = {
  createPayment: mutation('createPayment', 'payment { paymentId amount }'),
  completePayment: mutation('completePayment', 'payment { paymentId state } alreadyCompleted'),
  cancelPayment: mutation('cancelPayment', 'payment { paymentId state }'),
  settlePayment: mutation('settlePayment', 'action payment { paymentId state }'),
  issueBadge: mutation('issueBadge', 'status results { recipientId outcome badgeId }'),
  addPin: mutation('addPin', 'pin { requestId }'),
  resolveOpenWrite: mutation('resolveOpenWrite', '__typename'),
} as const;
export type Operation = keyof typeof documents;

/** How a call ended, as its caller was told. */
export interface End {
  /** The payload's type, or the code of what stood in the way. */
  readonly what: string;
  readonly payment?: { readonly paymentId: string; readonly state?: string; readonly amount?: string };
  readonly alreadyCompleted?: boolean;
  readonly action?: string;
  readonly pin?: { readonly requestId: string };
  readonly results?: readonly {
    readonly recipientId: string;
    readonly outcome: string;
    readonly badgeId: string | null;
  }[];
}

export function endOf(answer: GraphAnswer<Record<string, unknown>>): End {
  const result = answer.data?.['result'] as
    ({ __typename: string; code?: string } & Omit<End, 'what'>) | null | undefined;
  if (result) return { ...result, what: result.code ?? result.__typename };
  return { what: String(answer.errors?.[0]?.extensions['code']) };
}
