import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { paymentSeed } from '../../src/sandbox/pi/seed.js';
import { piUsers } from '../../src/sandbox/pi/users.js';
import { describeWithChromium, shareBrowser, type BrowserShare } from '../support/browser.js';
import { startDesk, type DeskRig } from '../support/desk.js';

/** The id by which the page asks for a payment's transaction. */
const documents: Readonly<Record<string, string>> = JSON.parse(
  readFileSync('desk/generated/persisted-documents.json', 'utf8'),
);
const [askingTheLedger = ''] = Object.keys(documents).filter((id) =>
  documents[id]?.startsWith('query PaymentOnLedger'),
);

describeWithChromium('payments on the desk', { timeout: 60_000 }, () => {
  let browser: BrowserShare;
  let desk: DeskRig;
  beforeAll(async () => {
    [browser, desk] = await Promise.all([
      shareBrowser(),
      startDesk({ TRUSTED_ONLY: 'on', TRUSTED_DOCUMENTS: 'schema/operations' }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await desk?.close();
  });

  const dialog = (page: Page) => page.getByRole('dialog');
  const state = (page: Page) => page.locator('.payment > header .chip');
  const row = (page: Page, label: string) => page.locator('.compare tr').filter({ hasText: label });

  /** What the page says of a payment, once it has looked at the ledger. */
  const meaningOf = async (page: Page): Promise<string> => {
    const meaning = page.locator('.meaning').filter({ hasNotText: 'Looking at the ledger' });
    await meaning.waitFor();
    return meaning.innerText();
  };
  /** The changes that it offers, in their order, and which of them is the main one. */
  const offered = async (page: Page): Promise<readonly string[]> => {
    await meaningOf(page);
    return page
      .locator('.actions button:not(.quiet)')
      .evaluateAll((buttons) =>
        buttons.map((button) => `${button.textContent}${button.className === 'primary' ? ' (main)' : ''}`),
      );
  };

  /** Opens a payout at Pi, as a program of the app does before it signs anything. */
  async function openPayout(): Promise<void> {
    const { PI_BASE_URL: base, PI_API_KEY: key } = desk.sandbox.settings;
    const payment = { amount: 3, memo: 'Pruning, one day', metadata: {}, uid: piUsers.juniper.uid };
    const answer = await fetch(`${base}/payments`, {
      method: 'POST',
      headers: { authorization: `Key ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ payment }),
    });
    expect(answer.status).toBe(200);
  }

  /** Looks a payment up as an operator does who was given its id. */
  async function find(page: Page, paymentId: string): Promise<void> {
    await page.goto(`${desk.url}/desk#/payments`);
    await page.getByLabel('Payment id').fill(paymentId);
    await page.keyboard.press('Enter');
    await page.locator('.payment').waitFor();
  }

  it('of every payment of the sandbox it offers what can work, and no more', async () => {
    const page = await desk.open(browser, 'first-key');
    const found: Record<string, readonly string[]> = {};
    for (const paymentId of paymentSeed(Date.now()).map(({ identifier }) => identifier)) {
      await find(page, paymentId);
      await page.getByText(paymentId).first().waitFor();
      found[paymentId] = await offered(page);
    }
    const paid = ['Settle (main)', 'Complete'];
    const unpaid = ['Settle (main)', 'Cancel payment'];
    expect(found).toEqual({
      'completed-seedlings': [],
      'completed-honey': [],
      'payout-completed': [],
      'payout-cancelled': [],
      'cancelled-by-app': [],
      'cancelled-by-user': [],
      'submitted-wrong-memo': [],
      'unseen-damsons': paid,
      'unseen-plums': paid,
      'wrong-amount-quinces': [],
      'submitted-cider': paid,
      'submitted-apples': paid,
      'verified-squash': paid,
      'approved-eggs': unpaid,
      'created-flowers': unpaid,
      'created-bread': unpaid,
      'created-cheese': unpaid,
      'created-candles': unpaid,
    });
    await page.context().close();
  });

  it('says of a transaction with another memo what is known, and what a person has to do', async () => {
    const page = await desk.open(browser, 'first-key');
    await find(page, 'submitted-wrong-memo');
    await page.getByText('It cannot be cancelled: Pi shows a transaction for it.').waitFor();
    const meaning = await meaningOf(page);
    expect(meaning).toMatch(/^Pi names transaction \w+…\w+, but on the ledger that one is not this payment’s/);
    expect(meaning).toContain('paid back by hand');
    expect(meaning).toContain('ask Pi’s support');
    const step = page.locator('.steps li').filter({ hasText: 'On the ledger' });
    expect(await step.getAttribute('class')).toBe('doubted');
    expect(await row(page, 'Transaction').innerText()).toContain('differs');
    await page.context().close();
  });

  it('a stuck payment is found and finished in four clicks, signing in among them', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(
      'window.clicks = 0; addEventListener("click", ({ detail }) => { if (detail > 0) window.clicks += 1 }, true)',
    );
    await page.goto(`${desk.url}/desk`);
    // In the sandbox the key is filled in.
    await page.getByRole('button', { name: 'Open the desk' }).click();
    await page.getByRole('link', { name: 'Payments' }).click();
    await page.locator('#payment-term:focus').waitFor();
    await page.keyboard.type('unseen-plums');
    await page.keyboard.press('Enter');
    await page.getByText('the ledger says so, Pi does not').waitFor();
    await page.getByRole('button', { name: 'Settle' }).click();
    expect(await dialog(page).innerText()).toMatch(/6\.5 Test-Pi from juniper_fields/);
    await dialog(page).getByRole('button', { name: 'Settle it' }).click();
    await page.getByRole('status').filter({ hasText: 'Completed.' }).waitFor();
    await state(page).filter({ hasText: 'completed' }).waitFor();
    expect(await page.evaluate('window.clicks')).toBeLessThanOrEqual(4);
    expect(desk.sent.filter((call) => call === 'POST /v2/payments/unseen-plums/complete')).toHaveLength(1);
    await context.close();
  });

  it('two operators at once have one effect, and both are told the truth', async () => {
    const pages = await Promise.all(['first-key', 'second-key'].map((key) => desk.open(browser, key)));
    for (const page of pages) {
      await find(page, 'verified-squash');
      await page.getByRole('button', { name: 'Settle' }).click();
    }
    await Promise.all(pages.map((page) => dialog(page).getByRole('button', { name: 'Settle it' }).click()));
    const said = await Promise.all(pages.map((page) => page.getByRole('status').innerText()));
    expect(said.filter((text) => text.startsWith('Completed.'))).toHaveLength(1);
    expect(said.filter((text) => text.startsWith('Nothing was left to do.'))).toHaveLength(1);
    for (const page of pages) {
      await state(page).filter({ hasText: 'completed' }).waitFor();
      await page.getByRole('button', { name: 'Settle' }).waitFor({ state: 'detached' });
      await page.context().close();
    }
    expect(desk.sent.filter((call) => call.startsWith('POST /v2/payments/verified-squash/'))).toHaveLength(1);
  });

  it('what one finishes shows at once where another looks', async () => {
    const [watching, acting] = await Promise.all([desk.open(browser, 'looks-only'), desk.open(browser, 'first-key')]);
    await find(watching, 'created-cheese');
    await find(acting, 'created-cheese');
    await acting.getByRole('button', { name: 'Cancel payment' }).click();
    expect(await dialog(acting).innerText()).toMatch(/9\.99 Test-Pi from juniper_fields/);
    await dialog(acting).getByRole('button', { name: 'Cancel it' }).click();
    await state(watching).filter({ hasText: 'cancelled' }).waitFor();
    await watching.context().close();
    await acting.context().close();
  });

  it('a key without the right sees no button, and is told which it would need', async () => {
    const page = await desk.open(browser, 'looks-only');
    await find(page, 'created-bread');
    await page.getByText('Your key may look at payments, and change none').waitFor();
    expect(await page.getByRole('button', { name: /Settle|Complete|Cancel/ }).count()).toBe(0);
    await page.goto(`${desk.url}/desk#/badges/issue`);
    await page.getByRole('heading', { name: 'Badges' }).waitFor();
    expect(await page.getByRole('button', { name: /Issue|Check/ }).count()).toBe(0);
    await page.goto(`${desk.url}/desk#/pins`);
    await page.getByText('old-website.car').or(page.getByText('lost-film.mov')).first().waitFor();
    expect(await page.getByRole('button', { name: /^Retry/ }).count()).toBe(0);
    await page.goto(`${desk.url}/desk#/now`);
    await page.getByText('This key lacks the scope ops:read').waitFor();
    await page.context().close();
  });

  it('a refusal is told in words, with what to do', async () => {
    const page = await desk.open(browser, 'first-key');
    await find(page, 'wrong-amount-quinces');
    const step = page.locator('.steps li').filter({ hasText: 'On the ledger' });
    await step.getByText('the ledger has one, which does not match').waitFor();
    expect(await step.locator('path').getAttribute('d'), 'a mark').not.toBe('');
    // Cancelling would be refused and settling would do nothing, so neither is offered.
    await page.getByText('It cannot be cancelled: the ledger has a transaction for it.').waitFor();
    expect(await offered(page)).toEqual([]);
    const meaning = await meaningOf(page);
    expect(meaning).toMatch(
      /The ledger has transaction \w+…\w+ with this payment’s id, but it moved 0\.01 Test-Pi instead of 100 Test-Pi\./,
    );
    expect(meaning).toContain('Trying again later does not help');
    expect(meaning).toContain('only Pi’s support can close it');
    expect(await row(page, 'Verdict').innerText()).toContain('differs');
    // A transaction that came after the page had looked.
    await page.route('**/graphql', async (route) =>
      route.request().postData()?.includes(askingTheLedger) === true
        ? route.fulfill({ json: { data: { ledgerTransaction: null } } })
        : route.continue(),
    );
    await page.reload();
    await page.getByText('Settling cancels it.').waitFor();
    await page.getByRole('button', { name: 'Settle' }).click();
    await dialog(page).getByRole('button', { name: 'Settle it' }).click();
    const left = page.getByRole('status').filter({ hasText: 'Left as it is.' });
    await left.waitFor();
    expect(await left.innerText()).toContain('but it moved 0.01 Pi instead of 100 Pi');
    await page.getByRole('button', { name: 'Cancel payment' }).click();
    await dialog(page).getByRole('button', { name: 'Cancel it' }).click();
    const refused = await page.getByRole('alert').innerText();
    expect(refused).toContain('There is a transaction for it: the user has paid.');
    expect(refused).toContain('Settle it');
    expect(refused).toContain('HAS_TRANSACTION');
    await page.context().close();
  });

  it('a payment that Pi is late to verify differs in nothing where the ledger matches', async () => {
    const page = await desk.open(browser, 'first-key');
    await find(page, 'submitted-apples');
    const verdict = row(page, 'Verdict');
    await verdict.getByText('matches the payment').waitFor();
    expect(await verdict.innerText()).not.toContain('differs');
    await page.context().close();
  });

  it('says of a payout that settling never cancels it, and how it ends', async () => {
    const page = await desk.open(browser, 'first-key');
    await openPayout();
    await page.goto(`${desk.url}/desk#/payments`);
    await page.getByRole('link', { name: 'Pruning, one day' }).click();
    await page.getByText('Settling does not cancel it').waitFor();
    expect(await meaningOf(page)).toContain('examples/pay-out');
    await page.getByRole('button', { name: 'Cancel payment' }).click();
    expect(await dialog(page).innerText()).toContain('no program will still send its transaction');
    await page.keyboard.press('Escape');
    // Settling would do nothing, so it is not offered.
    expect(await offered(page)).toEqual(['Cancel payment']);
    await page.context().close();
  });

  it('names payments of the sandbox to try, each a way to it', async () => {
    const page = await desk.open(browser, 'first-key');
    await page.goto(`${desk.url}/desk#/payments`);
    await page.getByRole('link', { name: 'wrong-amount-quinces' }).click();
    await page.getByRole('heading', { name: 'Quinces for the whole choir' }).waitFor();
    await page.context().close();
  });

  it('a key that nobody has is told so, and an id that nothing has leads on', async () => {
    const context = await browser.newContext();
    const stranger = await context.newPage();
    await stranger.goto(`${desk.url}/desk`);
    await stranger.getByLabel('Gateway key').fill('not-a-key');
    await stranger.getByRole('button', { name: 'Open the desk' }).click();
    await stranger.getByRole('alert').filter({ hasText: 'not known here' }).waitFor();
    await context.close();
    const page = await desk.open(browser, 'first-key');
    await page.goto(`${desk.url}/desk#/payments/nothing-at-all`);
    await page.getByText('Ask the shop for the payment’s id.').waitFor();
    await page.context().close();
  });
});
