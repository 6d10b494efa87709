/** Opening: by drop, by picker, wrong files of every kind, a question for a shape, a full-size network. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillSkeleton } from '../scripts/fill-skeleton';
import { expect, test } from './fixtures';

const root = join(import.meta.dirname, '..');

interface Entry {
  readonly file: string;
  readonly error?: string;
  readonly mentions?: string;
}
const { models } = JSON.parse(readFileSync(join(root, 'fixtures/models.json'), 'utf8')) as { readonly models: readonly Entry[] };

test('a dropped model opens, with an overlay while it is held over the page', async ({ studio, page }) => {
  await studio.open();
  await studio.drop([join(root, 'fixtures/bad/good.onnx')], async () => {
    await expect(page.getByTestId('drop-overlay')).toBeVisible();
  });
  await expect(page.getByTestId('drop-overlay')).toBeHidden();
  await expect(studio.cards).toHaveCount(3);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('good');
});

test('each wrong file gets one message that names it, and what was open stays open', async ({ studio, page }) => {
  await studio.open();
  await studio.giveFiles(join(root, 'fixtures/bad/good.onnx'));
  await expect(studio.cards).toHaveCount(3);
  for (const { file, error, mentions } of models) {
    if (error === undefined || error === 'dynamic-shape') continue;
    await studio.giveFiles(join(root, file));
    await expect(studio.messages, file).toContainText(mentions ?? '');
    await expect(studio.messages.getByRole('button', { name: 'Dismiss' })).toHaveCount(1);
    await studio.messages.getByRole('button', { name: 'Dismiss' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('good');
    await expect(studio.cards).toHaveCount(3);
  }
});

test('a model with open spatial axes asks for a shape and opens with it', async ({ studio, page }) => {
  await studio.open();
  await studio.giveFiles(join(root, 'fixtures/bad/dynamic-spatial.onnx'));
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('height');
  await dialog.getByRole('textbox').last().fill('1x1x8x8');
  await page.getByTestId('shape-open').click();
  await expect(studio.cards).toHaveCount(3);
});

test('a ResNet-50 of 25 million parameters opens and shows its graph', async ({ studio, page }) => {
  const skeleton = join(root, '../shared/models/skeletons/resnet50_bn_op13.skel.onnx');
  test.skip(!existsSync(skeleton), 'its skeleton lies beside the repository');
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    const file = join(folder, 'resnet50.onnx');
    writeFileSync(file, fillSkeleton(new Uint8Array(readFileSync(skeleton))));
    await studio.open();
    const from = Date.now();
    await studio.giveFiles(file);
    await expect(studio.cards.first()).toBeVisible({ timeout: 60_000 });
    test.info().annotations.push({ type: 'opened in', description: `${Date.now() - from} ms` });
    await expect(page.getByTestId('facts')).toContainText('25.5');
    await studio.idle();
    expect(await studio.cards.count()).toBeGreaterThan(20);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
