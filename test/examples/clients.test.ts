import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrowserShare } from '../support/browser.js';
import { describeWithPages, shareBrowserForApps, serveApp, type ServedApp } from '../support/client-apps.js';
import { startPinsGateway, type PinsGateway } from '../support/pins-gateway.js';

/** Apps of examples/clients in a browser: the libraries unmodified, the gateway with its sandbox behind it. */
describeWithPages.each([
  // What a removal costs: Relay and Apollo take the row out by its global id, graphcache asks for the list again.
  ['react-relay', { listsAfterRemoval: 0, sendsHashes: false }],
  ['react-apollo', { listsAfterRemoval: 0, sendsHashes: true }],
  ['react-urql', { listsAfterRemoval: 1, sendsHashes: true }],
] as const)('%s', { timeout: 60_000 }, (name, { listsAfterRemoval, sendsHashes }) => {
  let browser: BrowserShare;
  let app: ServedApp;
  let gateway: PinsGateway;
  /** Lets no other page in. */
  let closed: PinsGateway;

  beforeAll(async () => {
    [browser, app] = await Promise.all([shareBrowserForApps(), serveApp(name)]);
    [gateway, closed] = await Promise.all([startPinsGateway({ CORS_ORIGINS: app.origin }), startPinsGateway({})]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), app?.close(), gateway?.close(), closed?.close()]);
  });

  /** Opens the page and signs in; `complaints` are what the browser or a library did not like. */
  async function open(from: 'newest' | 'oldest') {
    const context = await browser.newContext();
    const page = await context.newPage();
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (said) => {
      if (said.type() === 'error' || said.type() === 'warning') complaints.push(said.text());
    });
    page.on('request', (request) => {
      if (request.url().startsWith(gateway.endpoint)) asked.push(`${request.url()} ${request.postData() ?? ''}`);
    });
    await signIn(page, gateway.endpoint, from);
    await rows(page).nth(4).waitFor();
    /** How often it asked for the list. */
    const lists = () => asked.filter((one) => /pinsStartQuery|pinsPageQuery|PinPage/.test(one)).length;
    /** How often it sent a hash and no text. */
    const hashes = () => asked.filter((one) => one.includes('sha256Hash') && !/"query":"|[?&]query=/.test(one)).length;
    return { context, page, complaints, lists, hashes };
  }
  async function signIn(page: Page, endpoint: string, from: 'newest' | 'oldest') {
    await page.goto(app.origin);
    await page.getByLabel('Gateway').fill(endpoint);
    await page.getByLabel('Operator key').fill(gateway.sandbox.operatorKey);
    await page.getByRole('combobox').selectOption(from);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  const rows = (page: Page) => page.getByRole('listitem');
  const namesShown = (page: Page) => rows(page).locator('span').allInnerTexts();
  const press = (page: Page, row: string, button: string) =>
    rows(page).filter({ hasText: row }).getByRole('button', { name: button }).click();

  it('says what to look at when no gateway answers, or one that does not let the page in', async () => {
    for (const endpoint of ['http://127.0.0.1:9/graphql', closed.endpoint]) {
      const page = await browser.newPage();
      await signIn(page, endpoint, 'newest');
      const told = page.getByText(`CORS_ORIGINS=${app.origin}`);
      await told.waitFor();
      expect(await told.innerText()).toMatch(/is the gateway there/);
      await page.close();
    }
  });

  it('turns pages from the newest on, and from the oldest back', async () => {
    for (const [from, button, side] of [
      ['newest', 'Older', 'first'],
      ['oldest', 'Newer', 'last'],
    ] as const) {
      const { context, page, complaints, hashes } = await open(from);
      expect(await namesShown(page)).toEqual(await gateway.pinNames(side, 5));
      for (const count of [10, 15]) {
        await page.getByRole('button', { name: button }).click();
        await rows(page)
          .nth(count - 1)
          .waitFor();
        expect(await namesShown(page)).toEqual(await gateway.pinNames(side, count));
      }
      expect(hashes() > 0).toBe(sendsHashes);
      expect(complaints).toEqual([]);
      await context.close();
    }
  });

  it('looks at one object again by its global id', async () => {
    await gateway.addPin('looked-at');
    const { context, page, complaints } = await open('newest');
    await press(page, 'looked-at', 'Look again');
    await page.getByText('looked again: looked-at is QUEUED').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('follows what becomes of its pins, also of one that is removed elsewhere', async () => {
    await gateway.addPin('kept');
    const removed = await gateway.addPin('slow-and-removed');
    const { context, page, complaints } = await open('newest');
    await page.locator('li[data-status=QUEUED]', { hasText: 'kept' }).waitFor();
    gateway.sandbox.advance(10_000);
    await page.locator('li[data-status=PINNED]', { hasText: 'kept' }).waitFor();
    await gateway.ask('mutation ($input: RemovePinInput!) { removePin(input: $input) { __typename } }', {
      input: { requestId: removed },
    });
    await rows(page).filter({ hasText: 'slow-and-removed' }).waitFor({ state: 'detached' });
    expect(await namesShown(page)).toContain('kept');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('removes a row by the global id in the payload', async () => {
    await gateway.addPin('to-be-removed');
    // All are done, so that no stream tells of the removal.
    gateway.sandbox.advance(120_000);
    const { context, page, complaints, lists } = await open('newest');
    const [before, listsBefore] = [await namesShown(page), lists()];
    await press(page, 'to-be-removed', 'Remove');
    await page.getByText('removed: to-be-removed').waitFor();
    await rows(page).filter({ hasText: 'to-be-removed' }).waitFor({ state: 'detached' });
    if (listsAfterRemoval > 0) await rows(page).nth(4).waitFor();
    const [gone = '', ...left] = before;
    expect(gone).toBe('to-be-removed');
    expect((await namesShown(page)).slice(0, left.length)).toEqual(left);
    expect(lists() - listsBefore).toBe(listsAfterRemoval);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
