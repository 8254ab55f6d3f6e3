import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithChromium, shareBrowser, type BrowserShare } from '../support/browser.js';
import { buildDesk, startDesk, type DeskRig } from '../support/desk.js';

/** What the page may weigh, compressed, all of its files together. */
const MOST_BYTES = 150_000;

describe('the built desk', { timeout: 60_000 }, () => {
  it('weighs at most 150 kB compressed', async () => {
    const folder = await buildDesk();
    const files = ['index.html', ...readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`)];
    const bytes = files.map((name) => readFileSync(join(folder, name)));
    const [zipped, packed] = [gzipSync, brotliCompressSync].map((pack) =>
      bytes.reduce((sum, one) => sum + pack(one).length, 0),
    );
    console.log(`The desk: ${zipped} bytes by gzip, ${packed} by brotli`);
    expect(zipped).toBeGreaterThan(50_000);
    expect(zipped).toBeLessThan(MOST_BYTES);
  });

  it('writes nothing into the page that its policy would forbid, and names no other host', async () => {
    const html = readFileSync(join(await buildDesk(), 'index.html'), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
    expect(html).not.toMatch(/https?:/);
  });
});

describeWithChromium('the desk in a browser', { timeout: 120_000 }, () => {
  let browser: BrowserShare;
  let desk: DeskRig;
  const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
  beforeAll(async () => {
    [browser, desk] = await Promise.all([shareBrowser(), startDesk()]);
  });
  afterAll(async () => {
    await browser?.close();
    await desk?.close();
  });

  /** Every view, each with something that shows when it is there. */
  const views: readonly (readonly [path: string, shows: string])[] = [
    ['now', 'The last hour'],
    ['payments', 'Open changes'],
    ['payments/unseen-plums', 'the ledger says so, Pi does not'],
    ['payments/nobody', 'No payment has this id'],
    ['pins', 'Older pins'],
    ['badges', 'More badges'],
    ['badges/issue', 'Choose a template'],
  ];

  async function visit(page: Page, path: string, shows: string): Promise<void> {
    await page.goto(`${desk.url}/desk#/${path}`);
    await page.getByText(shows).first().waitFor({ state: 'attached' });
  }

  interface AxeResults {
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  }

  async function faultsOf(page: Page): Promise<readonly string[]> {
    const { violations } = await page.evaluate<AxeResults>(
      'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })',
    );
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  /** What can be pressed and is lower than a finger needs. */
  const lowTargets = (page: Page) =>
    page.evaluate<readonly string[]>(`
      [...document.querySelectorAll('a, button, input, select, textarea, summary, label:has(input[type=checkbox])')]
        .filter((one) => !one.closest('.skip') && !one.matches('label input'))
        .map((one) => [one.getBoundingClientRect(), one])
        .filter(([{ height, right }]) => height > 1 && height < 24 && right > 0)
        .map(([{ height }, one]) => one.tagName + ' ' + one.textContent + ' ' + height)
    `);

  it.each([
    ['light', 1_200],
    ['dark', 1_200],
    ['light', 360],
    ['dark', 360],
  ] as const)('passes axe in %s at %i px, asks no other host and scrolls only down', async (colorScheme, width) => {
    // Whatever an operator does, the policy stays on; the checker is put in beside it.
    const page = await desk.open(browser, 'sandbox-operator-key', { colorScheme, viewport: { width, height: 800 } });
    const foreign: string[] = [];
    const broken: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(desk.url) && !request.url().startsWith('data:')) foreign.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') broken.push(message.text());
    });
    await page.evaluate(axe);
    for (const [path, shows] of views) {
      await visit(page, path, shows);
      expect(await faultsOf(page), path).toEqual([]);
      expect(await lowTargets(page), path).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
    }
    await visit(page, 'payments/verified-squash', 'Settling completes it');
    await page.getByRole('button', { name: 'Settle' }).click();
    expect(await faultsOf(page), 'dialog').toEqual([]);
    expect([foreign, broken]).toEqual([[], []]);
    await page.context().close();
  });

  it('works by keyboard alone, and keeps the key in the tab', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${desk.url}/desk`);
    await page.getByLabel('Gateway key').waitFor();
    expect(await faultsAtSignIn(page)).toEqual([]);
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await press('Tab', 'Tab', 'Enter');
    await page.getByRole('heading', { name: 'Now', exact: true }).waitFor();
    for (let at = 0; at < 8 && (await focused()) !== 'Payments'; at += 1) await press('Tab');
    await press('Enter');
    await page.getByRole('heading', { name: 'Payments' }).waitFor();
    for (let at = 0; at < 12 && !(await isSearch(page)); at += 1) await press('Tab');
    await page.keyboard.type('created-flowers');
    await press('Enter');
    await page.getByRole('button', { name: 'Settle' }).waitFor();
    for (let at = 0; at < 15 && (await focused()) !== 'Settle'; at += 1) await press('Tab');
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    // Escape leads back to where it was asked.
    await press('Escape');
    expect(await focused()).toBe('Settle');
    const kept = await page.evaluate<[number, string, string]>(
      '[localStorage.length, document.cookie, sessionStorage.getItem("headgate-desk-key")]',
    );
    expect(kept).toEqual([0, '', 'sandbox-operator-key']);
    await page.getByRole('button', { name: 'Leave' }).click();
    expect(await page.evaluate('sessionStorage.getItem("headgate-desk-key")')).toBeNull();
    await context.close();
  });

  async function faultsAtSignIn(page: Page): Promise<readonly string[]> {
    await page.evaluate(axe);
    return faultsOf(page);
  }

  const isSearch = (page: Page) => page.evaluate<boolean>('document.activeElement.id === "payment-term"');
});
