import { carriedOut } from './changes-pins.js';
import type { Change } from './changes.js';
import type { StormWorld } from './world.js';

interface Row {
  readonly _id: string;
  readonly name: string;
  readonly description?: string;
  readonly isActive?: boolean;
}

const issuer = { type: 'ACHIEVEMENT', imageUrl: 'https://images.example/a.png' } as const;

async function putTemplate(world: StormWorld): Promise<string> {
  const { json } = await world.mypit('createBadgeTemplate', {
    imageUrl: issuer.imageUrl,
    typeOfBadge: 'achievement',
    name: world.tag(),
    validityPeriod: 0,
    description: 'as it was',
    criteria: '',
    price: 0,
  });
  return (json as Row)._id;
}

async function template(world: StormWorld, templateId: string): Promise<Row> {
  return (await world.mypit('getASingleBadgeTemplate', { templateId })).json as Row;
}

async function holder(world: StormWorld, holderId: string): Promise<Row | undefined> {
  const { status, json } = await world.mypit('getHolderById', { holderId });
  return status === 404 ? undefined : (json as Row);
}

async function putHolder(world: StormWorld): Promise<string> {
  const tag = world.tag();
  return world.newHolder({
    name: tag,
    email: `${tag}@mail.example`,
    phone: '+4712345678',
    holderDid: `did:web:${tag}.example`,
    holderId: tag,
  });
}

const change = (name: string, more: Omit<Change, 'name' | 'service' | 'keys' | 'adds'> & Partial<Change>): Change => ({
  name,
  service: 'mypit',
  keys: 'no',
  adds: false,
  ...more,
});

export const badgeChanges: readonly Change[] = [
  change('createBadgeTemplate', {
    adds: true,
    payload: 'badgeTemplate { templateId name }',
    madeId: (result) => result.badgeTemplate?.templateId,
    async prepare(world) {
      const name = world.tag();
      return { input: { name, ...issuer }, effects: () => carriedOut(world, 'POST', name) };
    },
  }),
  change('updateBadgeTemplate', {
    payload: 'badgeTemplate { templateId name }',
    async prepare(world) {
      const [templateId, description] = [await putTemplate(world), world.tag()];
      return {
        input: { templateId, description },
        effects: async () => ((await template(world, templateId)).description === description ? 1 : 0),
      };
    },
  }),
  change('deleteBadgeTemplate', {
    payload: 'deletedTemplateId',
    async prepare(world) {
      const templateId = await putTemplate(world);
      const effects = async () => ((await template(world, templateId)).isActive === false ? 1 : 0);
      return { input: { templateId }, effects };
    },
  }),
  change('createHolder', {
    adds: true,
    payload: 'holder { holderId name }',
    madeId: (result) => result.holder?.holderId,
    async prepare(world) {
      const name = world.tag();
      const input = {
        name,
        email: `${name}@mail.example`,
        phone: '+4712345678',
        did: `did:web:${name}.example`,
        externalId: `ext-${name}`,
      };
      return { input, effects: () => carriedOut(world, 'POST', name) };
    },
  }),
  change('updateHolder', {
    payload: 'holder { holderId name }',
    async prepare(world) {
      const [holderId, name] = [await putHolder(world), world.tag()];
      return {
        input: { holderId, name },
        effects: async () => ((await holder(world, holderId))?.name === name ? 1 : 0),
      };
    },
  }),
  change('deleteHolder', {
    payload: 'deletedHolderId',
    async prepare(world) {
      const holderId = await putHolder(world);
      return { input: { holderId }, effects: async () => ((await holder(world, holderId)) ? 0 : 1) };
    },
  }),
  change('issueBadge', {
    keys: 'must',
    adds: true,
    once: true,
    payload: 'status results { recipientId outcome badgeId }',
    /** Rows that are unknown leave the whole open. */
    told: ({ results = [] }) =>
      results.some(({ outcome }) => outcome === 'UNKNOWN')
        ? 'unknown'
        : results.every(({ outcome }) => outcome === 'ISSUED')
          ? 'done'
          : 'denied',
    async prepare(world) {
      const [templateId, tag] = [await putTemplate(world), world.tag()];
      const recipientIds = world.landmarks.holders.slice(3, 6);
      return {
        input: { templateId, recipientIds, data: { tag } },
        effects: () => carriedOut(world, 'POST', tag),
      };
    },
  }),
];
