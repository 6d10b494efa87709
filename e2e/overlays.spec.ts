/** Numbers of all layers: colours of the graph with their legend, the worst first by keys, search by numbers, the table and its CSV. */
import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures';

test('colour by a number, move a border, walk from the worst, search, sort the table, save it', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(16);
  await studio.convert();

  const colour = page.getByLabel('Colour by');
  await colour.click();
  await page.getByRole('option', { name: 'SQNR, local' }).click();
  const borders = page.getByTestId('overlay-borders');
  await borders.getByLabel('Border of good').fill('45');
  await borders.getByLabel('Border of good').press('Enter');
  await expect(borders.getByLabel('Usual borders')).toBeVisible();

  await page.getByTestId('strip-table').click();
  const table = page.getByTestId('layer-table');
  await table.getByRole('columnheader', { name: 'Local SQNR' }).getByRole('button').click();
  const rows = table.getByRole('row');
  const local = async (row: number) => Number(await rows.nth(row).getByRole('gridcell').nth(1).innerText());
  const shown = [await local(1), await local(2), await local(3)];
  expect(shown.every((value) => value > 0)).toBe(true);
  expect([...shown].sort((a, b) => a - b)).toEqual(shown);
  const worst = await rows.nth(1).getAttribute('data-layer');
  await page.keyboard.press('n');
  await expect(table.locator('[aria-selected="true"]')).toHaveAttribute('data-layer', worst ?? '');

  await page.keyboard.press('Control+f');
  await page.getByLabel('Search layers').fill('conv macs>1M');
  await expect(table.getByRole('row').nth(1)).toContainText('Conv');
  const found = await table.getAttribute('aria-rowcount');
  expect(Number(found)).toBeGreaterThan(2);
  expect(Number(found)).toBeLessThan(20);
  await page.getByLabel('Search layers').fill('uint16'); // the logits have 16 bits
  await expect(table).toHaveAttribute('aria-rowcount', '2');
  await expect(rows.nth(1)).toContainText('Linear');
  await page.getByLabel('Search layers').fill('32x14x14 add');
  await expect(rows.nth(1)).toContainText('Add');

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('layers-csv').click()]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  expect(lines[0]).toMatch(/^layer,title,operator,sqnr,local,/);
  expect(lines.length).toBe(1 + Number(await page.locator('nav[aria-label="Layers"] span').first().innerText()));
});

test('every shortcut stands on the sheet that ? opens', async ({ studio, page }) => {
  await studio.open();
  await page.keyboard.press('?');
  const sheet = page.getByTestId('shortcut-sheet');
  await expect(sheet).toContainText('Search commands and layers');
  await expect(sheet).toContainText('Undo recipe change');
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
});
