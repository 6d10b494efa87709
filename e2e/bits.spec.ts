/** Mixed precision in the page: swept, looked at, a point used, taken back; bits of a layer by hand with an estimate at once. */
import { expect, test } from './fixtures';

test('a sweep shows its front, a point goes into the recipe as one change, and undo takes it back', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(8);
  await page.keyboard.press('Control+k');
  await expect(page.getByTestId('palette')).toBeVisible();
  await page.keyboard.type('mixed precision');
  await page.keyboard.press('Enter');
  const view = page.getByTestId('bits-view');
  await expect(view).toContainText('Which layers bear fewer bits?');
  expect(await studio.faults()).toEqual([]);
  await page.getByTestId('start-sweep').click();
  await studio.idle();
  const stats = view.getByTestId('estimate-stats');
  await expect(stats).toContainText('as with 8 bits');
  await expect(stats).toContainText('16 layers as measured');
  await expect(view.getByTestId('measured-point').first()).toBeVisible();
  expect(await studio.faults()).toEqual([]);

  // by keyboard: three moves along the front
  const chart = view.getByTestId('pareto');
  await chart.focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(stats).toContainText('−');
  await expect(stats).not.toContainText('as with 8 bits');
  await view.getByTestId('undo-bits').click();
  await expect(stats.getByText('as with 8 bits').first()).toBeVisible();

  // by hand: what was measured of one layer is what is expected of the recipe
  const row = view.locator('tr[data-layer="layer3.1.conv2"]');
  const cell = row.getByRole('button', { name: /2 bits for weights/ });
  const measured = await cell.textContent();
  await cell.click();
  await expect(cell).toHaveAttribute('aria-pressed', 'true');
  await expect(row.getByTestId('bits-now')).toHaveText('W2 A8');
  await expect(stats).toContainText(`${measured} nats`);
  await page.getByTestId('show-graph').click();
  await expect(studio.cards.first()).toBeVisible();
});

test('in the recipe the estimate follows the bits at once, without a conversion', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await page.getByTestId('show-bits').click();
  await page.getByTestId('start-sweep').click();
  await studio.idle();
  await studio.nextStep('recipe');
  const estimate = page.getByTestId('estimate');
  await expect(estimate).toContainText(/\d dB/);
  const before = await estimate.textContent();
  await studio
    .step('recipe')
    .getByRole('group', { name: /bits of weights/i })
    .getByRole('button', { name: '4', exact: true })
    .click();
  await expect(estimate).not.toHaveText(before ?? '', { timeout: 1000 });
  await expect(estimate).toContainText('−50.0 %');
});
