import { numberOf, sha256Hex } from '../names.js';
import { piUsers } from '../pi/users.js';
import { worldCids, worldImageV0, type WorldImage } from '../world.js';
import { idOf } from './ids.js';
import type { BadgeRecord, HolderRecord, Seed, TemplateRecord } from './records.js';

const DAY_MS = 86_400_000;

/** The co-op as the backend knows it. */
export const issuer = { userId: idOf('users', 'hollow-creek'), did: didOf('hollow-creek') } as const;

interface TemplateStory {
  readonly image: WorldImage;
  readonly name: string;
  readonly type: string;
  readonly days: number;
  readonly price?: number;
  /** How its image is pointed at. */
  readonly url: 'ipfs' | 'path' | 'host' | 'v0' | 'plain';
  readonly inactive?: boolean;
  readonly plain?: boolean;
}

const templateStories: readonly TemplateStory[] = [
  { image: 'harvest.png', name: 'Harvest Helper', type: 'achievement', days: 365, url: 'v0' },
  { image: 'tractor.png', name: 'Tractor Licence', type: 'mobility', days: 730, price: 12.5, url: 'path' },
  { image: 'apiary.png', name: 'Beekeeper', type: 'achievement', days: 0, url: 'ipfs' },
  { image: 'orchard.png', name: 'Orchard Keeper', type: 'achievement', days: 365, url: 'host' },
  { image: 'seedling.png', name: 'First Season', type: 'achievement', days: 0, url: 'ipfs' },
  { image: 'compost.png', name: 'Compost Master', type: 'achievement', days: 180, url: 'path' },
  { image: 'greenhouse.png', name: 'Greenhouse Key', type: 'mobility', days: 90, url: 'host' },
  { image: 'irrigation.png', name: 'Irrigation Crew', type: 'achievement', days: 365, url: 'ipfs' },
  { image: 'market-day.png', name: 'Market Stall', type: 'finance', days: 30, price: 4.25, url: 'path' },
  { image: 'first-aid.png', name: 'First Aid', type: 'healthcare', days: 730, url: 'ipfs' },
  { image: 'bookkeeper.png', name: 'Bookkeeper', type: 'finance', days: 365, url: 'plain', plain: true },
  { image: 'barn-raising.png', name: 'Barn Raising 2023', type: 'achievement', days: 0, url: 'ipfs', inactive: true },
];

function imageUrl({ image, url }: TemplateStory): string {
  const cid = worldCids[image];
  switch (url) {
    case 'ipfs':
      return `ipfs://${cid}`;
    case 'path':
      return `https://gateway.hollow-creek.example/ipfs/${cid}?filename=${image}`;
    case 'host':
      return `https://${cid}.ipfs.hollow-creek.example/`;
    case 'v0':
      return `ipfs://${worldImageV0(image)}`;
    case 'plain':
      return `https://www.hollow-creek.example/badges/${image}`;
  }
}

function templates(now: number): TemplateRecord[] {
  return templateStories.map((story, index) => {
    const createdAt = now - (120 - index * 7) * DAY_MS - numberOf(story.name, 36_000_000);
    return {
      _id: idOf('templates', story.name),
      _creationTime: createdAt + numberOf(story.name, 1_000) / 1_000,
      name: story.name,
      type: story.type,
      description: `For members of the co-op: ${story.name.toLowerCase()}.`,
      criteria: story.plain ? '' : 'Shown on the field, seen by two members.',
      validityPeriod: story.days,
      imageUrl: imageUrl(story),
      ...(!story.plain && { backgroundColor: '#2F4A2B', textColor: '#FDF8E7' }),
      price: story.price ?? 0,
      isActive: !story.inactive,
      ownerId: issuer.userId,
      createdAt,
      updatedAt: createdAt + numberOf(story.name, 5) * DAY_MS,
    };
  });
}

const names = [
  'Ines Farrow',
  'Tomas Reed',
  'Mira Oakes',
  'Jonah Vale',
  'Lucia Penn',
  'Emre Holt',
  'Noor Brandt',
  'Piet Marsh',
  'Sana Quill',
  'Otto Finch',
  'Greta Moss',
  'Yuki Thorne',
  'Dario Lund',
  'Amara Stone',
  'Felix Wren',
  'Hana Birch',
  'Ravi Cole',
  'Elsa Drew',
  'Musa Hale',
  'Katya Frost',
  'Leon Ash',
  'Tessa Brook',
  'Igor Field',
  'Paula Crane',
  'Nils Hazel',
  'Zoe Barrow',
];

function holders(now: number): HolderRecord[] {
  const people = [
    ...Object.values(piUsers).map(({ uid, username }) => ({ label: username, name: username, externalId: uid })),
    ...names.map((name, index) => ({ label: name, name, externalId: `crew-${String(index + 1).padStart(4, '0')}` })),
  ];
  return people.map(({ label, name, externalId }, index) => ({
    _id: idOf('holders', label),
    _creationTime: now - (110 - index * 3) * DAY_MS + 0.25,
    name,
    email: `${label.toLowerCase().replace(/[^a-z]+/g, '.')}@hollow-creek.example`,
    phone: `+1555010${String(index).padStart(2, '0')}`,
    ownerId: issuer.userId,
    holderDid: didOf(label),
    issuerDid: issuer.did,
    holderId: externalId,
    ...(index % 4 === 0 && { memo: 'Keeps a key to the shed' }),
  }));
}

/** Some words beside the usual one, as badges of years ago have them. */
const oddStatus = new Map([
  [7, 'revoked'],
  [19, 'pending approval'],
  [31, 'Valid'],
  [43, 'archived'],
]);
const BADGES = 60;

function badges(now: number, made: readonly TemplateRecord[], people: readonly HolderRecord[]): BadgeRecord[] {
  return Array.from({ length: BADGES }, (_, index) => {
    const template = made[index % (made.length - 2)];
    const holder = people[(index * 5) % people.length];
    if (!template || !holder) throw new Error('The story has templates and holders');
    const issuedAt = now - (100 - index * 1.5) * DAY_MS - numberOf(`badge ${index}`, 36_000_000);
    return {
      _id: idOf('badges', String(index)),
      _creationTime: issuedAt + 0.718,
      templateId: template._id,
      recipientId: holder._id,
      issuerId: issuer.userId,
      issuedAt,
      expiresAt: template.validityPeriod === 0 ? 0 : issuedAt + template.validityPeriod * DAY_MS,
      status: oddStatus.get(index) ?? 'issued',
      type: template.type,
      badgeData: { season: index % 2 === 0 ? 'spring' : 'autumn', hours: 4 + (index % 9) },
    };
  });
}

/** The account of the co-op. Ids are the same at every start; times are counted back from it. */
export function mypitSeed(now: number): Seed {
  const made = templates(now);
  const people = holders(now);
  return { templates: made, holders: people, badges: badges(now, made, people) };
}

function didOf(label: string): string {
  return `did:ethr:0x${sha256Hex(`did/${label}`).slice(0, 40)}`;
}
