import { Agent, request as httpRequest } from 'node:http';
import { KEY } from './instance.js';

/** Clients of a fleet: a subscriber that connects again elsewhere, and a write that is repeated with its key. */

const headers = { 'content-type': 'application/json', 'x-gateway-key': KEY };
const FINAL = new Set(['PINNED', 'FAILED', 'REMOVED']);
const WATCH = 'subscription ($id: ID!) { pinStatus(requestId: $id) { requestId status info } }';
const RECONNECT_MS = [100, 500] as const;

export const between = ([least, most]: readonly [number, number]): number => least + Math.random() * (most - least);
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Value at this share of the sorted ones. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
}

/** Follows one pin over SSE to its end, over as many connections as that takes. */
export class Subscriber {
  /** When the final state was heard; undefined = not yet. */
  finalAt: number | undefined;
  finals = 0;
  events = 0;
  connections = 0;
  /** `complete` frames without a final state before them. */
  falseEnds = 0;
  refusals = 0;
  /** Milliseconds from each break to the next event. */
  readonly gaps: number[] = [];
  #brokenAt: number | undefined;
  #disconnect = (): void => {};
  #over = false;

  #address: string | undefined;

  /** `choose` says where to connect, told where it was connected last. */
  constructor(
    readonly id: string,
    private readonly choose: (last: string | undefined) => string,
  ) {}

  connect(): void {
    if (this.#over) return;
    this.#address = this.choose(this.#address);
    const url = new URL('/graphql', this.#address);
    this.connections += 1;
    let text = '';
    let ended = false;
    const broken = () => {
      if (ended) return;
      ended = true;
      if (this.#over || this.finalAt !== undefined) return;
      this.#brokenAt ??= performance.now();
      setTimeout(() => this.connect(), between(RECONNECT_MS));
    };
    const request = httpRequest(
      url,
      { method: 'POST', agent: false, headers: { ...headers, accept: 'text/event-stream' } },
      (response) => {
        if (response.statusCode !== 200) {
          this.refusals += 1;
          response.resume();
          return broken();
        }
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
            const frame = text.slice(0, end);
            text = text.slice(end + 2);
            if (frame.startsWith('event: next')) this.#hear(frame.slice(frame.indexOf('data:') + 5));
            else if (frame.startsWith('event: complete') && this.finalAt === undefined) this.falseEnds += 1;
          }
        });
        response.on('close', broken).on('error', broken);
      },
    );
    request.on('error', broken).end(JSON.stringify({ query: WATCH, variables: { id: this.id } }));
    this.#disconnect = () => void request.destroy();
  }

  leave(): void {
    this.#over = true;
    this.#disconnect();
  }

  #hear(data: string): void {
    const { data: found, errors } = JSON.parse(data) as {
      data?: { pinStatus: { status: string } | null } | null;
      errors?: readonly unknown[];
    };
    if (errors !== undefined) {
      this.refusals += 1;
      return;
    }
    this.events += 1;
    if (this.#brokenAt !== undefined) this.gaps.push(performance.now() - this.#brokenAt);
    this.#brokenAt = undefined;
    if (!FINAL.has(found?.pinStatus?.status ?? '')) return;
    this.finals += 1;
    this.finalAt ??= performance.now();
  }
}

export interface GraphAnswer {
  readonly data?: Readonly<Record<string, ({ readonly __typename?: string } & Record<string, unknown>) | null>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

const kept = new Agent({ keepAlive: true });

/** Asks once; rejects with a word for what was wrong when there is no answer. */
export function ask(address: string, query: string, variables: object = {}): Promise<GraphAnswer> {
  const body = JSON.stringify({ query, variables });
  return new Promise((resolve, reject) => {
    const broken = (error: NodeJS.ErrnoException): void =>
      reject(new Error(`broken connection (${error.code ?? error.name})`));
    const sending = {
      method: 'POST',
      agent: kept,
      headers: { ...headers, accept: 'application/json', 'content-length': Buffer.byteLength(body) },
    };
    httpRequest(new URL('/graphql', address), sending, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => {
          text += chunk;
        })
        .on('error', broken)
        .on('end', () => {
          if (text.startsWith('{')) resolve(JSON.parse(text) as GraphAnswer);
          else reject(new Error(`status ${response.statusCode}`));
        });
    })
      .on('error', broken)
      .end(body);
  });
}

export interface WriteEnd {
  readonly end: 'done' | 'unclear';
  readonly tries: number;
  readonly ms: number;
  readonly codes: readonly string[];
  /** From the first to the last time that the key was said to be in progress. */
  readonly inProgressMs: number;
}

/** Repeats one keyed write, each time at another instance, until its outcome is known or its patience is over. */
export async function writeUntilKnown(
  addressOf: (attempt: number) => string,
  query: string,
  input: object,
  patienceMs: number,
): Promise<WriteEnd> {
  const began = performance.now();
  const codes: string[] = [];
  const inProgress: number[] = [];
  const endedAs = (end: WriteEnd['end'], tries: number): WriteEnd => ({
    end,
    tries,
    ms: performance.now() - began,
    codes,
    inProgressMs: (inProgress.at(-1) ?? 0) - (inProgress[0] ?? 0),
  });
  for (let tries = 1; ; tries += 1) {
    let code: string;
    try {
      const answer = await ask(addressOf(tries), query, { input });
      const result = answer.data?.['result'];
      code = answer.errors?.[0]?.extensions.code ?? result?.__typename ?? 'nothing';
      if (code.endsWith('Payload') && result?.['status'] !== 'UNKNOWN') return endedAs('done', tries);
    } catch (error) {
      code = error instanceof Error ? error.message : String(error);
    }
    codes.push(code);
    if (code === 'IDEMPOTENCY_IN_PROGRESS') inProgress.push(performance.now());
    if (performance.now() - began > patienceMs) return endedAs('unclear', tries);
    await pause(between([300, 900]));
  }
}

export const mutations = {
  pin: 'mutation ($input: AddPinInput!) { result: addPin(input: $input) { __typename ... on AddPinPayload { pin { requestId } } } }',
  pay:
    'mutation ($input: CreatePaymentInput!) { result: createPayment(input: $input) { __typename ... on ' +
    'CreatePaymentPayload { payment { paymentId } } } }',
  badge:
    'mutation ($input: IssueBadgeInput!) { result: issueBadge(input: $input) { __typename ... on ' +
    'IssueBadgePayload { status results { outcome } } } }',
} as const;
