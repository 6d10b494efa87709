/** axe finds nothing, light and dark, in the views that care.spec.ts does not pass: with nothing to show yet, and filled. */
import { expect, test } from './fixtures';

test('axe is content with the views beside the graph, light and dark', async ({ studio, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1280, height: 720 });
  const check = async (view: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await studio.faults(), `${view}, ${colorScheme}`).toEqual([]);
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over, `${view} is wider than the window`).toBeLessThanOrEqual(0);
  };
  await studio.open();
  await page.getByTestId('open-plugins').click();
  await expect(page.getByTestId('plugin-templates').getByRole('button')).not.toHaveCount(0);
  await check('plugins, none yet');
  await page.keyboard.press('Escape');
  await studio.command('sessions and storage');
  await expect(page.getByTestId('sessions')).toContainText('Nothing is kept');
  await check('sessions, none yet');
  await page.keyboard.press('Escape');

  await studio.openSample('resnet14_fashion');
  await page.keyboard.press('r');
  await expect(page.getByTestId('recipes-view')).toBeVisible();
  await check('recipes, none yet');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(page.getByTestId('shortcut-sheet')).toBeVisible();
  await check('shortcuts');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByTestId('palette')).toBeVisible();
  await check('palette');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('palette')).toHaveCount(0);

  await studio.calibrate(4);
  await studio.convert();
  await page.getByTestId('show-bits').click();
  await expect(page.getByTestId('bits-view')).toBeVisible();
  await check('mixed precision, not swept yet');
  await page.getByTestId('show-graph').click();
  await page.getByTestId('show-compare').click();
  await page.getByRole('button', { name: 'Runs', exact: true }).click();
  await expect(page.getByTestId('compare-view')).toContainText('There is no run A yet');
  await check('compare, no run A yet');
  await page.getByTestId('show-graph').click();
  await page.getByTestId('show-hardware').click();
  await expect(page.getByTestId('hardware-view').getByRole('table')).toBeVisible();
  await check('hardware');
  await page.getByTestId('show-graph').click();
  await page.getByTestId('step-evaluate').click();
  await check('evaluate, no data yet');
  await page.getByTestId('step-inspect').click();
  await page.keyboard.press('t');
  await expect(page.getByTestId('layer-table')).toBeVisible();
  await check('table of layers');
});
