import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrowserShare } from '../support/browser.js';
import { describeWithPages, shareBrowserForApps, serveApp, type ServedApp } from '../support/client-apps.js';
import { startPinsGateway, type PinsGateway } from '../support/pins-gateway.js';

describeWithPages('graphql-sse in a page of another origin', { timeout: 60_000 }, () => {
  let browser: BrowserShare;
  let app: ServedApp;
  let gateway: PinsGateway;

  beforeAll(async () => {
    [browser, app] = await Promise.all([shareBrowserForApps(), serveApp('sse-other-origin')]);
    gateway = await startPinsGateway({ CORS_ORIGINS: app.origin });
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), app?.close(), gateway?.close()]);
  });

  async function signIn(page: Page, { endpoint, sandbox }: PinsGateway): Promise<void> {
    await page.goto(app.origin);
    await page.getByLabel('Gateway').fill(endpoint);
    await page.getByLabel('Operator key').fill(sandbox.operatorKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  it('lists the newest pins and follows each to its end', async () => {
    await gateway.addPin('kept');
    const removed = await gateway.addPin('slow-and-removed');
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (said) => {
      if (said.type() === 'error' || said.type() === 'warning') complaints.push(said.text());
    });
    await signIn(page, gateway);
    const rows = page.getByRole('listitem');
    await rows.nth(4).waitFor();
    expect(await rows.allInnerTexts()).toEqual(await gateway.pinNames('first', 5));
    gateway.sandbox.advance(10_000);
    await page.locator('li[data-status=PINNED]', { hasText: 'kept' }).waitFor();
    await gateway.ask('mutation ($input: RemovePinInput!) { removePin(input: $input) { __typename } }', {
      input: { requestId: removed },
    });
    await rows.filter({ hasText: 'slow-and-removed' }).waitFor({ state: 'detached' });
    expect(await rows.allInnerTexts()).toEqual(await gateway.pinNames('first', 4));
    gateway.sandbox.advance(120_000);
    await page.getByText('all are done').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('is refused by a gateway that does not list its origin', async () => {
    const other = await startPinsGateway({});
    const page = await browser.newPage();
    try {
      const complaint = page.waitForEvent('console', (said) => said.text().includes('CORS policy'));
      await signIn(page, other);
      expect((await complaint).text()).toContain(`from origin '${app.origin}' has been blocked by CORS policy`);
      await page.getByText(`Start it with CORS_ORIGINS=${app.origin}`).waitFor();
      expect(await page.getByRole('listitem').count()).toBe(0);
    } finally {
      await page.close();
      await other.close();
    }
  });
});
