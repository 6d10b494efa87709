/**
 * Text in, and operators that no multiplier computes: a transformer made here, of open shape, with token arrays. What the
 * inspector shows of them, what they cost, a layer kept in float on purpose, and an operator without an integer form.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { unzipSync, zipSync } from 'fflate';
import { islandModel } from '../src/adapters/node/island-model.fixture';
import { writeNpy } from '../src/core/base/npy';
import { expect, test } from './fixtures';
import { tokenModel, tokens } from './token-model';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 't2c-text-'));
const file = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function faults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await engine.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
  });
}

test('a text model opens with a shape, converts, shows its non-linear operators, and keeps one in float when asked', async ({
  studio,
  page,
}) => {
  await page.addInitScript(axe);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const archive = (count: number, seed: number) =>
    zipSync(Object.fromEntries(Object.entries(tokens(count, seed)).map(([name, array]) => [`${name}.npy`, writeNpy(array)])));
  const calibration = file('tokens_calib.npz', archive(12, 1));
  const evaluation = file('tokens_test.npz', archive(8, 2));

  await studio.open();
  await studio.giveFiles(file('tokens.onnx', tokenModel()));
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('input_ids');
  await dialog.getByRole('textbox').last().fill('1x6');
  await page.getByTestId('shape-open').click();
  await expect(studio.card('embed')).toContainText('Embedding');
  await studio.giveFiles(calibration);
  await studio.nextStep('calibrate');
  await expect(page.getByTestId('dataset')).toContainText('attention_mask');
  await page.getByTestId('start-calibration').click();
  await studio.idle();
  await studio.convert();
  const costs = page.getByTestId('nonlinear-cost');
  for (const kind of ['Softmax', 'LayerNorm', 'GELU']) await expect(costs.getByRole('row', { name: new RegExp(kind) })).toContainText(/\d/);
  expect(await faults(page)).toEqual([]);

  const shown: readonly (readonly [layer: string, title: string, text: RegExp])[] = [
    ['attn.softmax', 'Softmax', /The mask comes from the input: attention_mask/],
    ['norm', 'Layer normalization', /Gain G/],
    ['act', 'GELU as a table', /256 entries/],
    ['embed', 'Look-up', /Rows used/],
  ];
  for (const [layer, title, text] of shown) {
    const inspector = await studio.inspect(layer);
    await studio.tab('Quantize');
    await expect(inspector.getByRole('region', { name: title, exact: true })).toBeVisible();
    await expect(inspector).toContainText(text);
    expect(await faults(page), layer).toEqual([]);
  }

  const inspector = await studio.inspect('attn.softmax');
  await studio.tab('Quantize');
  await inspector.getByRole('button', { name: 'Float', exact: true }).click();
  await studio.nextStep('recipe');
  await expect(page.getByRole('combobox', { name: 'Rule 1: runs in' })).toContainText('Float island');
  await page.getByTestId('start-conversion').click();
  await studio.idle();
  await expect(studio.step('recipe')).toContainText('kept in float by the recipe');
  await expect(studio.card('attn.softmax')).toContainText('float');
  await studio.inspect('attn.softmax');
  await expect(inspector).toContainText('Kept in float by the recipe');

  await page.getByTestId('step-evaluate').click();
  await page.getByTestId('data-input-evaluation').setInputFiles(evaluation);
  await studio.idle();
  await page.getByTestId('start-evaluation').click();
  await studio.idle();
  await expect(page.getByTestId('evaluation-result')).toContainText('Agreement with FP32');
  const download = await studio.exportZip();
  await download.saveAs(join(folder, 'tokens.zip'));
  const files = unzipSync(readFileSync(join(folder, 'tokens.zip')));
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'b', path)), { recursive: true });
    writeFileSync(join(folder, 'b', path), bytes);
  }
  expect(execFileSync('/usr/bin/python3', ['verify.py'], { cwd: join(folder, 'b'), encoding: 'utf8' })).toContain('1 not recomputed');
  const manifest = JSON.parse(readFileSync(join(folder, 'b/manifest.json'), 'utf8')) as object;
  expect(manifest).toMatchObject({ islands: [{ op: 'Softmax', reason: 'kept in float by the recipe' }] });
  expect(manifest).toHaveProperty('report.nonlinear.kinds');
});

test('an operator without an integer form is an island: on its card, in its inspector, in the list and in the manifest', async ({
  studio,
}) => {
  await studio.open();
  await studio.giveFiles(file('island.onnx', islandModel()));
  await expect(studio.card('norm')).toContainText('float');
  await studio.calibrateOnRandom();
  await studio.convert();
  await expect(studio.step('recipe').getByRole('region', { name: 'Float islands' })).toContainText('LRN has no integer form yet');
  const inspector = await studio.inspect('norm');
  await studio.tab('Quantize');
  await expect(inspector).toContainText('LRN has no integer form yet');
  const download = await studio.exportZip();
  await download.saveAs(join(folder, 'island.zip'));
  const manifest = unzipSync(readFileSync(join(folder, 'island.zip')))['manifest.json'];
  expect(JSON.parse(new TextDecoder().decode(manifest))).toMatchObject({ islands: [{ op: 'LRN', reason: 'LRN has no integer form yet' }] });
});
