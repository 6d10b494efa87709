/** The main job on the built page: sample, graph, calibrate, a layer's scales and integers, the zip, its checkers, a reload. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { readNpy } from '../src/core/base/npy';
import { expect, test } from './fixtures';

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

  await page.reload();
  await studio.idle();
  await expect(studio.card(layer)).toBeVisible();
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'recipe');
});

test('a calibration is cancelled within a second and leaves what was there', async ({ studio, page }) => {
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
