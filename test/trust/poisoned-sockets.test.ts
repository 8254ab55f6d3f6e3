import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANN, SERVER_KEY, wireUser } from '../support/graph-payments.js';
import { cids, closeAfterAll, closeLater, wirePin } from '../support/graph-pins.js';
import { wirePayment } from '../providers/pi-support.js';
import { startGateway, type Gateway } from './support.js';

closeAfterAll();

const answerOf = (body: unknown, status = '200 OK'): string => {
  const text = JSON.stringify(body);
  return (
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ` +
    `${Buffer.byteLength(text)}\r\nconnection: keep-alive\r\n\r\n${text}`
  );
};

/** What an attacker would like to be taken for the answer to the next request. */
const injected = [
  wireUser('uid-of-the-attacker'),
  wirePayment({ identifier: 'pay-1', user_uid: ANN, memo: 'injected' }),
  wirePin('injected', { pin: { cid: cids.b, name: 'injected' } }),
]
  .map((body) => answerOf(body))
  .join('');

/** Answers each request rightly, and writes what nobody asked for behind it, at once or a moment later. */
function poisoner(): Promise<string> {
  let turn = 0;
  const server = createServer((socket: Socket) => {
    let seen = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      const end = seen.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0);
      if (end < 0 || seen.length < end + 4 + length) return;
      const [method = '', path = ''] = seen.split(' ');
      const token = /authorization: Bearer (\S+)/i.exec(seen)?.[1] ?? '';
      const body = seen.slice(end + 4);
      seen = '';
      socket.write(right(method, path, token, body));
      turn += 1;
      if (turn % 3 === 0) socket.write(injected);
      else setTimeout(() => socket.writable && socket.write(injected), turn % 3);
    });
  });
  closeLater(() => new Promise((resolve) => server.close(() => resolve())));
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );
}

function right(method: string, path: string, token: string, body: string): string {
  if (path === '/v2/me') return answerOf(wireUser(token));
  if (path.startsWith('/v2/payments/')) {
    const approved = method === 'POST';
    const status = {
      developer_approved: approved,
      transaction_verified: false,
      developer_completed: false,
      cancelled: false,
      user_cancelled: false,
    };
    return answerOf(
      wirePayment({ identifier: path.split('/')[3], user_uid: ANN, memo: approved ? 'approved' : 'read', status }),
    );
  }
  if (method === 'POST')
    return answerOf(wirePin('made', { status: 'queued', pin: JSON.parse(body) as object }), '202 Accepted');
  if (path.startsWith('/pins?')) return answerOf({ count: 0, results: [] });
  return answerOf(wirePin(path.slice('/pins/'.length)));
}

let gateway: Gateway;
beforeAll(async () => {
  const url = await poisoner();
  gateway = await startGateway({
    PI_BASE_URL: `${url}/v2`,
    PI_API_KEY: SERVER_KEY,
    PINNING_SERVICES: 'acme',
    PINNING_ACME_URL: url,
    PINNING_ACME_TOKEN: 'token',
    ME_CACHE_TTL_MS: '0',
    UPSTREAM_TIMEOUT_MS: '5000',
    WRITE_TIMEOUT_MS: '5000',
    OPERATION_TIMEOUT_MS: '15000',
  });
});

/** Runs many, several at a time, and collects what came out wrong. */
async function many(count: number, one: (index: number) => Promise<string | undefined>): Promise<string[]> {
  const wrong: string[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let index = next++; index < count; index = next++) {
        const fault = await one(index);
        if (fault !== undefined) wrong.push(fault);
      }
    }),
  );
  return wrong;
}

describe('an upstream that answers more than it was asked', () => {
  it('never makes anybody somebody else', async () => {
    expect(
      await many(300, async (index) => {
        const { data } = await gateway.ask<{ me: { uid: string } }>(
          '{ me { uid } }',
          {},
          { authorization: `Bearer user-${index}` },
        );
        return data?.me?.uid === `user-${index}` ? undefined : `user-${index} is ${data?.me?.uid}`;
      }),
    ).toEqual([]);
  });

  it('never answers for a change of a payment', async () => {
    expect(
      await many(100, async (index) => {
        const { data } = await gateway.ask<{ approvePayment: { payment?: { paymentId: string; memo: string } } }>(
          `mutation { approvePayment(input: { paymentId: "pay-${index % 5}" }) { ... on ApprovePaymentPayload ` +
            '{ payment { paymentId memo } } ... on UserError { code message } } }',
          {},
          { 'x-gateway-key': 'test-operator-key' },
        );
        const { paymentId, memo } = data?.approvePayment?.payment ?? {};
        return paymentId === `pay-${index % 5}` && memo !== 'injected'
          ? undefined
          : `pay-${index % 5}: ${JSON.stringify(data)}`;
      }),
    ).toEqual([]);
  });

  it('never answers for a new pin', async () => {
    expect(
      await many(100, async () => {
        const { data } = await gateway.ask<{ addPin: { pin?: { requestId: string } } }>(
          `mutation { addPin(input: { cid: "${cids.b}", name: "mine" }) { ... on AddPinPayload { pin { ` +
            'requestId } } ... on UserError { code message } } }',
          {},
          { 'x-gateway-key': 'test-operator-key' },
        );
        return data?.addPin?.pin?.requestId === 'made' ? undefined : JSON.stringify(data);
      }),
    ).toEqual([]);
  });

  it('at most spoils a read, never passes for it', async () => {
    expect(
      await many(200, async (index) => {
        const { data, errors } = await gateway.ask<{ pin: { requestId: string; name: string } | null }>(
          `{ pin(requestId: "pin-${index}") { requestId name } }`,
          {},
          { 'x-gateway-key': 'test-operator-key' },
        );
        const fine =
          data?.pin?.requestId === `pin-${index}` ||
          (data?.pin === null && errors?.every(({ extensions }) => extensions['code'] !== 'INTERNAL_SERVER_ERROR'));
        return fine ? undefined : JSON.stringify({ data, errors });
      }),
    ).toEqual([]);
  });
});
