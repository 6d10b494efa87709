/** Requantization profiles in the page: compared on a converted network, looked into, used, and converted with. */
import { expect, test } from './fixtures';

test('profiles stand side by side, name their dearest layers, and one is used with a click', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(8);
  await studio.convert();
  await page.getByTestId('compare-profiles').click();
  await studio.idle();
  const table = page.getByTestId('profiles');
  await expect(page.getByTestId('profile-recipe')).toContainText('in use');
  const shift = page.getByTestId('profile-pow2');
  await expect(shift).toContainText(/Power of two.*\d+\.\d/);
  await shift.getByRole('button', { name: 'Power of two', exact: true }).click();
  await shift
    .getByRole('button', { name: /^layer/ })
    .first()
    .scrollIntoViewIfNeeded();
  await table.getByRole('button', { name: 'Use TFLite (gemmlowp)' }).click();
  await expect(page.getByTestId('profile-tflite')).toContainText('in use');
  await expect(page.getByTestId('profile-recipe')).not.toContainText('in use');
  await expect(page.getByLabel('Multiplier style')).toContainText('TFLite');
  await studio.convert();
  await expect(page.getByTestId('conversion-result')).toContainText('dB');
});
