import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { describeWithChromium, shareBrowser, type BrowserShare } from '../support/browser.js';
import { startShopStreet, type ShopStreet } from '../support/shop-street.js';
import { AGAIN_MS, LATE_MS, movedTime, openTab, STEP_MS, type Changes, type Time } from '../support/shop-tab.js';

describeWithChromium('examples/pay-with-pi in a browser', () => {
  let browser: BrowserShare;
  let time: Time;
  let street: ShopStreet;
  const open = (changes?: Changes) => openTab(browser, street, time, changes);
  beforeAll(async () => {
    browser = await shareBrowser();
    time = movedTime();
    street = await startShopStreet(time);
  });
  afterAll(async () => {
    await browser?.close();
    await street?.close();
    vi.useRealTimers();
  });
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) await time.step();
  }
  afterEach(() => {
    Object.assign(street.pi, { lateMs: 0, slowMs: 0, unverified: 0 });
  });
  const newest = () => street.orders.all().at(-1);
  const deliveriesOf = (id: string | undefined) => street.delivered.filter((order) => order.id === id).length;

  it('sells once, though the approval is asked for twice at once', async () => {
    const tab = await open();
    await tab.buy();
    await tab.untilSays('delivered');
    const [one, other, ...more] = await tab.askedAt('/approve');
    expect({ apart: (other ?? NaN) - (one ?? NaN), more }).toEqual({ apart: 0, more: [] });
    expect(deliveriesOf(newest()?.id)).toBe(1);
    await tab.close();
  });

  it('sells once when Pi sees the payment late, and the completion is asked for every ten seconds', async () => {
    const tab = await open();
    street.pi.unverified = 3;
    await tab.buy();
    await tab.untilSays('delivered');
    const [first = NaN, ...again] = await tab.askedAt('/complete');
    const gaps = again.map((at, tries) => at - (again[tries - 1] ?? first));
    expect(gaps.map((gap) => Math.floor(gap / AGAIN_MS))).toEqual([1, 1, 1]);
    expect(deliveriesOf(newest()?.id)).toBe(1);
    await tab.close();
  });

  it.each(['Apples', 'Apples, lost answer'])('sells once when Pi is eight seconds late: %s', async (memo) => {
    const tab = await open({ memo });
    street.pi.lateMs = LATE_MS;
    await tab.buy();
    await tab.untilSays('delivered');
    expect(await tab.askedAt('/approve')).toHaveLength(2);
    expect(deliveriesOf(newest()?.id)).toBe(1);
    await tab.close();
  });

  it('delivers once when another tab finds the payment while this one has it completed', async () => {
    const tab = await open();
    await tab.buy();
    await tab.untilSays('approved');
    street.pi.slowMs = LATE_MS;
    while ((await tab.askedAt('/complete')).length === 0) await time.step(tab.page);
    const other = await open();
    await other.untilSays('earlier payment: COMPLETED');
    await tab.untilSays('delivered');
    expect(deliveriesOf(newest()?.id)).toBe(1);
    await Promise.all([tab.close(), other.close()]);
  });

  it("says that its money is the sandbox's, fits a small phone, and is dark for those who want it", async () => {
    const { page, close } = await open();
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.getByText('Sandbox money').isVisible()).toBe(true);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await paper();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await paper()).not.toBe(light);
    expect(await page.locator('link[rel=icon][href^="data:"]').count()).toBe(1);
    await close();
  });

  it('refuses 0.01 for an order of 100', async () => {
    const tab = await open({ amount: 0.01 });
    await tab.buy();
    await tab.untilSays('not as');
    expect(newest()).toMatchObject({ amount: '100', paymentId: null, delivered: false });
    await tab.close();
  });

  it.each([
    ['with a transaction', 'Apples'],
    ['whose transaction Pi does not show', 'Apples, unseen'],
  ])('loses nothing when the tab is closed: an unfinished payment %s', async (_which, memo) => {
    const tab = await open({ memo });
    await tab.buy();
    await tab.untilSays('approved');
    await tab.close();
    // The user signs all the same, with nobody there to complete.
    await pass(AGAIN_MS);
    const order = newest();
    expect(order).toMatchObject({ delivered: false });
    expect(order?.paymentId).not.toBeNull();
    const again = await open();
    await again.untilSays('earlier payment: COMPLETED');
    expect(deliveriesOf(order?.id)).toBe(1);
    await again.close();
  });

  it('cancels an unfinished payment that nobody paid, once it is certain, and sells anew', async () => {
    const tab = await open({ memo: 'Apples, too late' });
    await tab.buy();
    await tab.untilSays('approved');
    await tab.close();
    const again = await open();
    await again.untilSays('earlier payment: APPROVED; until it is paid');
    await pass(11 * 60_000);
    await again.page.getByRole('button', { name: 'Look at the earlier payment again' }).click();
    await again.untilSays('earlier payment: CANCELLED');
    expect(await again.page.getByRole('button').count()).toBe(1);
    await again.buy();
    await again.untilSays('delivered');
    await again.close();
  });

  it('takes the next payment after one that was never approved', async () => {
    const tab = await open({ amount: 1 });
    await tab.buy();
    await tab.untilSays('not as');
    await tab.close();
    const again = await open();
    await again.buy();
    await again.untilSays('delivered');
    await again.close();
  });

  it('delivers nothing for 0.01 that was paid on an approved order of 100', async () => {
    const tab = await open({ memo: 'Apples, wrong amount' });
    await tab.buy();
    await tab.untilSays('approved');
    for (let steps = 0; (await tab.askedAt('/complete')).length < 2; steps += 1) {
      expect(steps).toBeLessThan(200);
      await time.step(tab.page);
    }
    await tab.close();
    const again = await open();
    await again.untilSays('earlier payment: APPROVED');
    expect(deliveriesOf(newest()?.id)).toBe(0);
    await again.close();
  });
});
