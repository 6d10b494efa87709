/** The main job on the built page: sample, graph, calibrate, a layer's scales and integers, the zip, its checkers, a reload. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { readNpy, writeNpy } from '../src/core/base/npy';
import { expect, test } from './fixtures';
import { convolution } from './made-model';

const layer = 'layer1.0.conv1';

test('from a sample to a verified bundle, and back after a reload', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await expect(studio.card(layer)).toContainText('Conv 3×3');
  await expect(studio.card(layer)).toContainText('ReLU');

  await studio.calibrate(16);
  await expect(studio.step('calibrate')).toContainText('16');
  await studio.convert();

  const inspector = await studio.inspect(layer);
  await studio.tab('Weights');
  await expect(inspector.getByText('Scale per channel', { exact: true }).first()).toBeVisible();
  await studio.tab('Activations');
  await expect(inspector.getByText('clipped').first()).toBeVisible();
  await studio.tab('Quantize');
  await expect(inspector.getByText('Largest possible')).toBeVisible();
  await expect(inspector.getByText('max |int − fake|')).toBeVisible();
  await studio.tab('Integers');
  const grid = page.getByTestId('tensor-grid');
  await expect(grid.getByRole('gridcell').first()).toHaveText(/^[−-]?\d+$/);
  const shown = await grid.getByRole('row', { name: /.*/ }).nth(1).getByRole('gridcell').allTextContents();

  const download = await studio.exportZip();
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    const zip = join(folder, download.suggestedFilename());
    await download.saveAs(zip);
    const files = unzipSync(readFileSync(zip));
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    expect(execFileSync('/usr/bin/python3', ['verify.py'], { cwd: folder, encoding: 'utf8' })).toContain('OK');

    // What the grid shows are the first integers of the file that the chip gets.
    const yq = readNpy(files[`tensors/${layer}_yq.npy`] as Uint8Array, 'yq');
    const numbers = shown.map((text) => Number(text.replace('−', '-')));
    expect(numbers.length).toBeGreaterThan(3);
    expect(numbers).toEqual(Array.from(yq.data.slice(0, numbers.length) as ArrayLike<number>, Number));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  // The next visit has the same integers: they are made again, and the zip is the same, byte for byte.
  await page.reload();
  await studio.idle();
  await expect(inspector).toBeVisible();
  await expect(grid.getByRole('row', { name: /.*/ }).nth(1).getByRole('gridcell')).toHaveText(shown);
  const again = await studio.exportZip();
  expect(readFileSync(await again.path()).equals(readFileSync(await download.path()))).toBe(true);
  await expect(studio.messages).toBeEmpty();
});

test('a calibration is cancelled and leaves what was there', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.nextStep('calibrate');
  const field = studio.step('calibrate').getByRole('textbox', { name: 'Samples' });
  await field.fill('250');
  await field.press('Enter');
  await page.getByTestId('start-calibration').click();
  await studio.step('calibrate').getByRole('button', { name: 'Cancel' }).click();
  await studio.idle();
  await expect(page.getByTestId('start-calibration')).toBeVisible();
  await expect(studio.cards.first()).toBeVisible();
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'calibrate');
});

test('the sample’s test images give the accuracy of the three paths', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(32);
  await studio.convert();
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByTestId('palette')).toBeVisible();
  await page.keyboard.type('evaluate');
  await page.keyboard.press('Enter');
  await page.getByTestId('sample-data-evaluation').click();
  await studio.idle();
  const field = studio.step('evaluate').getByRole('textbox', { name: 'Samples' });
  await field.fill('60');
  await field.press('Enter');
  await page.getByTestId('start-evaluation').click();
  await studio.idle();
  const rows = page.getByTestId('evaluation-result').getByRole('row');
  const percent = async (name: string) => Number(/([\d.]+) %/.exec((await rows.filter({ hasText: name }).textContent()) ?? '')?.[1]);
  const [float, integer] = [await percent('the original model'), await percent('exactly as the chip')];
  expect(float).toBeGreaterThan(75);
  expect(Math.abs(float - integer)).toBeLessThanOrEqual(5);
});

test('other data make the calibration stale until it is made again', async ({ studio, page }) => {
  await studio.open();
  await studio.giveFiles(join(import.meta.dirname, '../fixtures/bad/good.onnx'));
  await expect(studio.cards).toHaveCount(3);
  await studio.calibrateOnRandom();
  await studio.convert();

  const other = writeNpy({ shape: [3, 1, 6, 6], data: new Float32Array(108).fill(0.5), dtype: 'float32' });
  await page.getByTestId('open-input').setInputFiles({ name: 'other.npy', mimeType: '', buffer: Buffer.from(other) });
  await expect(page.getByTestId('dataset')).toContainText('other.npy');
  await studio.idle();
  await expect(studio.step('calibrate')).toContainText('data changed');
  await expect(page.getByTestId('step-calibrate')).toHaveAccessibleName(/Out of date/);
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'calibrate');
  await page.getByTestId('step-recipe').click();
  await expect(page.getByTestId('start-conversion')).toHaveCount(0);
  // Every step is whole in the narrowest panel, with its marks.
  await page.getByTestId('details').evaluate((panel) => (panel.style.width = '320px'));
  const row = page.getByRole('navigation', { name: 'Steps' });
  expect(await row.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(0);

  // What is kept belongs together: the new data, and no calibration of the old ones.
  await page.reload();
  await studio.idle();
  await studio.nextStep('calibrate');
  await expect(page.getByTestId('dataset')).toContainText('other.npy');
  await page.getByTestId('start-calibration').click();
  await studio.idle();
  await expect(page.getByTestId('stale')).toHaveCount(0);
  await studio.convert();
});

test('a rule for the selected layer changes its bits, and undo takes it back', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(2);
  await studio.convert();
  const inspector = await studio.inspect(layer);
  const bits = inspector
    .locator('div', { has: page.locator('dt', { hasText: /^Bits/ }) })
    .locator('dd')
    .first();
  await expect(bits).toContainText('8');
  // In the inspector itself: a field says what holds for the layer, and changing it writes a rule.
  await studio.tab('Quantize');
  const own = inspector.getByRole('combobox', { name: 'Weight bits of this layer' });
  await expect(own).toContainText('as the recipe (8)');
  await own.click();
  await page.getByRole('option', { name: '5 bit' }).click();
  await expect(own).toContainText('5 bit');
  await inspector.getByRole('combobox', { name: 'Algorithm of weights of this layer' }).click();
  await page.getByRole('option', { name: 'GPTQ', exact: true }).click();
  expect(await studio.faults()).toEqual([]);
  await page.getByTestId('step-recipe').click();
  await expect(page.getByRole('combobox', { name: 'Rule 1: bits of weights' })).toContainText('5 bit');
  await expect(page.getByRole('combobox', { name: 'Rule 1: algorithm of weights' })).toContainText('GPTQ');
  // what this algorithm can be told stands where the others' options do
  await expect(studio.step('recipe').getByRole('textbox', { name: 'Damping', exact: true })).toHaveValue('1');
  for (let i = 0; i < 2; i++) await page.getByTestId('undo-recipe').click();
  await expect(page.getByRole('listitem', { name: 'Rule 1' })).toHaveCount(0);
  await expect(studio.step('recipe').getByRole('textbox', { name: 'Damping', exact: true })).toHaveCount(0);
  await page.getByTestId('override-selected').click();
  await page.getByRole('combobox', { name: 'Rule 1: bits of weights' }).click();
  await page.getByRole('option', { name: '4 bit' }).click();
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'recipe');
  await page.getByTestId('undo-recipe').click();
  await page.getByTestId('undo-recipe').click();
  await expect(page.getByRole('listitem', { name: 'Rule 1' })).toHaveCount(0);
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'export');
  for (let i = 0; i < 2; i++) await studio.step('recipe').getByRole('button', { name: 'Redo' }).click();
  await page.getByTestId('start-conversion').click();
  await studio.idle();
  await page.getByTestId('step-inspect').click();
  await expect(bits).toContainText('4');

  // While the zip is made it can be stopped; nothing is downloaded then.
  let downloads = 0;
  page.on('download', () => (downloads += 1));
  await studio.nextStep('export');
  await page.getByTestId('start-export').click();
  await studio.step('export').getByRole('button', { name: 'Cancel' }).click();
  await studio.idle();
  await expect(page.getByTestId('start-export')).toBeVisible();
  expect(downloads).toBe(0);
});

test('a reload in the middle of a calibration brings the model and its data back', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.nextStep('calibrate');
  await page.getByTestId('start-calibration').click();
  await page.reload();
  await studio.idle();
  await studio.nextStep('calibrate');
  await expect(page.getByTestId('start-calibration')).toBeEnabled();
});

test('two million weights are looked through without drawing them all', async ({ studio, page }) => {
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    const file = join(folder, 'wide.onnx');
    writeFileSync(file, convolution(512).model);
    await studio.open();
    await studio.giveFiles(file);
    await expect(studio.card('conv')).toBeVisible();
    await studio.calibrateOnRandom(2);
    await studio.convert();
    await studio.inspect('conv');
    await studio.tab('Integers');
    const grid = page.getByTestId('tensor-grid');
    await page.getByRole('button', { name: 'x2', exact: true }).click();
    await expect(grid.getByRole('gridcell').first()).toHaveText(/^[−-]?\d+$/);
    expect(await grid.getByRole('gridcell').count()).toBeLessThan(3000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
