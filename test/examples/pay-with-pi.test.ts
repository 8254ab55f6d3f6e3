import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page, type Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { until } from '../support/until.js';
import { startShopStreet, type ShopStreet, type StreetClock } from '../support/shop-street.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const required = process.env['HEADGATE_REQUIRE_CHROMIUM'] === '1';
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];

/** The SDK asks again so often, and Pi is so late, in life as here. */
const AGAIN_MS = 10_000;
const LATE_MS = 8_000;
/** The clock goes in such steps. */
const STEP_MS = 1_000;

/** What a page that somebody has changed sends to Pi in place of what the shop's page would. */
interface Changes {
  readonly amount?: number;
  readonly memo?: string;
}

/** Has the page note what it asks for, and when by its own clock. */
const NOTE_CALLS = `
  const asked = (window.asked = []);
  const ask = window.fetch;
  window.fetch = (path, init) => (asked.push({ path, at: Date.now() }), ask(path, init));
`;

/** Time that a test can move, or the real one. */
interface Time extends StreetClock {
  readonly isReal: boolean;
  /** Lets a little time go by: for gateway, sandbox and Pi's lateness, and for a tab. */
  step(page?: Page): Promise<void>;
}

/** A tab with the shop in it. */
interface Tab {
  readonly page: Page;
  /** When the page has asked its backend for this, in milliseconds of its own clock. */
  askedAt(path: string): Promise<readonly number[]>;
  buy(): Promise<void>;
  /** Lets time go by until the page says it. */
  untilSays(text: string): Promise<void>;
  close(): Promise<void>;
}

/** One time for all of them. */
function movedTime(): Time {
  let now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
  const waiting: { readonly due: number; run(): void }[] = [];
  return {
    isReal: false,
    now: () => now,
    after: (ms, run) => void waiting.push({ due: now + ms, run }),
    async step(page) {
      now += STEP_MS;
      vi.setSystemTime(now);
      await page?.clock.runFor(STEP_MS);
      for (const one of waiting.filter(({ due }) => due <= now)) {
        waiting.splice(waiting.indexOf(one), 1);
        one.run();
      }
    },
  };
}

const realTime: Time = {
  isReal: true,
  now: () => Date.now(),
  after: (ms, run) => void setTimeout(run, ms),
  step: () => new Promise((resolve) => setTimeout(resolve, STEP_MS)),
};

/** Whether a request is to the shop's backend, which waits for Pi; the others are answered at once. */
const isForBackend = (request: Request) => /\/(orders|approve|complete|incomplete)$/.test(request.url());

/** Opens the shop in a tab of its own, whose clock is the test's. */
async function openTab(browser: Browser, street: ShopStreet, time: Time, changes: Changes = {}): Promise<Tab> {
  const page = await browser.newPage();
  const open = new Set<Request>();
  page.on('request', (request) => void open.add(request));
  page.on('requestfinished', (request) => void open.delete(request));
  page.on('requestfailed', (request) => void open.delete(request));
  await page.route('**/pi-browser', (route) => {
    const data = route.request().postDataJSON() as object | null;
    return data === null ? route.continue() : route.continue({ postData: JSON.stringify({ ...data, ...changes }) });
  });
  if (!time.isReal) {
    await page.clock.install({ time: time.now() });
    await page.clock.pauseAt(time.now() + 60_000);
  }
  await page.addInitScript(NOTE_CALLS);
  await page.goto(street.url);
  const button = page.getByRole('button', { disabled: false });
  await button.waitFor();
  /** Whether nothing goes on any more but what waits for the clock. */
  const isQuiet = () => open.size === 0 || (street.held() > 0 && [...open].every(isForBackend));
  return {
    page,
    askedAt: async (path) => {
      const asked = await page.evaluate<readonly { readonly path: string; readonly at: number }[]>('window.asked');
      return asked.filter((one) => one.path === path).map(({ at }) => at);
    },
    buy: () => button.click(),
    async untilSays(text) {
      const said: string[] = [];
      const opensAt = time.now();
      for (;;) {
        await until(isQuiet, 20_000);
        const notice = (await page.getByRole('status').textContent()) ?? '';
        if (notice !== said.at(-1)) said.push(notice);
        if (notice.includes(text)) return;
        if (time.now() - opensAt > 120_000) throw new Error(`never said ${text}, but ${said.join(', ')}`);
        await time.step(page);
      }
    },
    close: () => page.close(),
  };
}

describe.skipIf(executablePath === undefined && !required)('examples/pay-with-pi in a browser', () => {
  let browser: Browser;
  let time: Time;
  let street: ShopStreet;
  const open = (changes?: Changes) => openTab(browser, street, time, changes);
  beforeAll(async () => {
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args });
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
    const soon = await open();
    await soon.untilSays('earlier payment: APPROVED');
    await soon.close();
    await pass(11 * 60_000);
    const later = await open();
    await later.untilSays('earlier payment: CANCELLED');
    await later.buy();
    await later.untilSays('delivered');
    await later.close();
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

/** The same with every wait in full, and with the gateway's own limits of time. */
describe.skipIf(executablePath === undefined && !required)('examples/pay-with-pi at the pace of life', () => {
  it('sells once when Pi is eight seconds late', { timeout: 90_000 }, async () => {
    const street = await startShopStreet(realTime);
    const own = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args });
    try {
      street.pi.lateMs = LATE_MS;
      const tab = await openTab(own, street, realTime);
      await tab.buy();
      await tab.untilSays('delivered');
      expect((await tab.askedAt('/approve')).length).toBeGreaterThanOrEqual(2);
      expect(street.delivered).toHaveLength(1);
    } finally {
      await own.close();
      await street.close();
    }
  });
});
