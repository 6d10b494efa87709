/** The page as it first opens. */
import { expect, test } from './fixtures';

test('the page opens, isolated, without a request to another host', async ({ studio, page }) => {
  await studio.open();
  await expect(page).toHaveTitle(/Torch2Chip Studio/);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});
