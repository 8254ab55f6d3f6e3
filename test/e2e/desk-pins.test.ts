import type { Request } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithChromium, shareBrowser, type BrowserShare } from '../support/browser.js';
import { startDesk, type DeskRig } from '../support/desk.js';

describeWithChromium('pins on the desk', { timeout: 60_000 }, () => {
  let browser: BrowserShare;
  let desk: DeskRig;
  /** The clock of the sandbox, which stands until a test has seen what it shows. */
  let now = Date.now();
  beforeAll(async () => {
    [browser, desk] = await Promise.all([
      shareBrowser(),
      startDesk({ PIN_POLL_INTERVAL_MS: '50' }, { now: () => now }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await desk?.close();
  });

  it('filters by status, name and content', async () => {
    const page = await desk.open(browser, 'sandbox-operator-key');
    await page.goto(`${desk.url}/desk#/pins`);
    const rows = page.locator('.rows > li');
    await page.getByLabel('Status').selectOption('Failed');
    await rows.filter({ hasText: 'old-website.car' }).waitFor();
    await expect.poll(async () => new Set(await rows.locator('.chip').allInnerTexts())).toEqual(new Set(['failed']));
    await page.getByLabel('Status').selectOption('Any status');
    await page.getByLabel('Name holds').fill('TRACTOR');
    await page.keyboard.press('Enter');
    await rows.filter({ hasText: 'tractor-manual.pdf' }).waitFor();
    const cid = await rows.filter({ hasText: 'tractor-manual.pdf' }).locator('button.id').getAttribute('title');
    await page.getByLabel('Name holds').fill('');
    await page.getByLabel('CID').fill(cid ?? '');
    await page.keyboard.press('Enter');
    await rows.filter({ hasText: 'tractor-manual.pdf' }).waitFor();
    await expect.poll(() => rows.count()).toBe(1);
    await page.getByLabel('CID').fill('no cid');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Something that you typed cannot be used.' }).waitFor();
    await page.context().close();
  });

  it('retries a failed one once, and shows its way until it is kept', async () => {
    const page = await desk.open(browser, 'sandbox-operator-key');
    // The first stream is cut: it is begun anew.
    const isStream = (request: Request) => request.headers()['accept']?.startsWith('text/event-stream') === true;
    let [cut, begun] = [0, 0];
    await page.route('**/graphql', (route) => {
      if (cut > 0 && isStream(route.request())) begun += 1;
      if (cut > 0 || !isStream(route.request())) return route.continue();
      cut += 1;
      return route.abort();
    });
    await page.goto(`${desk.url}/desk#/pins`);
    await page.getByLabel('Name holds').fill('old-website');
    await page.keyboard.press('Enter');
    const row = page.locator('.rows > li').filter({ hasText: 'old-website.car' });
    await row.getByRole('button', { name: 'Retry old-website.car' }).click();
    const chip = row.locator('.chip');
    await chip.filter({ hasText: /queued|pinning/ }).waitFor();
    // The time goes on only while the page follows, and the pin has not begun: its way must not be over before it is looked at.
    const seen = async (): Promise<boolean> => {
      if (begun > 0 && (await chip.innerText()) === 'queued') now += 100;
      return row.getByRole('progressbar').isVisible();
    };
    await expect.poll(seen).toBe(true);
    await expect.poll(() => ((now += 1_000), chip.innerText())).toBe('pinned');
    await expect.poll(() => page.locator('.rows > li').count()).toBe(1);
    const changes = desk.sent.filter((call) => /^(POST|DELETE) \/[^ ]*pins/.test(call));
    expect(changes).toHaveLength(1);
    expect(cut).toBe(1);
    await page.context().close();
  });
});
