/** Comparing recipes on the built page: rows arrive, are sorted, handed over and out, and are there again after a reload. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { expect, test } from './fixtures';

test('two recipes are compared, one is taken over, and both come back after a reload', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByTestId('palette')).toBeVisible();
  await page.keyboard.type('compare recipes');
  await page.keyboard.press('Enter');
  const view = page.getByTestId('recipes-view');
  await expect(view).toBeVisible();
  await page.getByTestId('sample-data-evaluation').click();
  await studio.idle();
  const samples = view.getByRole('textbox', { name: 'Test samples' });
  await samples.fill('8');
  await samples.press('Enter');
  await view.getByRole('button', { name: 'None' }).click();
  await view.getByRole('checkbox', { name: 'MSEChannel + MSE', exact: true }).check();
  await view.getByRole('button', { name: 'W4A8' }).click();
  await page.getByTestId('start-comparison').click();
  const rows = page.getByTestId('recipe-row');
  await expect(rows).toHaveCount(2, { timeout: 60_000 });
  await studio.idle();
  await expect(page.getByTestId('recipe-pending')).toHaveCount(0);
  await expect(rows.first()).toContainText('MSEChannel + MSE');
  // The best of a column is told in words too.
  await expect(view.getByLabel('Best:').first()).toBeVisible();

  // Best first, then the other way.
  const sqnr = view.getByRole('columnheader', { name: /SQNR/ });
  await sqnr.getByRole('button').click();
  await expect(sqnr).toHaveAttribute('aria-sort', 'descending');
  await sqnr.getByRole('button').click();
  await expect(sqnr).toHaveAttribute('aria-sort', 'ascending');

  const download = page.waitForEvent('download');
  await page.getByTestId('export-csv').click();
  const csv = readFileSync(await (await download).path(), 'utf8');
  expect(csv.trimEnd().split('\r\n')).toHaveLength(3);
  expect(csv).toContain('mse_channel');

  // A row is a button: by keyboard too. Undo brings the recipe before back.
  const apply = view.getByRole('button', { name: /MSEChannel \+ MSE/ }).first();
  await apply.focus();
  await page.keyboard.press('Enter');
  await expect(apply).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(apply).not.toHaveAttribute('aria-current', 'true');

  await page.reload();
  await studio.idle();
  await expect(page.getByTestId('recipe-row')).toHaveCount(2);
  await expect(page.getByTestId('recipes-view').getByText('out of date')).toHaveCount(0);
  await page.getByTestId('recipes-view').getByRole('textbox', { name: 'Test samples' }).fill('9');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('recipes-view').getByText('out of date', { exact: true })).toHaveCount(2);
  await page.getByTestId('recipes-view').getByRole('textbox', { name: 'Test samples' }).fill('8');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('recipes-view').getByText('out of date', { exact: true })).toHaveCount(0);
  await page.getByTestId('leave-recipes').click();
  await expect(studio.cards.first()).toBeVisible();

  await studio.convert();
  await studio.nextStep('export');
  await page.getByTestId('format-report').getByRole('switch').click();
  const bundle = page.waitForEvent('download');
  await page.getByTestId('start-export').click();
  const report = unzipSync(readFileSync(await (await bundle).path()))['report.html'];
  const section = /<h2>Recipes compared<\/h2>[^]*?<\/section>/.exec(new TextDecoder().decode(report))?.[0];
  expect(section?.match(/<tr>/g)).toHaveLength(3);
  expect(section).toContain('<th scope="row">MSEChannel + MSE</th>');
});
