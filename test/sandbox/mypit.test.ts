import { afterEach, describe, expect, it } from 'vitest';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { worldCids } from '../../src/sandbox/world.js';
import { findCidInUrl } from '../../src/values/cid-in-url.js';
import { cidKey } from '../../src/values/cid.js';
import { caller, startTestSandbox, type SandboxAnswer, type TestSandbox } from '../support/start-sandbox.js';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };
interface Page {
  readonly page: readonly Row[];
  readonly hasMore?: boolean;
  readonly cursor?: string;
  readonly isDone?: boolean;
  readonly continueCursor?: string;
}

const open: TestSandbox[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

interface MyPitCaller {
  readonly sandbox: TestSandbox;
  readonly userId: string;
  readonly call: (operation: string, body: object, headers?: Record<string, string>) => Promise<SandboxAnswer>;
  readonly list: (operation: string) => Promise<readonly Row[]>;
}

async function start(): Promise<MyPitCaller> {
  const sandbox = await startTestSandbox();
  open.push(sandbox);
  const {
    MYPIT_BASE_URL = '',
    MYPIT_CLIENT_ID = '',
    MYPIT_SECRET_KEY = '',
    MYPIT_USER_ID: userId = '',
  } = sandbox.settings;
  const send = caller(MYPIT_BASE_URL, { clientId: MYPIT_CLIENT_ID, secretKey: MYPIT_SECRET_KEY });
  const call: MyPitCaller['call'] = (operation, body, headers) => send('POST', `/${operation}`, body, headers);
  return {
    sandbox,
    userId,
    call,
    list: async (operation) =>
      ((await call(operation, { userId, paginationOpts: { numItems: 100, cursor: null } })).json as Page).page,
  };
}

describe('the door', () => {
  it("opens to the pair of secrets, and for nobody else's user", async () => {
    const { sandbox, userId, call } = await start();
    const send = caller(sandbox.settings['MYPIT_BASE_URL'] ?? '');
    expect(await send('GET', '/hello')).toMatchObject({
      status: 400,
      json: { error: expect.stringContaining('clientId') },
    });
    expect(await send('GET', '/hello', undefined, { clientId: 'x', secretKey: 'y' })).toMatchObject({
      status: 401,
      json: { status: 401 },
    });
    expect(
      await call('getHolders', { userId: 'somebody', paginationOpts: { numItems: 1, cursor: null } }),
    ).toMatchObject({ status: 403 });
    expect(await call('getHolders/', { userId })).toMatchObject({ status: 404, text: 'No matching routes found' });
    expect(sandbox.settings['MYPIT_ISSUER_DID']).toMatch(/^did:ethr:0x[0-9a-f]{40}$/);
  });
});

describe('arguments', () => {
  it.each([
    ['another key', { paginationOpts: { numItems: 5, cursor: null, endCursor: null } }, 'extra field `endCursor`'],
    ['text for a number', { paginationOpts: { numItems: '5', cursor: null } }, 'numItems'],
    ['a cursor of nobody', { paginationOpts: { numItems: 5, cursor: '3.abc' } }, 'cursor'],
  ])('with %s are refused', async (_name, body, words) => {
    const { call, userId } = await start();
    const { status, text } = await call('getIssuedBadges', { userId, ...body });
    expect([status, text]).toEqual([400, expect.stringContaining(words)]);
  });

  it('of a holder are spelled as each call wants them', async () => {
    const { call, userId, list } = await start();
    const [holder] = await list('getHolders');
    expect(
      (
        await call('updateHolder', {
          holderId: holder?._id,
          issuerId: userId,
          data: { name: 'n', email: 'e', phone: 'p' },
        })
      ).status,
    ).toBe(400);
    expect(
      (
        await call('createHolder', {
          issuerDid: 'd',
          issuerId: userId,
          data: { name: 'n', email: 'e', phone: 'p', ownerId: userId, memo: null, holderDid: 'x', holderId: 'y' },
        })
      ).text,
    ).toContain('memo');
    const [template] = await list('getAllBadgeTemplatesByOwnerId');
    expect((await call('deleteHolder', { holderID: template?._id, issuerId: userId })).text).toContain(
      'Expected an ID for table holders',
    );
  });

  it('of one listing are no cursor of another', async () => {
    const { call, userId } = await start();
    const { json } = await call('getHolders', { userId, paginationOpts: { numItems: 5, cursor: null } });
    const cursor = (json as Page).continueCursor;
    expect(await call('getIssuedBadges', { userId, paginationOpts: { numItems: 5, cursor } })).toMatchObject({
      status: 400,
      json: { code: 'InvalidCursor' },
    });
  });
});

describe('listings', () => {
  it('are told in both dialects, to the end', async () => {
    const { call, userId } = await start();
    for (const [operation, count] of [
      ['getAllBadgeTemplatesByOwnerId', 12],
      ['getHolders', 28],
      ['getIssuedBadges', 60],
    ] as const) {
      const seen: string[] = [];
      let cursor: string | null = null;
      let page: Page;
      do {
        page = (await call(operation, { userId, paginationOpts: { numItems: 7, cursor } })).json as Page;
        seen.push(...page.page.map(({ _id }) => _id));
        expect(page).toHaveProperty(operation === 'getAllBadgeTemplatesByOwnerId' ? 'hasMore' : 'isDone');
        cursor = page.continueCursor ?? page.cursor ?? null;
      } while (page.hasMore ?? !page.isDone);
      expect([new Set(seen).size, seen.length]).toEqual([count, count]);
    }
  });

  it('have empty pages that are not the end, where rows were deleted', async () => {
    const { call, userId, list } = await start();
    for (const { _id } of (await list('getHolders')).slice(0, 3)) {
      expect((await call('deleteHolder', { holderID: _id, issuerId: userId })).json).toEqual({ success: true });
      expect((await call('deleteHolder', { holderID: _id, issuerId: userId })).status).toBe(404);
    }
    const { json } = await call('getHolders', { userId, paginationOpts: { numItems: 3, cursor: null } });
    expect(json).toMatchObject({ page: [], isDone: false });
  });
});

describe('the story', () => {
  it('shows each pinned image, pointed at in every way', async () => {
    const templates = await (await start()).list('getAllBadgeTemplatesByOwnerId');
    const shown = templates.map(({ imageUrl }) => findCidInUrl(String(imageUrl))).filter((cid) => cid !== undefined);
    const images = new Set(Object.values(worldCids).map(cidKey));
    expect(shown).toHaveLength(11);
    expect(shown.every((cid) => images.has(cidKey(cid)))).toBe(true);
    expect(templates.filter(({ isActive }) => isActive === false)).toHaveLength(1);
  });

  it('knows the people who are signed in with Pi', async () => {
    const { call, userId } = await start();
    for (const { uid, username } of Object.values(piUsers)) {
      expect((await call('getHolderById', { userId, holderId: uid })).json).toMatchObject({
        holderId: uid,
        name: username,
      });
    }
  });

  it('has badges of templates and holders that there are', async () => {
    const { list } = await start();
    const [templates, holders, badges] = await Promise.all([
      list('getAllBadgeTemplatesByOwnerId'),
      list('getHolders'),
      list('getIssuedBadges'),
    ]);
    const ids = new Set([...templates, ...holders].map(({ _id }) => _id));
    for (const badge of badges)
      expect([ids.has(String(badge['templateId'])), ids.has(String(badge['recipientId']))]).toEqual([true, true]);
    expect(new Set(badges.map(({ recipientId }) => recipientId)).size).toBeGreaterThan(20);
  });
});

describe('changes', () => {
  it('make, change and switch off a template', async () => {
    const { call, userId, sandbox } = await start();
    const body = {
      userId,
      imageUrl: 'https://x.example/a.png',
      typeOfBadge: 'finance',
      name: 'New',
      validityPeriod: 5,
      description: '',
      criteria: '',
      price: 1,
    };
    const { _id: templateId } = (await call('createBadgeTemplate', body)).json as Row;
    expect((await call('getASingleBadgeTemplate', { userId, templateId })).json).toMatchObject({
      name: 'New',
      type: 'finance',
      validityPeriod: 5,
      ownerId: userId,
      createdAt: sandbox.now(),
      isActive: true,
    });
    const data = {
      name: 'Newer',
      type: 'finance',
      description: '',
      criteria: '',
      validityPeriod: 5,
      backgroundColor: '#fff',
      textColor: '#000',
      price: 1,
      updatedAt: 7,
    };
    expect((await call('updateBadgeTemplate', { userId, templateId, data })).json).toEqual({ _id: templateId });
    await call('deleteBadgeTemplate', { userId, templateId });
    expect((await call('getASingleBadgeTemplate', { userId, templateId })).json).toMatchObject({
      name: 'Newer',
      updatedAt: 7,
      isActive: false,
    });
  });

  it('issue badges to those who are holders', async () => {
    const { call, userId, list } = await start();
    const [holders, templates] = [await list('getHolders'), await list('getAllBadgeTemplatesByOwnerId')];
    const issue = (recipientIds: readonly unknown[], changes = {}) =>
      call('issueBadge', {
        userId,
        validityPeriod: 10,
        templateId: templates[0]?._id,
        badgeData: { gw_idem: 'm' },
        recipientIds,
        type: 'achievement',
        ...changes,
      });
    expect((await issue([holders[0]?._id])).json).toMatchObject({
      status: 'success',
      issuedBadges: [expect.any(String)],
    });
    expect((await issue([holders[0]?._id, 'nobody'])).json).toMatchObject({
      status: 'partial',
      details: { successful: [holders[0]?._id], failed: [{ recipientId: 'nobody', error: 'holder not found' }] },
    });
    expect((await issue(['nobody'])).json).toMatchObject({ status: 'failed', issuedBadges: [] });
    expect((await issue([], { type: 'finance' })).status).toBe(400);
    expect((await list('getIssuedBadges')).slice(60)).toMatchObject([
      { badgeData: { gw_idem: 'm' }, status: 'issued' },
      {},
    ]);
  });
});
