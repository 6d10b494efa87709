/**
 * A conversion that learns, on the built page: its curve, a pause, a cancel that keeps the finished layers, the continuation
 * after a reload, and a bundle that holds what each layer gained. axe is content with every state of it.
 */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { axe, faults } from './axe';
import { expect, test } from './fixtures';

/** Ten steps a run: six runs a layer, so that a pause falls into the middle of one. */
const ITERATIONS = 60;
const LAYERS = 16;

test('AdaRound is watched, paused, cancelled and continued after a reload', async ({ studio, page }) => {
  await page.addInitScript(axe);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.nextStep('recipe');
  const step = studio.step('recipe');
  await step.getByLabel('Algorithm of weights', { exact: true }).click();
  await page.getByRole('option', { name: 'AdaRound', exact: true }).click();
  await step.getByLabel('Bits of weights', { exact: true }).getByRole('button', { name: '4', exact: true }).click();
  const iterations = step.getByRole('textbox', { name: 'Iterations', exact: true });
  await iterations.fill(String(ITERATIONS));
  await iterations.press('Enter');
  // with next to no memory what the samples give lies in a file, and the result is the same
  const memory = step.getByRole('textbox', { name: 'Memory for learning', exact: true });
  await expect(memory).toHaveValue('512');
  await memory.fill('1');
  await memory.press('Enter');

  await page.getByTestId('start-conversion').click();
  const learning = page.getByTestId('learning');
  const curve = learning.getByRole('img', { name: /^Loss of / });
  const rows = page.getByTestId('learned-layers').locator('tbody tr');
  await expect(curve).toHaveAccessibleName(new RegExp(`: from .* to .* in \\d+ of ${ITERATIONS} steps`), { timeout: 60_000 });
  await expect(learning).toContainText(`of ${LAYERS}`);
  await expect(rows.nth(1)).toBeVisible({ timeout: 60_000 });
  await expect(rows.first()).toContainText(`${ITERATIONS} steps`);
  await expect(rows.first()).toContainText('%');
  // time left is told of the whole
  await expect(step).toContainText(/left/);

  await page.getByTestId('pause-convert').click();
  await expect(learning).toHaveAttribute('data-paused', 'true');
  await expect(learning.getByText('paused', { exact: true })).toBeVisible();
  // the run under way ends; from then on nothing moves
  await page.waitForTimeout(1000);
  const told = await curve.getAttribute('aria-label');
  const done = await rows.count();
  await page.waitForTimeout(1500);
  expect([await curve.getAttribute('aria-label'), await rows.count()]).toEqual([told, done]);
  expect(await faults(page)).toEqual([]);
  await page.getByTestId('pause-job').click();
  await expect(learning).toHaveAttribute('data-paused', 'false');
  await expect.poll(() => rows.count(), { timeout: 60_000 }).toBeGreaterThan(done);

  await step.getByRole('button', { name: 'Cancel' }).click();
  await studio.idle();
  const start = page.getByTestId('start-conversion');
  await expect(start).toHaveText(new RegExp(`Continue: \\d+ of ${LAYERS} layers are done`));
  expect(await faults(page)).toEqual([]);

  await page.reload();
  await studio.idle();
  await studio.nextStep('recipe');
  await expect(memory).toHaveValue('1');
  await expect(start).toHaveText(new RegExp(`Continue: \\d+ of ${LAYERS} layers are done`));
  const known = Number(/\d+/.exec(await start.innerText())?.[0]);
  expect(known).toBeGreaterThan(done);
  await start.click();
  await studio.idle();
  await expect(page.getByTestId('conversion-result')).toBeVisible();
  await step
    .getByRole('button', { name: `Show all ${LAYERS}` })
    .last()
    .click();
  await expect(rows).toHaveCount(LAYERS);
  await expect(rows.filter({ hasText: 'kept' })).toHaveCount(known);
  expect(await faults(page)).toEqual([]);

  const download = await studio.exportZip();
  const files = unzipSync(readFileSync(await download.path()), { filter: (f) => f.name === 'manifest.json' });
  const manifest = JSON.parse(new TextDecoder().decode(files['manifest.json'])) as {
    recipe: { weights: { algorithm: string; bits: number } };
  };
  expect(manifest.recipe.weights).toMatchObject({ algorithm: 'adaround', bits: 4 });
});
