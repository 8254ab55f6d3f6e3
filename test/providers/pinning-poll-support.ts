import { UpstreamError, type UpstreamErrorKind } from '../../src/errors.js';
import type { PollReading } from '../../src/polling/polling.js';
import type { ListAnswer, ListRequest } from '../../src/providers/pinning/listing/listing.js';
import type { Pin, PinStatus } from '../../src/providers/pinning/model.js';
import { createPollSource } from '../../src/providers/pinning/polling/poll-source.js';
import { plainPin } from '../support/plain-pin.js';
import { compareInstants, instantFromMillis, parseInstant } from '../../src/values/instant.js';

export const BORN = 1_750_000_000_000;
export const upstreamError = (kind: UpstreamErrorKind, operation = 'o') =>
  new UpstreamError(kind, { provider: 'pinning:p', operation, delivery: 'answered' });

export function pin(number: number, changes: Partial<Pin> = {}): Pin {
  return plainPin({
    service: 'p',
    requestId: `r${number}`,
    status: 'QUEUED',
    createdAt: instantFromMillis(BORN + number * 1000),
    cid: `cid${number}`,
    ...changes,
  });
}

/** A service in memory: lists newest first, counts its calls, and misbehaves where a test says so. */
export function fakeService() {
  const pins = new Map<string, Pin>();
  const service = {
    pins,
    lists: [] as ListRequest[],
    gets: [] as string[],
    mostGetsAtOnce: 0,
    scopes: [] as { fingerprint: string; credential: string; deadline: number }[],
    budget: undefined as { remaining: number; resetAt: number } | undefined,
    pausedUntil: 0,
    listPausedUntil: 0,
    ignoresStatus: false,
    order: (rows: Pin[]) => rows.sort((a, b) => compareInstants(b.createdAt, a.createdAt)),
    onList: (_request: ListRequest): void => {},
    onGet: (_id: string): void => {},
    onRow: (listed: Pin): Pin | UpstreamError => listed,
    put(...added: Pin[]) {
      for (const one of added) pins.set(one.requestId, one);
    },
    calls() {
      const calls = { lists: service.lists.length, gets: service.gets.length };
      service.lists.length = 0;
      service.gets.length = 0;
      return calls;
    },
  };
  let getting = 0;
  const client = {
    service: 'p',
    baseUrl: 'https://pins.test',
    async getPins(
      scope: { fingerprint: string; credential: string; deadline: number },
      _token: string | null,
      request: ListRequest,
    ): Promise<ListAnswer> {
      service.lists.push(request);
      service.scopes.push(scope);
      service.onList(request);
      const [before, after] = [request.before, request.after].map((bound) =>
        bound === null ? undefined : parseInstant(bound),
      );
      const rows = service
        .order([...pins.values()])
        .filter(
          (one) =>
            (service.ignoresStatus || request.status.length === 0 || request.status.includes(one.status)) &&
            (request.cids.length === 0 || request.cids.includes(one.cid)) &&
            (!before || compareInstants(one.createdAt, before) < 0) &&
            (!after || compareInstants(one.createdAt, after) > 0),
        );
      const results = rows
        .slice(0, request.limit)
        .map((one) => ({ id: one.requestId, createdAt: one.createdAt, pin: service.onRow(one) }));
      return { count: rows.length, results };
    },
    async getPinByRequestId(_scope: unknown, _token: string, id: string): Promise<Pin> {
      service.gets.push(id);
      getting += 1;
      service.mostGetsAtOnce = Math.max(service.mostGetsAtOnce, getting);
      try {
        await Promise.resolve();
        service.onGet(id);
        const found = pins.get(id);
        if (!found) throw upstreamError('not_found', 'getPinByRequestId');
        return found;
      } finally {
        getting -= 1;
      }
    },
    listBudget: () => service.budget,
    pausedUntil: (_fingerprint: string, lane?: 'list') =>
      Math.max(service.pausedUntil, lane ? service.listPausedUntil : 0),
  };
  const source = createPollSource(
    client,
    { source: 'server', fingerprint: 'fp', fields: { token: 't' } },
    { firstIntervalMs: 2000, attemptTimeoutMs: 8000 },
  );
  const known = new Map<string, Pin>();
  /** Reads as the engine does: remembers states and offers them to the next read. */
  async function poll(
    ids: readonly string[],
    signal = new AbortController().signal,
  ): Promise<ReadonlyMap<string, PollReading<Pin>>> {
    const states = new Map(
      ids.flatMap((id) => {
        const state = known.get(id);
        return state ? [[id, state] as const] : [];
      }),
    );
    const readings = await source.read(ids, states, signal);
    for (const [id, reading] of readings) if (reading && !(reading instanceof Error)) known.set(id, reading);
    return readings;
  }
  return { service, source, poll };
}

export const range = (count: number, from = 0) => Array.from({ length: count }, (_value, index) => index + from);
export const idsOf = (numbers: readonly number[]) => numbers.map((number) => `r${number}`);
export const statusOf = (reading: PollReading<Pin> | undefined): PinStatus | 'gone' | 'error' | undefined =>
  reading === null ? 'gone' : reading instanceof Error ? 'error' : reading?.status;
