import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { isExactNumber } from '../../src/values/exact-numbers.js';
import { operatorHeaders, type GraphAnswer } from '../support/create-test-app.js';
import { BEN, finishPayouts } from '../support/graph-payments.js';
import { closeAfterAll, codesIn } from '../support/graph-pins.js';
import { until } from '../support/until.js';
import { startWorld, uncoded, type World } from './support.js';

closeAfterAll();

let world: World;
beforeAll(async () => {
  world = await startWorld();
});

let keys = 0;
const pay =
  'mutation ($input: CreatePaymentInput!) { result: createPayment(input: $input) { __typename ... on ' +
  'CreatePaymentPayload { payment { metadata } } } }';

/** Posts JSON text as it is: a client that writes numbers in its own way. */
async function post(body: string): Promise<GraphAnswer<{ result: { __typename: string } | null }>> {
  const response = await fetch(`${world.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...operatorHeaders },
    body,
  });
  return (await response.json()) as GraphAnswer<{ result: { __typename: string } | null }>;
}
const asVariable = (metadata: string) =>
  post(
    `{"query":${JSON.stringify(pay)},"variables":{"input":{"userUid":"${BEN}",` +
      `"amount":"1.5","memo":"m","idempotencyKey":"n${(keys += 1)}","metadata":${metadata}}}}`,
  );
const asLiteral = (metadata: string) =>
  post(
    JSON.stringify({
      query:
        `mutation { result: createPayment(input: { userUid: "${BEN}", amount: "1.5", memo: "m", ` +
        `idempotencyKey: "n${(keys += 1)}", metadata: ${metadata} }) { __typename } }`,
    }),
  );

/** The texts of the payouts sent since the last call. */
function sent(): string[] {
  finishPayouts({ pi: world.pi } as Parameters<typeof finishPayouts>[0]);
  return world.pi.requests
    .splice(0)
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => body);
}

const ways = {
  variable: [asVariable, (text: string) => `{"a":{"b":[0,${text}]}}`],
  literal: [asLiteral, (text: string) => `{ a: { b: [0, ${text}] } }`],
} as const;

describe.each(Object.entries(ways))('numbers of metadata in a %s', (_way, [send, write]) => {
  it.each(['12345678901234567890', '-9007199254740993', '1e400', '1e-400', '0.12345678901234567890'])(
    '%s is refused by its place, with nothing sent',
    async (text) => {
      const answer = await send(write(text));
      expect(codesIn(answer)).toEqual(['BAD_USER_INPUT']);
      expect(answer.errors?.[0]?.message).toContain('input.metadata: a.b[1] is a number with more digits');
      expect(sent()).toEqual([]);
    },
  );

  it('leave as they came, or not at all', async () => {
    const spelling = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.stringMatching(/^(?:\.[0-9]{1,20})?$/),
        fc.stringMatching(/^(?:e[+-]?[0-9]{1,3})?$/),
      )
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(spelling, async (text) => {
        const answer = await send(write(text));
        const bodies = sent();
        if (!isExactNumber(text)) expect([codesIn(answer), bodies]).toEqual([['BAD_USER_INPUT'], []]);
        else
          expect([
            answer.data?.result?.__typename,
            bodies.length,
            /"b":\[0,([^\]]*)\]/.exec(bodies[0] ?? '')?.[1],
          ]).toEqual(['CreatePaymentPayload', 1, JSON.stringify(Number(text))]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('numbers elsewhere', () => {
  it("of a badge's data, of a pin's meta, and of ids are refused too", async () => {
    const issue =
      '{"query":"mutation ($input: IssueBadgeInput!) { issueBadge(input: $input) { __typename } ' +
      '}","variables":{"input":{"templateId":"t1","recipientIds":["h1"],"idempotencyKey":"k","data":{"id":12345678901234567890}}}}';
    const pin =
      '{"query":"mutation ($input: AddPinInput!) { addPin(input: $input) { __typename } ' +
      '}","variables":{"input":{"cid":"bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu","meta":{"id":12345678901234567890}}}}';
    const id =
      '{"query":"query ($id: ID!) { payment(paymentId: $id) { id } }","variables":{"id":12345678901234567890}}';
    const before = world.sent();
    for (const body of [issue, pin, id]) expect(codesIn(await post(body)), body).toEqual(['BAD_USER_INPUT']);
    expect(world.sent()).toBe(before);
  });

  it('of a GET and of a socket are refused too', async () => {
    const query = 'query ($meta: JSONObject) { pins(filter: { meta: $meta }) { totalCount } }';
    const variables = '{"meta":{"id":12345678901234567890}}';
    const before = world.sent();
    const got = await fetch(
      `${world.url}/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(variables)}`,
      { headers: { accept: 'application/json', ...operatorHeaders } },
    );
    expect(((await got.json()) as GraphAnswer<unknown>).errors?.[0]?.message).toContain('filter.meta: id is a number');
    const heard: string[] = [];
    const socket = new WebSocket(`${world.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    socket.on('message', (data: Buffer) => heard.push(data.toString()));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(JSON.stringify({ type: 'connection_init', payload: operatorHeaders }));
    await until(() => heard.length === 1);
    socket.send(`{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${variables}}}`);
    await until(() => heard.length > 1);
    socket.close();
    expect(heard[1]).toContain('filter.meta: id is a number');
    expect(world.sent()).toBe(before);
  });

  it('and depth that nobody walks is refused, not suffered', async () => {
    for (const depth of [201, 5_000, 60_000]) {
      const answer = await asVariable(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
      expect([codesIn(answer), uncoded(answer)]).toEqual([['BAD_USER_INPUT'], []]);
    }
    expect(sent()).toEqual([]);
  });
});
