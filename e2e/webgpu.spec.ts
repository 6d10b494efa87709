/**
 * Calibration and learning on WebGPU against WASM, where Chromium has an adapter (SwiftShader does). Both sum in float32, in other orders:
 * extrema may differ by 1e-5 of the tensor's largest magnitude (7e-7 was seen). So may a loss before learning, relative to itself; where
 * learning ends may differ by a hundredth of the loss, as a weight between two integers may fall on the other one.
 */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { chromiumFlags, findChromium } from '../scripts/chromium.mjs';
import { readCalibration } from '../src/core/calibrate/merge';
import { expect, test } from './fixtures';
import { convolution } from './made-model';
import type { StudioPage } from './studio-page';

const executablePath = findChromium();
test.use({
  launchOptions: {
    args: [...chromiumFlags, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    ...(executablePath === undefined ? {} : { executablePath }),
  },
});

const hasAdapter = (page: Page): Promise<boolean> =>
  page.evaluate(async () => {
    const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<object | null> } };
    return (await gpu?.requestAdapter()) !== null && gpu !== undefined;
  });

/** The calibration of the present visit as the page keeps it for the next one. */
async function kept(page: Page): Promise<Uint8Array> {
  const numbers = await page.evaluate(async () => {
    const store = await new Promise<IDBObjectStore>((resolve, reject) => {
      const opening = indexedDB.open('keyval-store');
      opening.onerror = () => reject(new Error('no store'));
      opening.onsuccess = () => resolve(opening.result.transaction('keyval').objectStore('keyval'));
    });
    const read = (key: string) =>
      new Promise<unknown>((resolve) => {
        const reading = store.get(key);
        reading.onsuccess = () => resolve(reading.result);
      });
    return Array.from((await read(`t2c:${String(await read('t2c:current'))}.calibration`)) as Uint8Array);
  });
  return Uint8Array.from(numbers);
}

async function calibrateOn(studio: StudioPage, provider: string): Promise<Uint8Array> {
  await studio.step('calibrate').getByRole('button', { name: provider, exact: true }).click();
  await studio.page.getByTestId('start-calibration').click();
  await studio.idle();
  await expect(studio.page.getByTestId('calibration-result')).toContainText(provider);
  return kept(studio.page);
}

test('WebGPU sees the same ranges as WASM', async ({ studio, page }) => {
  await studio.open();
  test.skip(!(await hasAdapter(page)), 'this Chromium has no WebGPU adapter');
  await studio.openSample('resnet14_fashion');
  await studio.nextStep('calibrate');
  const field = studio.step('calibrate').getByRole('textbox', { name: 'Samples' });
  await field.fill('2');
  await field.press('Enter');
  const wasm = readCalibration(await calibrateOn(studio, 'WASM'));
  const gpu = readCalibration(await calibrateOn(studio, 'WebGPU'));
  expect([gpu.provider, gpu.sha256]).toEqual(['webgpu', wasm.sha256]);
  expect(gpu.stats.size).toBe(wasm.stats.size);
  for (const [value, a] of wasm.stats) {
    const b = gpu.stats.get(value);
    const tolerance = 1e-5 * Math.max(Math.abs(a.min), Math.abs(a.max));
    expect(b?.count).toBe(a.count);
    expect(Math.abs((b?.min ?? Infinity) - a.min), value).toBeLessThanOrEqual(tolerance);
    expect(Math.abs((b?.max ?? Infinity) - a.max), value).toBeLessThanOrEqual(tolerance);
  }
});

interface Learned {
  readonly layer: string;
  readonly before: number;
  readonly after: number;
}

/** What every layer's loss was before and after AdaRound, from the bundle. */
async function learnOn(studio: StudioPage, provider: string): Promise<readonly Learned[]> {
  const step = studio.step('recipe');
  await step.getByRole('button', { name: provider, exact: true }).click();
  await studio.page.getByTestId('start-conversion').click();
  await studio.idle();
  const download = await studio.exportZip();
  const files = unzipSync(readFileSync(await download.path()), { filter: (f) => f.name === 'manifest.json' });
  await studio.page.getByTestId('step-recipe').click();
  const manifest = JSON.parse(new TextDecoder().decode(files['manifest.json'])) as {
    readonly report: { readonly learned: readonly Learned[] };
  };
  return manifest.report.learned;
}

test('AdaRound on WebGPU ends where it does on WASM', async ({ studio, page }) => {
  await studio.open();
  test.skip(!(await hasAdapter(page)), 'this Chromium has no WebGPU adapter');
  await studio.openMade('conv.onnx', convolution(8).model);
  await studio.calibrateOnRandom();
  await studio.nextStep('recipe');
  const step = studio.step('recipe');
  await step.getByLabel('Algorithm of weights', { exact: true }).click();
  await page.getByRole('option', { name: 'AdaRound', exact: true }).click();
  await step.getByLabel('Bits of weights', { exact: true }).getByRole('button', { name: '4', exact: true }).click();
  const iterations = step.getByRole('textbox', { name: 'Iterations', exact: true });
  await iterations.fill('200');
  await iterations.press('Enter');
  const wasm = await learnOn(studio, 'WASM');
  const gpu = await learnOn(studio, 'WebGPU');
  expect(gpu.map((l) => l.layer)).toEqual(['conv']);
  expect(wasm.map((l) => l.layer)).toEqual(['conv']);
  const [a, b] = [wasm[0] as Learned, gpu[0] as Learned];
  expect(a.after).toBeLessThan(a.before);
  expect(Math.abs(b.before - a.before)).toBeLessThanOrEqual(1e-5 * a.before);
  expect(Math.abs(b.after - a.after)).toBeLessThanOrEqual(0.01 * a.after);
});
