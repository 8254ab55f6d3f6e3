import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import { startSandbox } from '../../src/sandbox/index.js';
import { describeWithChromium, shareBrowser, type BrowserShare } from '../support/browser.js';
import { documentedOperations } from '../support/graph-operations.js';
import { startTestSandbox } from '../support/start-sandbox.js';
import { createStandIn } from '../server/stand-in.js';

/** What the page is asked to do at one gateway; both operations have a name, which the page shows as the tab's title. */
export interface GraphiQLTask {
  readonly query: string;
  /** A text that the query's answer shows. */
  readonly answer: string;
  readonly subscription: string;
  /** Texts that the subscription's events show, in the order of their arrival. */
  readonly events: readonly string[];
  /** Runs when an event is shown. */
  readonly shown?: (event: string) => void;
  /** What the header editor holds at the start, when the gateway fills it in. */
  readonly header?: string;
  /** Names of tabs that are there from the start. */
  readonly tabs?: readonly string[];
}

/** Opens GraphiQL at `<url>/graphql` in a browser that reaches nothing else, runs a query and watches a subscription. */
async function checkGraphiQL(browser: BrowserShare, url: string, task: GraphiQLTask): Promise<void> {
  const foreign: string[] = [];
  const faults: string[] = [];
  const context = await browser.newContext({
    viewport: { width: 1_400, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  try {
    await context.route(/.*/, (route) => {
      if (route.request().url().startsWith(url)) return route.continue();
      foreign.push(route.request().url());
      return route.abort();
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) faults.push(message.text());
    });
    await page.goto(`${url}/graphql`);
    await page.locator('.graphiql-query-editor .view-lines').waitFor();
    await remember(page);
    for (const tab of task.tabs ?? []) await page.getByRole('tab', { name: tab }).waitFor();
    if (task.header !== undefined) await seeHeader(page, task.header);
    await run(page, task.query);
    await shown(page, task.answer);
    await run(page, task.subscription);
    for (const event of task.events) {
      await shown(page, event);
      task.shown?.(event);
    }
    expect(foreign).toEqual([]);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
}

/** All pages of a browser have one clipboard: who pastes has it alone. */
let pasting: Promise<unknown> = Promise.resolve();

/** Replaces the editor's text. Pasted, since typing makes the editor add closing brackets. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.locator('.graphiql-query-editor .view-lines').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
  await page
    .locator('.graphiql-query-editor .view-lines')
    .filter({ hasText: nameOf(text) })
    .waitFor();
}

const nameOf = (operation: string) => /^\w+ (\w+)/.exec(operation)?.[1] ?? '';

/** Replaces the editor's text and presses the button. */
async function run(page: Page, text: string): Promise<void> {
  const pasted = pasting.then(() => paste(page, text));
  pasting = pasted.catch(() => undefined);
  await pasted;
  // The page reads the text a moment after it changed; the title says that it has.
  await page
    .locator('[role=tab][aria-selected=true], .graphiql-tab-active')
    .filter({ hasText: nameOf(text) })
    .first()
    .waitFor();
  await page.locator('.graphiql-execute-button').click();
}

/** Has the page remember each answer that it shows, for one event may be replaced by the next at any moment. */
async function remember(page: Page): Promise<void> {
  await page.evaluate(`
    const shown = (window.shown = []);
    new MutationObserver(() => {
      const text = document.querySelector('.graphiql-response .view-lines')?.textContent.replaceAll('\\u00a0', ' ') ?? '';
      if (text !== shown.at(-1)) shown.push(text), window.onShown?.();
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  `);
}

/** Waits until the answer shows, or has shown, a text. */
async function shown(page: Page, text: string): Promise<void> {
  const isShown = await page.evaluate<boolean>(`new Promise((tell) => {
    const look = () => window.shown.some((one) => one.includes(${JSON.stringify(text)})) && tell(true);
    window.onShown = look;
    look();
    setTimeout(tell, 25_000, false);
  })`);
  if (isShown) return;
  const seen = await page.evaluate<readonly string[]>('window.shown.slice(-5)');
  throw new Error(`the answer never showed ${text} but ${seen.join(' and ')}`);
}

async function seeHeader(page: Page, header: string): Promise<void> {
  await page.getByRole('button', { name: 'Headers' }).click();
  await page.locator('.graphiql-editor-tool .view-lines').filter({ hasText: header }).first().waitFor();
}

/** The answer in the open tab, once there is one. */
async function answered(page: Page, name: string): Promise<string> {
  const response = page.locator('.graphiql-response .view-lines');
  await response
    .filter({ hasText: /"data"|"errors"|"message"/ })
    .waitFor()
    .catch(() => {
      throw new Error(`${name} showed no answer`);
    });
  return (await response.innerText()).replaceAll('\u00a0', ' ');
}

/** The tab that is open, in what the page keeps of its tabs, which it does a moment later. */
async function remembered(page: Page): Promise<string | undefined> {
  const kept = await page.evaluate<string>("localStorage.getItem('graphiql:tabState') ?? ''");
  if (kept === '') return undefined;
  const { tabs, activeTabIndex } = JSON.parse(kept) as {
    readonly tabs: readonly { readonly title: string }[];
    readonly activeTabIndex: number;
  };
  return tabs[activeTabIndex]?.title;
}

/** Ends a subscription that is still open. */
async function stop(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: /^Stop/ });
  if (await button.isVisible()) await button.click();
}

// Each has a gateway and a context of its own; most of their time they wait for the page to read or to keep a text.
describeWithChromium('GraphiQL in a browser', { concurrent: true }, () => {
  let browser: BrowserShare;
  beforeAll(async () => {
    browser = await shareBrowser();
  });
  afterAll(() => browser?.close());

  it(
    'loads from the gateway alone, answers a query and shows the events of a subscription',
    { timeout: 60_000 },
    async () => {
      const app = createStandIn({ playground: { headers: { 'x-gateway-key': 'sandbox-key' } } });
      const { url } = await app.listen('127.0.0.1', 0);
      try {
        await checkGraphiQL(browser, url, {
          query: 'query Check { hello whoAmI }',
          answer: 'sandbox-key',
          subscription: 'subscription Watch { ticks }',
          events: ['"ticks": 1', '"ticks": 2', '"ticks": 3'],
          header: 'sandbox-key',
          tabs: ['Greet', 'Count'],
        });
      } finally {
        await app.close();
      }
    },
  );

  it('runs every tab of the sandbox at the first click, untouched', { timeout: 240_000 }, async ({ expect }) => {
    const sandbox = await startSandbox({ operatorKey: 'sandbox-operator-key' });
    const settings = { PORT: '0', LOG_LEVEL: 'silent', PAYOUT_MAX_PER_CALL: '10', PAYOUT_MAX_PER_DAY: '100' };
    const gateway = await createApp(readConfig(settings), { sandbox, log: silentLogger });
    const url = await gateway.listen();
    const context = await browser.newContext({ viewport: { width: 1_400, height: 900 } });
    try {
      const page = await context.newPage();
      await page.goto(`${url}/graphql`);
      await page.locator('.graphiql-query-editor .view-lines').waitFor();
      await seeHeader(page, 'sandbox-operator-key');
      const names = documentedOperations().map(({ name }) => name);
      const tabs = page.getByRole('tab');
      expect((await tabs.allInnerTexts()).toSorted()).toEqual(names.toSorted());
      for (const name of (await tabs.allInnerTexts()).toReversed()) {
        const button = page.locator(`.graphiql-tab-button[title="${name}"]`);
        const tab = tabs.filter({ has: button });
        await button.click();
        expect(await tab.getAttribute('aria-selected'), `the first click on ${name}`).toBe('true');
        // The page reads a tab's text a moment after it opened it; a person's hand takes longer to get to the button.
        const read = () => page.evaluate<string>("localStorage.getItem('graphiql:query') ?? ''");
        await expect.poll(read, { interval: 20 }).toMatch(new RegExp(`(query|mutation|subscription) ${name}\\b`));
        await page.locator('.graphiql-execute-button').click();
        const answer = await answered(page, name);
        expect(answer.includes('"errors"') ? answer.slice(0, 600) : null, name).toBeNull();
        await stop(page);
      }
      // What a reload brings back is what was there, once the page has remembered it.
      await expect.poll(() => remembered(page)).toBe(await page.getByRole('tab', { selected: true }).innerText());
      await page.reload();
      await page.locator('.graphiql-query-editor .view-lines').waitFor();
      expect((await tabs.allInnerTexts()).toSorted()).toEqual(names.toSorted());
    } finally {
      await context.close();
      await gateway.close();
    }
  });

  it(
    'opens at every visit with the tabs that were there, and with no other',
    { timeout: 90_000 },
    async ({ expect }) => {
      const sandbox = await startSandbox({ operatorKey: 'sandbox-operator-key' });
      const gateway = await createApp(readConfig({ PORT: '0', LOG_LEVEL: 'silent' }), { sandbox, log: silentLogger });
      const url = await gateway.listen();
      const context = await browser.newContext({ viewport: { width: 1_400, height: 900 } });
      const names = documentedOperations().map(({ name }) => name);
      try {
        let open = 'FirstLook';
        // The first time it is only used; then left with other tabs open, one of which has variables.
        for (const next of ['FirstLook', 'CountPins', 'AddPin', 'AddPin']) {
          const page = await context.newPage();
          await page.goto(`${url}/graphql`);
          await page.locator('.graphiql-query-editor .view-lines').waitFor();
          const tabs = page.getByRole('tab');
          expect((await tabs.allInnerTexts()).toSorted()).toEqual(names.toSorted());
          expect(await page.getByRole('tab', { selected: true }).innerText()).toBe(open);
          await page.locator('.graphiql-execute-button').click();
          expect(await answered(page, open)).not.toContain('"errors"');
          if (next !== open) await page.locator(`.graphiql-tab-button[title="${next}"]`).click();
          await expect.poll(() => remembered(page)).toBe(next);
          await page.close();
          open = next;
        }
      } finally {
        await context.close();
        await gateway.close();
      }
    },
  );

  it(
    'begins anew after its data was cleared, on a phone and in the dark alike',
    { timeout: 120_000 },
    async ({ expect }) => {
      const sandbox = await startSandbox({ operatorKey: 'sandbox-operator-key' });
      const gateway = await createApp(readConfig({ PORT: '0', LOG_LEVEL: 'silent' }), { sandbox, log: silentLogger });
      const url = await gateway.listen();
      const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, colorScheme: 'dark' });
      try {
        const page = await context.newPage();
        await page.goto(`${url}/graphql`);
        const editor = page.locator('.graphiql-query-editor');
        await editor.locator('.view-lines').waitFor();
        // No line of the comment at its head is cut.
        const width = await page.evaluate<readonly number[]>(`(() => {
        const { right } = document.querySelector('.graphiql-query-editor .monaco-scrollable-element').getBoundingClientRect();
        return [...document.querySelectorAll('.graphiql-query-editor .view-line > span')].map((line) =>
          line.textContent.startsWith('#') ? line.getBoundingClientRect().right - right : -1);
      })()`);
        expect(Math.max(...width)).toBeLessThanOrEqual(0);
        const comment = editor.locator('.view-line span span').filter({ hasText: /^#/ }).first();
        const colour = () => comment.evaluate((one) => getComputedStyle(one).color);
        await expect.poll(colour).toBe('rgb(122, 169, 104)');
        // A new tab is in view.
        await page.getByRole('button', { name: /new tab/i }).click();
        const right = async () => (await page.getByRole('tab', { selected: true }).boundingBox())?.x ?? Infinity;
        await expect.poll(right).toBeLessThan(1_180);
        await page.locator('.graphiql-tab-button[title="MyPayment"]').click();
        // The page reads and keeps a tab's text a moment after it opened it.
        await page.waitForTimeout(800);
        await page.getByRole('button', { name: /settings/i }).click();
        await page.getByRole('button', { name: 'Clear data' }).click();
        await page.evaluate(
          `localStorage.setItem('graphiql:query', 'query Of($id: ID!) { payment(paymentId: $id) { id } }')`,
        );
        await page.reload();
        await editor.locator('.view-lines').waitFor();
        expect(await page.getByRole('tab', { selected: true }).innerText()).toBe('FirstLook');
        await page.locator('.graphiql-execute-button').click();
        expect(await answered(page, 'FirstLook')).not.toContain('"errors"');
        await page.setViewportSize({ width: 360, height: 740 });
        await page.getByRole('button', { name: /settings/i }).click();
        const dark = await page.getByRole('button', { name: 'Dark', exact: true }).boundingBox();
        expect((dark?.x ?? 999) + (dark?.width ?? 999)).toBeLessThanOrEqual(360);
        await page.keyboard.press('Escape');
        const tool = await page.locator('.graphiql-editor-tool').first().boundingBox();
        expect(tool?.height).toBeGreaterThanOrEqual(80);
        await page.getByRole('button', { name: /documentation explorer/i }).click();
        await expect.poll(async () => (await editor.boundingBox())?.width ?? 0).toBeGreaterThan(200);
        const button = await page.locator('.graphiql-execute-button').boundingBox();
        expect((button?.x ?? 999) + (button?.width ?? 999)).toBeLessThanOrEqual(360);
      } finally {
        await context.close();
        await gateway.close();
      }
    },
  );

  it('shows each state of a pin that is watched', { timeout: 90_000 }, async () => {
    const sandbox = await startTestSandbox({ operatorKey: 'sandbox-operator-key' });
    const gateway = await createApp(readConfig({ PORT: '0', LOG_LEVEL: 'silent', PIN_POLL_INTERVAL_MS: '30' }), {
      sandbox,
      log: silentLogger,
    });
    const url = await gateway.listen();
    try {
      const added = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...sandbox.headers },
        body: JSON.stringify({
          query:
            'mutation { addPin(input: { cid: "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", ' +
            'name: "slow-and-seen" }) { ... on AddPinPayload { pin { requestId } } } }',
        }),
      });
      const { data } = (await added.json()) as { data: { addPin: { pin: { requestId: string } } } };
      await checkGraphiQL(browser, url, {
        query: 'query Newest { pins(first: 1) { nodes { name } } }',
        answer: 'slow-and-seen',
        subscription: `subscription Watch { pinStatus(requestId: "${data.addPin.pin.requestId}") { status } }`,
        events: ['"QUEUED"', '"PINNING"', '"PINNED"'],
        // It is in the queue for a minute, and is fetched in three steps of a second.
        shown: (event) => sandbox.advance(event === '"QUEUED"' ? 60_500 : 10_000),
        header: 'sandbox-operator-key',
        tabs: ['FirstLook', 'ListPins', 'AddPin'],
      });
    } finally {
      await gateway.close();
    }
  });
});
