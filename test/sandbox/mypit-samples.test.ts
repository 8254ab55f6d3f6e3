import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestSandbox, type TestSandbox } from '../support/start-sandbox.js';

/** The sample client of MyPit's documentation, call by call, with types added: it leaves cursors out. */
class MyPitAPIClient {
  constructor(
    private readonly clientId: string,
    private readonly secretKey: string,
    private readonly baseUrl: string,
  ) {}

  async makeRequest(endpoint: string, method = 'POST', data: object | null = null): Promise<Record<string, unknown>> {
    const headers = { 'Content-Type': 'application/json', clientId: this.clientId, secretKey: this.secretKey };
    const config: RequestInit = { method, headers };
    if (data && method !== 'GET') config.body = JSON.stringify(data);
    const response = await fetch(`${this.baseUrl}${endpoint}`, config);
    if (!response.ok) {
      const error = (await response.json()) as { error: string };
      throw new Error(`API Error: ${error.error}`);
    }
    return (await response.json()) as Record<string, unknown>;
  }

  healthCheck = () => this.makeRequest('/hello', 'GET');
  createBadgeTemplate = (data: object) => this.makeRequest('/createBadgeTemplate', 'POST', data);
  getBadgeTemplates = (userId: string, paginationOpts: object) =>
    this.makeRequest('/getAllBadgeTemplatesByOwnerId', 'POST', { userId, paginationOpts });
  createHolder = (data: object) => this.makeRequest('/createHolder', 'POST', data);
  getHolders = (userId: string, paginationOpts: object) =>
    this.makeRequest('/getHolders', 'POST', { userId, paginationOpts });
  issueBadge = (data: object) => this.makeRequest('/issueBadge', 'POST', data);
  getIssuedBadges = (userId: string, paginationOpts: object) =>
    this.makeRequest('/getIssuedBadges', 'POST', { userId, paginationOpts });
}

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.close());

it('runs the sample programs: health, holders, template, badges by the integrator’s ids, lists without a cursor', async () => {
  const { MYPIT_BASE_URL = '', MYPIT_CLIENT_ID = '', MYPIT_SECRET_KEY = '', MYPIT_USER_ID = '' } = sandbox.settings;
  const client = new MyPitAPIClient(MYPIT_CLIENT_ID, MYPIT_SECRET_KEY, MYPIT_BASE_URL);
  const userId = MYPIT_USER_ID;
  expect(await client.healthCheck()).toEqual({ message: expect.any(String) });
  for (const [holderId, holderDid] of [
    ['holder789', 'did:ethr:0x456'],
    ['holder101', 'did:ethr:0x789'],
  ])
    await client.createHolder({
      issuerDid: 'did:ethr:0x123',
      issuerId: userId,
      data: {
        name: 'John Doe',
        email: 'john@example.com',
        phone: '+1234567890',
        ownerId: userId,
        holderDid,
        holderId,
      },
    });
  const template = await client.createBadgeTemplate({
    userId,
    imageUrl: 'https://example.com/badge.png',
    typeOfBadge: 'achievement',
    name: 'Course Completion',
    validityPeriod: 365,
    description: 'Awarded for completing the course',
    criteria: 'Complete all modules and pass final exam',
    price: 0,
  });
  const issued = await client.issueBadge({
    userId,
    validityPeriod: 365,
    templateId: template['_id'],
    badgeData: { courseId: 'course456' },
    recipientIds: ['holder789', 'holder101'],
    type: 'achievement',
  });
  expect(issued).toEqual({ issuedBadges: [expect.any(String), expect.any(String)], status: 'success' });
  for (const list of [client.getBadgeTemplates, client.getHolders, client.getIssuedBadges])
    expect((await list(userId, { numItems: 100 }))['page']).not.toEqual([]);
  const badges = (await client.getIssuedBadges(userId, { numItems: 100 }))['page'] as { recipientId: string }[];
  expect(badges.map(({ recipientId }) => recipientId)).toEqual(expect.arrayContaining(['holder789', 'holder101']));
});
