/** Float, fake-quantized and integer of a layer side by side; a conversion and the one before it; synced place, filter, pin. */
import { expect, test } from './fixtures';

test('paths and runs stand side by side, and only changed layers are listed', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.convert();
  await page.getByTestId('show-compare').click();
  const view = page.getByTestId('compare-view');
  const panes = view.getByTestId('compare-panes');
  await expect(panes.locator('canvas')).toHaveCount(4);
  const table = view.getByTestId('compare-table');
  await expect(table.locator('tr[data-layer]')).toHaveCount(24);

  // a layer of the table is the selection everywhere, and the other way round
  const layer = 'layer2.0.conv1';
  await table.locator(`tr[data-layer="${layer}"]`).getByRole('button').click();
  await expect(view.getByRole('heading', { name: layer })).toBeVisible();
  await expect(page.getByRole('region', { name: `Layer ${layer}`, exact: true })).toBeVisible();
  await expect(view.getByTestId('compare-differ')).toContainText('of 6 272 differ');
  expect(await studio.faults()).toEqual([]);

  // one pointer, one place in all pictures
  await panes.locator('canvas').first().hover();
  await expect(panes.getByText(/^\[0, 0, \d+, \d+\] · /)).toHaveCount(4);
  await view.getByRole('button', { name: '8²' }).click();
  await expect(view.getByTestId('compare-window')).toContainText('8 × 8 from [0, 0] of 14 × 14');
  await panes.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await expect(view.getByTestId('compare-window')).toContainText('8 × 8 from [2, 2]');

  await view.getByRole('button', { name: 'Runs' }).click();
  await expect(view).toContainText('There is no run A yet');
  // another width in one late layer: nothing ahead of it changes
  await page.getByTestId('step-recipe').click();
  await studio.step('recipe').getByRole('button', { name: 'For layers by name' }).click();
  const rule = studio.step('recipe').getByRole('listitem', { name: 'Rule 1' });
  await rule
    .getByRole('combobox', { name: 'Rule 1: names of layers' })
    .or(rule.getByLabel('Rule 1: names of layers'))
    .first()
    .fill('layer3.1.conv2');
  await page.keyboard.press('Enter');
  await rule.getByLabel('Rule 1: bits of weights').click();
  await page.getByRole('option', { name: '3 bit' }).click();
  await page.getByTestId('start-conversion').click();
  await studio.idle();
  await expect(view.getByTestId('runs')).toContainText(/A.*dB.*B.*dB/);
  await view.getByRole('switch', { name: 'Only changed layers' }).click();
  await expect(table.locator('tr[data-layer="layer3.1.conv2"]')).toBeVisible();
  await expect(table.locator('tr[data-layer="layer3.1.conv1"]')).toHaveCount(0);
  await view.getByTestId('pin-run').click();
  await expect(view.getByTestId('pin-run')).toHaveText('Unpin A');
  expect(await studio.faults()).toEqual([]);
});
