import type { Page, Request } from 'playwright-core';
import { vi } from 'vitest';
import type { BrowserShare } from './browser.js';
import type { ShopStreet, StreetClock } from './shop-street.js';
import { until } from './until.js';

/** The shop of `examples/pay-with-pi` in a tab of a browser, and time for all of them. */

/** The SDK asks again so often, and Pi is so late, in life as here. */
export const AGAIN_MS = 10_000;
export const LATE_MS = 8_000;
/** The clock goes in such steps. */
export const STEP_MS = 1_000;

/** What a page that somebody has changed sends to Pi in place of what the shop's page would. */
export interface Changes {
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
export interface Time extends StreetClock {
  readonly isReal: boolean;
  /** Lets a little time go by: for gateway, sandbox and Pi's lateness, and for a tab. */
  step(page?: Page): Promise<void>;
}

/** A tab with the shop in it. */
export interface Tab {
  readonly page: Page;
  /** When the page has asked its backend for this, in milliseconds of its own clock. */
  askedAt(path: string): Promise<readonly number[]>;
  buy(): Promise<void>;
  /** Lets time go by until the page says it. */
  untilSays(text: string): Promise<void>;
  close(): Promise<void>;
}

/** One time for all of them. */
export function movedTime(): Time {
  let now = Date.now();
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now });
  const waiting: { readonly due: number; run(): void }[] = [];
  return {
    isReal: false,
    now: () => now,
    after: (ms, run) => void waiting.push({ due: now + ms, run }),
    async step(page) {
      now += STEP_MS;
      vi.advanceTimersByTime(STEP_MS);
      await page?.clock.runFor(STEP_MS);
      for (const one of waiting.filter(({ due }) => due <= now)) {
        waiting.splice(waiting.indexOf(one), 1);
        one.run();
      }
    },
  };
}

export const realTime: Time = {
  isReal: true,
  now: () => Date.now(),
  after: (ms, run) => void setTimeout(run, ms),
  step: () => new Promise((resolve) => setTimeout(resolve, STEP_MS)),
};

/** Whether a request is to the shop's backend, which waits for Pi; the others are answered at once. */
const isForBackend = (request: Request) => /\/(orders|approve|complete|incomplete)$/.test(request.url());

/** Opens the shop in a tab of its own, whose clock is the test's. */
export async function openTab(
  browser: BrowserShare,
  street: ShopStreet,
  time: Time,
  changes: Changes = {},
): Promise<Tab> {
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
  const button = page.getByRole('button', { name: 'A crate of apples', disabled: false });
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
