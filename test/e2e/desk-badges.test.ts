import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithChromium, shareBrowser, type BrowserShare } from '../support/browser.js';
import { startDesk, type DeskRig } from '../support/desk.js';

/** More than one page of holders, and many times what is sent at once. */
const PEOPLE = 117;
const person = (at: number) => `walker-${String(at).padStart(4, '0')}`;

/** Puts holders straight into the sandbox's MyPit for the list. */
async function addPeople({ sandbox: { settings } }: DeskRig): Promise<void> {
  const add = async (at: number) => {
    const answer = await fetch(`${settings['MYPIT_BASE_URL']}/createHolder`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        clientId: settings['MYPIT_CLIENT_ID'] ?? '',
        secretKey: settings['MYPIT_SECRET_KEY'] ?? '',
      },
      body: JSON.stringify({
        issuerDid: settings['MYPIT_ISSUER_DID'],
        issuerId: settings['MYPIT_USER_ID'],
        data: {
          name: `Walker ${at}`,
          email: `${person(at)}@hollow-creek.example`,
          phone: '+15550100',
          ownerId: settings['MYPIT_USER_ID'],
          holderDid: `did:example:${person(at)}`,
          holderId: person(at),
        },
      }),
    });
    expect(answer.status).toBe(200);
  };
  for (let at = 0; at < PEOPLE; at += 50)
    await Promise.all(Array.from({ length: Math.min(50, PEOPLE - at) }, (_, more) => add(at + more)));
}

interface IssuedAnswer {
  readonly data: {
    readonly issuedBadges: {
      readonly nodes: readonly {
        readonly recipientId: string;
        readonly state: string;
        readonly template: { readonly name: string };
      }[];
    };
  };
}

describeWithChromium('badges on the desk', { timeout: 180_000 }, () => {
  let browser: BrowserShare;
  let desk: DeskRig;
  beforeAll(async () => {
    [browser, desk] = await Promise.all([shareBrowser(), startDesk()]);
    await addPeople(desk);
  });
  afterAll(async () => {
    await browser?.close();
    await desk?.close();
  });

  const issued = () => desk.sent.filter((call) => call === 'POST /issueBadge').length;

  async function prepare(page: Page, list: string): Promise<void> {
    await page.goto(`${desk.url}/desk#/badges/issue`);
    await page.getByLabel('Template').selectOption({ label: 'Beekeeper' });
    await page.getByLabel('People, one a line').fill(list);
    await page.getByRole('button', { name: 'Check the list' }).click();
    await page.getByRole('heading', { name: 'Row by row' }).waitFor();
  }

  async function press(page: Page, button: string | RegExp): Promise<void> {
    await page.getByRole('button', { name: button }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Issue (them|it)$/ })
      .click();
  }

  it('issues a long list with three bad rows: each is told, the others have one badge each, pressed twice', async () => {
    const page = await desk.open(browser, 'sandbox-operator-key');
    const rows = Array.from({ length: PEOPLE }, (_, at) => `${person(at)},"spring, late",${at % 9}`);
    const bad = ['nobody-of-this-name,spring,1', ',spring,2', `${person(7)},autumn,3`];
    const lines = ['recipient,season,hours', ...rows.slice(0, 100), bad[0], ...rows.slice(100), ...bad.slice(1)];
    await prepare(page, lines.join('\r\n'));
    await page.getByText(`3 bad rows, ${PEOPLE} to go`).waitFor();
    await page.getByLabel('Only rows with trouble (3)').check();
    const told = await page.locator('.list-rows > li').allInnerTexts();
    expect(told.map((text) => text.replaceAll(/\s+/g, ' '))).toEqual([
      '102 nobody-of-this-name No holder has this id. bad row',
      `${PEOPLE + 3} nobody Nobody is named. bad row`,
      `${PEOPLE + 4} Walker 7 ${person(7)} The same person as in line 9. bad row`,
    ]);
    await press(page, `Issue ${PEOPLE} badges`);
    const done = page.getByText(`${PEOPLE} issued, 0 failed, 0 unclear, 3 bad rows, 0 to go.`);
    await done.waitFor({ timeout: 120_000 });
    // All have theirs: sending the list again would do nothing, and is not the main thing to do.
    expect(await page.getByRole('button', { name: 'Send the list again' }).getAttribute('class')).toBeNull();
    expect(issued()).toBe(PEOPLE);
    expect(await page.getByRole('progressbar', { name: 'Rows that have an answer' }).getAttribute('value')).toBe(
      String(PEOPLE),
    );
    await press(page, 'Send the list again');
    await page.getByText('Under way.').waitFor();
    await done.waitFor({ timeout: 120_000 });
    expect(issued(), 'pressed again').toBe(PEOPLE);
    await page.context().close();
  });

  it('goes on with the same keys after a reload, and with others in a new batch', async () => {
    const page = await desk.open(browser, 'sandbox-operator-key');
    const before = issued();
    await prepare(page, `${person(1)}\n${person(2)}`);
    await press(page, 'Issue 2 badges');
    await page.getByText('2 issued, 0 failed').waitFor();
    expect(issued()).toBe(before + 2);
    await page.reload();
    await page.getByRole('button', { name: 'Check the list' }).click();
    await press(page, 'Issue 2 badges');
    await page.getByText('2 issued, 0 failed').waitFor();
    expect(issued(), 'after a reload').toBe(before + 2);
    await page.getByRole('button', { name: 'New batch' }).click();
    await prepare(page, person(1));
    await page.getByText('1 person has this badge already.').waitFor();
    await page.locator('.list-rows > li').filter({ hasText: 'Has this badge already, since' }).waitFor();
    await press(page, 'Issue 1 badge');
    await page.getByText('1 issued, 0 failed').waitFor();
    expect(issued(), 'in a new batch').toBe(before + 3);
    await page.context().close();
  });

  it('warns of those who have the badge already, also in another tab, and leaves them out when told to', async () => {
    const page = await desk.open(browser, 'sandbox-operator-key');
    const before = issued();
    await page.goto(`${desk.url}/desk#/badges/issue`);
    await page.getByLabel('Template').selectOption({ label: 'Harvest Helper' });
    // One who has it since the start, and one who has not.
    const holder = await holderOf('Harvest Helper');
    expect(holder).not.toBe('');
    await page.getByLabel('People, one a line').fill(`${holder}\n${person(5)}`);
    await page.getByRole('button', { name: 'Check the list' }).click();
    await page.getByText('1 person has this badge already.').waitFor();
    await page.getByRole('button', { name: 'Issue 2 badges' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.innerText()).toMatch(/1 person has this badge already: .+ \(since .+\)\./);
    await dialog.getByLabel('Leave them out').check();
    await dialog.getByText('Issue 1 badge?').waitFor();
    await dialog.getByRole('button', { name: 'Issue it' }).click();
    await page.getByText('1 issued, 0 failed').waitFor();
    expect(issued()).toBe(before + 1);
    await page.getByRole('link', { name: 'Who holds what' }).click();
    const fresh = page.getByRole('list', { name: 'Issued in this tab' }).getByRole('listitem');
    await fresh.filter({ hasText: /Walker 5[\s\S]*Harvest Helper/ }).waitFor();
    await page.getByText('MyPit has no order by date').waitFor();
    await page.context().close();
  });

  /** Somebody who holds an active badge of a template. */
  async function holderOf(template: string): Promise<string> {
    const answer = await fetch(`${desk.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gateway-key': 'sandbox-operator-key' },
      body: JSON.stringify({
        query: '{ issuedBadges(first: 100) { nodes { recipientId state template { name } } } }',
      }),
    });
    const { data }: IssuedAnswer = await answer.json();
    const found = data.issuedBadges.nodes.find(
      ({ state, template: { name } }) => state === 'ACTIVE' && name === template,
    );
    return found?.recipientId ?? '';
  }

  it('takes a dropped file, and shows who holds what', async () => {
    const page = await desk.open(browser, 'sandbox-operator-key');
    await page.goto(`${desk.url}/desk#/badges/issue`);
    await page.getByText('Before the list can be checked, choose a template and say who gets it.').waitFor();
    await page.getByLabel('Template').selectOption({ label: 'First Aid' });
    await page.getByText('Before the list can be checked, say who gets it.').waitFor();
    const buffer = Buffer.from(`uid\n${person(3)}\n`);
    await page.getByLabel('Choose a file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: 'Check the list' }).click();
    await press(page, 'Issue 1 badge');
    await page.getByText('1 issued, 0 failed').waitFor();
    await page.getByRole('link', { name: 'Who holds what' }).click();
    await page.getByLabel('Holder').fill(person(3));
    await page.getByRole('button', { name: 'Filter' }).click();
    const matching = page.getByRole('region', { name: 'Badges that match' }).getByRole('listitem');
    await matching.filter({ hasText: 'First Aid' }).waitFor();
    await expect.poll(() => matching.count()).toBe(2);
    await page.context().close();
  });
});
