/** The service worker: isolation on a host that sends no headers, and the whole way without a network. */
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { serveFolder } from './static-host';

test.use({ serviceWorkers: 'allow' });

test('on a plain host the second load is isolated, and then the host is needed no more', async ({ studio, page }) => {
  const host = await serveFolder(join(import.meta.dirname, '../dist'), '/some/where/');
  try {
    await studio.open(host.address);
    await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false), { timeout: 60_000 }).toBe(true);
    await studio.openSample('resnet14_fashion');
    await expect(page.getByTestId('traffic')).toContainText('0 requests left this machine');
    await expect.poll(() => page.evaluate(async () => (await (await caches.open('runtime')).keys()).length)).toBe(1);
    await studio.calibrate(8);
  } finally {
    await host.close();
  }
  await page.reload();
  await expect(page.getByTestId('graph')).toBeVisible();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await studio.convert();
});
