import { afterAll, beforeAll, it } from 'vitest';
import { describeWithChromium, shareBrowser, type BrowserShare } from '../support/browser.js';
import { startDesk, type DeskRig } from '../support/desk.js';

describeWithChromium('now, on the desk', { timeout: 60_000 }, () => {
  let browser: BrowserShare;
  let desk: DeskRig;
  beforeAll(async () => {
    [browser, desk] = await Promise.all([
      shareBrowser(),
      startDesk({ BREAKER_MIN_REQUESTS: '2', BREAKER_SLEEP_MS: '1000' }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await desk?.close();
  });

  /** Reads pins of the service that goes away and comes back. */
  async function readArchive(): Promise<void> {
    await fetch(`${desk.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-gateway-key': 'sandbox-operator-key' },
      body: JSON.stringify({ query: '{ pins(service: "archive", first: 1) { nodes { name } } }' }),
    });
  }

  it.concurrent('shows each upstream, and by itself when one goes away and comes back', async ({ expect }) => {
    const page = await desk.open(browser, 'sandbox-operator-key');
    const archive = page.getByRole('listitem').filter({ hasText: 'Pinning · archive' });
    await archive.filter({ hasText: /Last success\s*never/ }).waitFor();
    for (const name of ['Pi Platform', 'Pi’s ledger', 'MyPit', 'BitMinter', 'Pinning · sandbox'])
      await page.getByRole('heading', { name }).waitFor();
    await page.getByText('in memory').waitFor();
    await archive.filter({ hasText: 'not asked yet' }).waitFor();
    await page.getByText('No upstream has been asked yet.').waitFor();
    await readArchive();
    await archive.filter({ hasText: 'well' }).filter({ hasNotText: 'not asked' }).waitFor();
    await page.getByText(/^All that was asked is well\. Not asked yet: Pi Platform, /).waitFor();
    const origin = new URL(desk.sandbox.settings['PINNING_ARCHIVE_URL'] ?? '').origin;
    desk.away.add(origin);
    await expect.poll(async () => (await readArchive(), archive.innerText()), { timeout: 20_000 }).toContain('paused');
    const changes = page.locator('.changes li');
    // Once more whenever a probe finds it down still.
    await changes.filter({ hasText: 'pinning:archive Calls are paused: it has been failing' }).first().waitFor();
    await page.getByText('Pinning · archive is failing.').waitFor();
    await archive.filter({ hasText: /Last failure\s*(just now|\d+ s ago)\s*The upstream cannot be reached/ }).waitFor();
    desk.away.delete(origin);
    await expect.poll(async () => (await readArchive(), archive.innerText()), { timeout: 20_000 }).toContain('well');
    await changes.filter({ hasText: 'pinning:archive Calls go through again' }).waitFor();
    expect(await archive.innerText()).toMatch(/Last success\s*(just now|\d+ s ago)/);
    expect(await archive.innerText()).toMatch(/Latency\s*\d+ ms/);
    await page.context().close();
  });

  it.concurrent(
    'calls nothing well that was refused or could not be reached, however few calls there were',
    async () => {
      const lonely = await startDesk({}, {}, { PI_API_KEY: 'made-up' });
      try {
        const { origin } = new URL(lonely.sandbox.settings['PINNING_ARCHIVE_URL'] ?? '');
        lonely.away.add(origin);
        const page = await lonely.open(browser, 'sandbox-operator-key');
        const card = (name: string) => page.getByRole('listitem').filter({ hasText: name });
        const ask = (query: string) =>
          fetch(`${lonely.url}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-gateway-key': 'sandbox-operator-key' },
            body: JSON.stringify({ query }),
          });
        await ask('{ pins(service: "archive", first: 1) { nodes { name } } }');
        await card('Pinning · archive').filter({ hasText: 'failing' }).waitFor();
        await ask('{ incompleteServerPayments { id } }');
        await card('Pi Platform')
          .filter({ hasText: 'failing' })
          .filter({ hasText: 'refused the credential' })
          .waitFor();
        await page.getByText('Pi Platform is failing, Pinning · archive is failing.').waitFor();
        for (const provider of ['pi', 'pinning:archive'])
          await page
            .locator('.changes li')
            .filter({ hasText: `${provider} It began to fail` })
            .waitFor();
        lonely.away.delete(origin);
        await ask('{ pins(service: "archive", first: 1) { nodes { name } } }');
        await page.locator('.changes li').filter({ hasText: 'pinning:archive It answers again' }).waitFor();
        await page.getByText('Pi Platform is failing.').waitFor();
        await page.context().close();
      } finally {
        await lonely.close();
      }
    },
  );

  it(
    'calls nothing well once the gateway knows the key no more, and says so on top',
    { timeout: 90_000 },
    async ({ expect }) => {
      const before = await startDesk({}, {}, {});
      const { port } = new URL(before.url);
      let after: DeskRig | undefined;
      try {
        const narrow = { viewport: { width: 360, height: 640 } };
        const [page, reader] = await Promise.all([
          before.open(browser, 'first-key', narrow),
          before.open(browser, 'looks-only', narrow),
        ]);
        await page.getByText('in memory').waitFor();
        await before.close();
        for (const one of [page, reader]) await one.getByText('The gateway did not answer.').waitFor();
        for (const one of [page, reader]) expect(await one.locator('.summary').count()).toBe(0);
        after = await startDesk({ PORT: port, GATEWAY_KEYS: '' });
        for (const [one, name] of [
          [page, 'first'],
          [reader, 'reader'],
        ] as const) {
          const banner = one.getByRole('alert').filter({ hasText: 'does not know your key any more' });
          await banner.waitFor();
          await one
            .locator('.summary.plain')
            .filter({ hasText: /^Not known yet: Pi Platform, .*\.$/ })
            .waitFor();
          expect(await banner.count()).toBe(1);
          expect((await banner.boundingBox())?.y, 'on the first screen').toBeLessThan(300);
          expect(await one.locator('.summary.good').count()).toBe(0);
          expect(await one.locator('.top').innerText()).not.toContain(name);
        }
        await page.locator('.summary').filter({ hasText: 'the state store.' }).waitFor();
        await page.goto(`${before.url}/desk#/payments`);
        await page.getByRole('heading', { name: 'Payments' }).waitFor();
        await page.getByRole('alert').filter({ hasText: 'does not know your key any more' }).first().waitFor();
        await after.close();
        after = await startDesk({ PORT: port });
        await page.goto(`${before.url}/desk#/now`);
        await page.locator('.top').getByText('first').waitFor();
        expect(await page.getByRole('alert').filter({ hasText: 'does not know your key' }).count()).toBe(0);
        await Promise.all([page.context().close(), reader.context().close()]);
      } finally {
        await after?.close();
      }
    },
  );

  it('counts the streams that are open', async () => {
    const [watching, looking] = await Promise.all([
      desk.open(browser, 'first-key'),
      desk.open(browser, 'sandbox-operator-key'),
    ]);
    await watching.goto(`${desk.url}/desk#/payments/created-bread`);
    await watching.locator('.payment').waitFor();
    const streams = looking.locator('.figures > div').filter({ hasText: 'Streams open' });
    await streams.filter({ hasText: '1' }).waitFor();
    await watching.context().close();
    await streams.filter({ hasText: '0' }).waitFor();
    await looking.context().close();
  });
});
