import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the upstream double holds. Shapes come from the examples of `schema/upstream`. */

const examples = join(process.cwd(), 'schema/upstream');
const cid = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';

interface Example<Body> {
  readonly response: { readonly body: Body };
}

function exampleBody<Body>(name: string): Body {
  const example = JSON.parse(readFileSync(join(examples, name), 'utf8')) as Example<Body>;
  return example.response.body;
}

export interface WirePin {
  readonly requestid: string;
  readonly status: string;
  readonly created: string;
  readonly pin: {
    readonly cid: string;
    readonly name?: string;
    readonly origins?: string[];
    readonly meta?: Record<string, string>;
  };
  readonly delegates: string[];
  readonly info: Record<string, string>;
}

/** One pin as a pinning service shows it; no two are of one instant. */
function wirePin(index: number, id: string, status: string, changes: number): WirePin {
  return {
    requestid: id,
    status,
    created: new Date(1_772_445_600_120 - index * 1_000).toISOString(),
    pin: {
      cid,
      name: `file-${index}.car`,
      origins: ['/ip4/203.0.113.7/tcp/4001/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'],
      meta: { app: 'shop', item: String(index) },
    },
    delegates: ['/dnsaddr/node-1.example.net/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'],
    info: { status_details: `step ${changes}`, dag_size: '52428800', pinned_until: '2027-03-02T10:00:00Z' },
  };
}

export const pinned = Array.from({ length: 200 }, (_none, index) => wirePin(index, `pin-${index}`, 'pinned', 0));

/** Pins under way; each look finds something new, so that their pollers keep to the first interval. */
export const WATCHED = 200;
export const underWay = (look: number): WirePin[] =>
  Array.from({ length: WATCHED }, (_none, index) => wirePin(index, `watch-${index}`, 'pinning', look));

type Template = Readonly<Record<string, unknown>>;
const template = exampleBody<Template>('mypit/examples/getASingleBadgeTemplate.ok.json');
const holder = exampleBody<Template>('mypit/examples/getHolderById.ok.json');
const [badge = {}] = exampleBody<{ page: Template[] }>('mypit/examples/getIssuedBadges.convex-last.json').page;

/** 50 badges of 10 templates, issued to 25 holders. */
export const templates = Array.from({ length: 10 }, (_none, index) => ({
  ...template,
  _id: `template${index}`,
  name: `Template ${index}`,
}));
export const holders = Array.from({ length: 25 }, (_none, index) => ({
  ...holder,
  _id: `holder${index}`,
  name: `Holder ${index}`,
  holderId: `crew-${index}`,
}));
export const badges = Array.from({ length: 50 }, (_none, index) => ({
  ...badge,
  _id: `badge${index}`,
  templateId: `template${index % 10}`,
  recipientId: `holder${index % 25}`,
}));

export const poolStats = exampleBody<object>('bitminter/examples/getPoolStats.ok.json');
export const payment = exampleBody<{ readonly identifier: string }>('pi/examples/getPayment.completed.json');
