import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import type { WirePin } from './data.js';

/**
 * The plain proxy: what anybody would write. The same upstream calls and the same JSON with `node:http` and a pool,
 * parsed and shaped, and no graph.
 */

const upstream = new Pool(process.argv[2] ?? '', { connections: 100, pipelining: 1 });
const PAYMENT = process.argv[3] ?? '';
interface Variables {
  readonly id?: string;
  readonly filter?: { readonly createdAfter?: string };
}

type Wire = Readonly<Record<string, never>>;

async function read<Body>(method: 'GET' | 'POST', path: string, sent: string | null = null): Promise<Body> {
  const { body } = await upstream.request({
    method,
    path,
    headers: { accept: 'application/json', 'content-type': 'application/json', authorization: 'Bearer token' },
    body: sent,
  });
  return JSON.parse(await body.text()) as Body;
}

function allFields({ requestid, status, created, pin, delegates, info }: WirePin): object {
  return {
    id: Buffer.from(`Pin:bench:${requestid}`).toString('base64'),
    requestId: requestid,
    service: 'bench',
    status: status.toUpperCase(),
    createdAt: created,
    cid: pin.cid,
    name: pin.name ?? null,
    origins: pin.origins ?? [],
    meta: pin.meta ?? {},
    delegates,
    info,
    statusDetails: info['status_details'] ?? null,
    dagSize: Number(info['dag_size']),
    pinnedUntil: info['pinned_until'] ?? null,
  };
}

async function readEach(operation: string, key: string, ids: readonly string[]): Promise<Map<string, Wire>> {
  const distinct = [...new Set(ids)];
  const found = await Promise.all(
    distinct.map((id) => read<Wire>('POST', `/${operation}`, JSON.stringify({ userId: 'user', [key]: id }))),
  );
  return new Map(found.map((one, index) => [distinct[index] ?? '', one]));
}

const work: Readonly<Record<string, (variables: Variables) => Promise<object>>> = {
  async w1({ id = '' }) {
    const { requestid, status, pin } = await read<WirePin>('GET', `/pins/${encodeURIComponent(id)}`);
    return { pin: { requestId: requestid, status: status.toUpperCase(), cid: pin.cid, name: pin.name ?? null } };
  },
  async w2({ filter }) {
    const { results } = await read<{ results: WirePin[] }>(
      'GET',
      `/pins?status=queued,pinning,pinned,failed&after=${encodeURIComponent(filter?.createdAfter ?? '')}&limit=50`,
    );
    return { pins: { nodes: results.map(allFields) } };
  },
  async w3() {
    const { page } = await read<{ page: { _id: string; templateId: string; recipientId: string }[] }>(
      'POST',
      '/getIssuedBadges',
      '{"userId":"user","paginationOpts":{"numItems":50,"cursor":null}}',
    );
    const [templates, holders] = await Promise.all([
      readEach(
        'getASingleBadgeTemplate',
        'templateId',
        page.map((badge) => badge.templateId),
      ),
      readEach(
        'getHolderById',
        'holderId',
        page.map((badge) => badge.recipientId),
      ),
    ]);
    return {
      issuedBadges: {
        nodes: page.map(({ _id, templateId, recipientId }) => ({
          badgeId: _id,
          template: { name: templates.get(templateId)?.['name'] },
          recipient: { name: holders.get(recipientId)?.['name'] },
        })),
      },
    };
  },
  async w4() {
    const [pin, template, stats, payment] = await Promise.all([
      read<WirePin>('GET', '/pins/pin-7'),
      read<Wire>('POST', '/getASingleBadgeTemplate', '{"userId":"user","templateId":"template1"}'),
      read<Wire>('GET', '/pool/stats'),
      read<Wire>('GET', `/payments/${PAYMENT}`),
    ]);
    return {
      pin: { status: pin.status.toUpperCase() },
      badgeTemplate: { name: template['name'] },
      poolStats: { activeWorkers: stats['active_workers'] },
      payment: { memo: payment['memo'] },
    };
  },
};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { operationName, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
      operationName: string;
      variables: Variables;
    };
    void work[operationName]?.(variables).then((data) => {
      const body = JSON.stringify({ data });
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
