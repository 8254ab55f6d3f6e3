import type { SeenRequest } from '../../support/fake-upstream.js';

/** The upstreams that the storm blows over. */
export const services = ['pi', 'ledger', 'mypit', 'pinning', 'bitminter'] as const;
export type Service = (typeof services)[number];

/** One request, as far as what may befall its answer depends on it. */
export interface Asked {
  readonly service: Service;
  readonly request: SeenRequest;
  /** Method and path, with `:id` where an object is named: the same for all requests of one kind. */
  readonly route: string;
  /** The object that it is about, when it names one. */
  readonly subject: string | undefined;
  readonly isWrite: boolean;
  /** Whether it asks for a list. */
  readonly isList: boolean;
  /** Whether it goes on where an earlier page ended. */
  readonly goesOn: boolean;
}

const named: Readonly<Record<Service, RegExp>> = {
  pi: /^(\/v2\/(?:payments|ads_network\/status)\/)(?!incomplete_server_payments)([^/]+)/,
  ledger: /^(\/(?:transactions|accounts)\/)([^/]+)/,
  mypit: /^$/,
  pinning: /^(\/pins\/)([^/]+)/,
  bitminter: /^(\/api\/users\/)([^/]+)/,
};
const lists: ReadonlySet<string> = new Set([
  'GET /pins',
  'GET /v2/payments/incomplete_server_payments',
  'GET /accounts/:id/transactions',
  'GET /transactions/:id/operations',
  'GET /api/pool/blocks',
  'GET /api/pool/shifts',
  'GET /api/pool/top50',
  'POST /getAllBadgeTemplatesByOwnerId',
  'POST /getHolders',
  'POST /getIssuedBadges',
]);

interface MyPitBody {
  readonly templateId?: string;
  readonly holderId?: string;
  readonly holderID?: string;
  readonly paginationOpts?: { readonly cursor?: string | null };
}

export function askedOf(service: Service, request: SeenRequest): Asked {
  const { method, path, query } = request;
  const body = service === 'mypit' && request.body !== '' ? (JSON.parse(request.body) as MyPitBody) : {};
  const route = `${method} ${path.replace(named[service], '$1:id')}`;
  const cursor = body.paginationOpts?.cursor ?? query.get('cursor') ?? query.get('before');
  return {
    service,
    request,
    route,
    subject: named[service].exec(path)?.[2] ?? body.templateId ?? body.holderID ?? body.holderId,
    isWrite: service === 'mypit' ? !/^\/(get|hello)/.test(path) : method !== 'GET',
    isList: lists.has(route),
    goesOn: typeof cursor === 'string' || Number(query.get('offset') ?? 0) > 0,
  };
}
