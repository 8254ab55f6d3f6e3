import type { ServerResponse } from 'node:http';
import { USER_ID, wireBadge, wireTemplate } from '../../providers/mypit-support.js';
import { flags, wirePayment } from '../../providers/pi-support.js';
import { fakeUpstream, type FakeAnswer, type FakeUpstream, type SeenRequest } from '../../support/fake-upstream.js';
import { wirePin } from '../../support/graph-pins.js';
import { isRefusal, meet, type Fate } from './fates.js';

export type Wire = Record<string, unknown>;

/** An effect that somebody pays for, under the key that it was asked for with. */
export interface Effect {
  readonly kind: 'pay' | 'badge' | 'pin';
  readonly key: string;
  /** The payment's, the badge's or the request's id. */
  readonly id: string;
  readonly amount: number;
  readonly day: string;
}

/** A payout that arrived; `counts` unless its sender was told for sure that nothing came of it. */
export interface Post {
  readonly day: string;
  readonly amount: number;
  readonly counts: boolean;
}

/** The three upstreams where a write costs money, with all that they ever did. */
export interface Upstreams {
  readonly pi: FakeUpstream;
  readonly mypit: FakeUpstream;
  readonly pinning: FakeUpstream;
  readonly payments: Map<string, Wire>;
  readonly effects: Effect[];
  readonly payouts: Post[];
  /** From here on POSTs meet this, and looks fail, if they are to, once one has arrived, or at once. */
  meet(fate: Fate, blind: boolean | 'at once'): void;
  /** Told of every POST before it takes effect and after its answer went out. */
  onPost: (moment: 'before' | 'after') => void;
  /** POSTs that met anything but a plain answer. */
  faults: number;
  /** Whether Pi refuses a payout while another one is open. */
  oneAtATime: boolean;
  /** Whether MyPit shows what badges were issued with. */
  showsData: boolean;
  close(): Promise<void>;
}

const dayOnTheWall = (): string => new Date().toISOString().slice(0, 10);

/** `day` tells on which day a payout counts. */
export async function startUpstreams(day = dayOnTheWall): Promise<Upstreams> {
  const payments = new Map<string, Wire>();
  const effects: Effect[] = [];
  const payouts: Post[] = [];
  const badges: Wire[] = [];
  const pins: Wire[] = [];
  let now: { readonly fate: Fate; readonly blind: boolean | 'at once' } = { fate: 'ok', blind: false };
  let posted = false;
  let made = 0;
  const nextId = (kind: string): string => `${kind}-${(made += 1)}`;

  /** A POST with its fate, or a look. */
  function answer(
    look: (request: SeenRequest) => FakeAnswer,
    act: (request: SeenRequest) => FakeAnswer,
    isPost: (request: SeenRequest) => boolean,
  ) {
    return (request: SeenRequest, response: ServerResponse): FakeAnswer | undefined => {
      if (!isPost(request)) return posted && now.blind !== false ? { status: 500, body: '' } : look(request);
      upstreams.onPost('before');
      notePayout(request);
      if (response.destroyed) return undefined;
      posted = true;
      if (now.fate !== 'ok') upstreams.faults += 1;
      response.once('finish', () => upstreams.onPost('after'));
      return meet(now.fate, () => act(request), response);
    };
  }

  const isOpen = ({ direction, status }: Wire): boolean => {
    const { cancelled, developer_completed: completed } = status as Record<string, boolean>;
    return direction === 'app_to_user' && !cancelled && !completed;
  };

  function notePayout({ path, body }: SeenRequest): void {
    if (!path.endsWith('/payments')) return;
    const { payment } = JSON.parse(body) as { payment: { amount: number } };
    payouts.push({ day: day(), amount: payment.amount, counts: !isRefusal(now.fate) && inTheWay() === undefined });
  }

  const inTheWay = (): Wire | undefined => (upstreams.oneAtATime ? [...payments.values()].find(isOpen) : undefined);

  function actPi({ path, body }: SeenRequest): FakeAnswer {
    const [, , , id = '', verb = ''] = path.split('/');
    const asked = JSON.parse(body) as { payment?: Wire; txid?: string };
    if (id === '') {
      const another = inTheWay();
      if (another) return { status: 400, body: { error: 'ongoing_payment_found', payment: another } };
      const { uid, ...rest } = asked.payment ?? {};
      const payment = wirePayment({
        ...rest,
        identifier: nextId('payout'),
        user_uid: uid,
        direction: 'app_to_user',
        created_at: new Date().toISOString(),
        status: flags('developer_approved'),
      });
      const { key } = rest['metadata'] as { key: string };
      effects.push({ kind: 'pay', key, id: String(payment['identifier']), amount: Number(rest['amount']), day: day() });
      payments.set(String(payment['identifier']), payment);
      return { body: payment };
    }
    const payment = payments.get(id);
    if (!payment) return { status: 404, body: { error: 'payment_not_found' } };
    const status = { ...(payment['status'] as Record<string, boolean>) };
    if (verb === 'complete' && status['cancelled']) return { status: 400, body: { error: 'payment_cancelled' } };
    if (verb === 'cancel') status['cancelled'] = true;
    if (verb === 'approve') status['developer_approved'] = true;
    if (verb === 'complete') Object.assign(status, { developer_completed: true, transaction_verified: true });
    const transaction =
      verb === 'complete' ? { txid: asked.txid, verified: true, _link: 'https://a.example/' } : payment['transaction'];
    const changed = { ...payment, status, transaction };
    payments.set(id, changed);
    return { body: changed };
  }

  function lookPi({ path }: SeenRequest): FakeAnswer {
    const id = path.split('/').at(-1) ?? '';
    if (id === 'me') return { status: 401, body: '' };
    if (id === 'incomplete_server_payments') return { body: { [id]: [...payments.values()].filter(isOpen) } };
    const payment = payments.get(id);
    return payment ? { body: payment } : { status: 404, body: { error: 'payment_not_found' } };
  }

  function actMyPit({ body }: SeenRequest): FakeAnswer {
    const { badgeData, recipientIds, templateId } = JSON.parse(body) as {
      badgeData: { key: string };
      recipientIds: string[];
      templateId: string;
    };
    const issued = recipientIds.map((recipientId) => {
      const id = nextId('badge');
      effects.push({ kind: 'badge', key: `${badgeData.key} ${recipientId}`, id, amount: 1, day: day() });
      badges.push(
        wireBadge({
          _id: id,
          recipientId,
          templateId,
          issuerId: USER_ID,
          issuedAt: Date.now(),
          badgeData: upstreams.showsData ? badgeData : undefined,
        }),
      );
      return id;
    });
    return { body: issued };
  }

  const lookMyPit = ({ path }: SeenRequest): FakeAnswer =>
    path === '/getIssuedBadges' ? { body: { page: badges, hasMore: false } } : { body: wireTemplate() };

  function actPinning({ body }: SeenRequest): FakeAnswer {
    const pin = JSON.parse(body) as { cid: string; meta: { key: string } };
    const row = wirePin(nextId('pin'), { created: new Date().toISOString(), pin }) as Wire;
    effects.push({ kind: 'pin', key: pin.meta.key, id: String(row['requestid']), amount: 1, day: day() });
    pins.unshift(row);
    return { status: 202, body: row };
  }

  function lookPinning({ path, query }: SeenRequest): FakeAnswer {
    if (path !== '/pins') return { body: pins.find(({ requestid }) => path.endsWith(`/${String(requestid)}`)) ?? {} };
    const asked = query.get('cid')?.split(',');
    const rows = pins.filter(({ pin }) => asked === undefined || asked.includes((pin as { cid: string }).cid));
    return { body: { count: rows.length, results: rows.slice(0, Number(query.get('limit') ?? 10)) } };
  }

  const byMethod = ({ method }: SeenRequest): boolean => method === 'POST';
  const [pi, mypit, pinning] = await Promise.all([
    fakeUpstream(answer(lookPi, actPi, byMethod)),
    fakeUpstream(answer(lookMyPit, actMyPit, ({ path }) => path === '/issueBadge')),
    fakeUpstream(answer(lookPinning, actPinning, byMethod)),
  ]);
  const upstreams: Upstreams = {
    pi,
    mypit,
    pinning,
    payments,
    effects,
    payouts,
    faults: 0,
    oneAtATime: false,
    showsData: true,
    onPost: () => {},
    meet(fate, blind) {
      now = { fate, blind };
      posted = blind === 'at once';
    },
    async close() {
      await Promise.all([pi, mypit, pinning].map((upstream) => upstream.close()));
    },
  };
  return upstreams;
}
