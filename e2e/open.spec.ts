/** Opening: by drop, by picker, wrong files of every kind, a question for a shape, a full-size network. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillSkeleton } from '../scripts/fill-skeleton';
import { expect, test } from './fixtures';
import { convolution } from './made-model';

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

test('a model dropped with its file of weights opens, and comes back after a reload', async ({ studio, page }) => {
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    const { model, weights } = convolution(4, 'made.weights.bin');
    const files = { 'made.onnx': model, 'made.weights.bin': weights };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    await studio.open();
    await studio.drop(Object.keys(files).map((name) => join(folder, name)));
    await expect(studio.card('conv')).toBeVisible();
    await studio.idle();
    await page.reload();
    await studio.idle();
    await expect(studio.card('conv')).toBeVisible();
    await expect(studio.messages).toBeEmpty();
    // Its bytes are needed again when it runs.
    await studio.calibrateOnRandom();
    await expect(page.getByTestId('calibration-result')).toBeVisible();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what is dropped while the data of a sample come stays, and the data go nowhere else', async ({ studio, page }) => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/fashion_calib.npz', async (route) => {
    await held;
    await route.continue().catch(() => undefined); // the page may have given it up
  });
  await studio.open();
  await page.getByTestId('sample-resnet14_fashion').click();
  await expect(studio.cards.first()).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-busy', 'true');
  await studio.drop([join(root, 'public/samples/vggbn_fashion.onnx')]);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('vgg');
  await studio.idle();
  release();
  await studio.nextStep('calibrate');
  await expect(page.getByTestId('start-calibration')).toBeDisabled();
  await expect(page.getByTestId('dataset')).toHaveCount(0);
  await expect(studio.messages).toBeEmpty();
});

test('an opening is cancelled, and a model is closed, without a trace', async ({ studio, page }) => {
  await page.route('**/resnet14_fashion.onnx', () => undefined); // never answered
  await studio.open();
  await page.getByTestId('sample-resnet14_fashion').click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await studio.idle();
  await expect(page.getByTestId('sample-vggbn_fashion')).toBeVisible();
  await studio.openSample('vggbn_fashion');
  await page.keyboard.press('ControlOrMeta+k');
  await expect(page.getByTestId('palette')).toBeVisible();
  await page.keyboard.type('close the model');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('sample-vggbn_fashion')).toBeVisible();
  await studio.idle();
  await page.reload();
  await studio.idle();
  await expect(page.getByTestId('sample-vggbn_fashion')).toBeVisible();
  await expect(studio.messages).toBeEmpty();
});

test('a model that finds no room is told once and leaves the visit that was kept', async ({ studio, page }) => {
  await page.addInitScript(() => {
    const proto = FileSystemWritableFileStream.prototype;
    const write = proto.write;
    proto.write = function (data) {
      const full = data instanceof Blob && data.size > 2_000_000;
      return full ? Promise.reject(new DOMException('full', 'QuotaExceededError')) : write.call(this, data);
    };
  });
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    writeFileSync(join(folder, 'big.onnx'), convolution(256).model);
    await studio.open();
    await studio.giveFiles(join(root, 'fixtures/bad/good.onnx'));
    await expect(studio.cards).toHaveCount(3);
    await studio.idle();
    await studio.giveFiles(join(folder, 'big.onnx'));
    await expect(studio.messages).toContainText('There is no room');
    await studio.calibrateOnRandom();
    await expect(studio.messages.getByRole('button', { name: 'Dismiss' })).toHaveCount(1);
    await page.reload();
    await studio.idle();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('good');
    await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'calibrate');
    await expect(studio.messages).toBeEmpty();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a browser without a database works and says in plain words that it keeps nothing', async ({ studio, page }) => {
  await page.addInitScript(() => {
    const refuse = {
      open: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    };
    Object.defineProperty(globalThis, 'indexedDB', { get: () => refuse });
  });
  await studio.open();
  await expect(studio.messages).toBeEmpty();
  await studio.openSample('resnet14_fashion');
  await expect(studio.messages).toContainText('keeps nothing for your next visit');
  await expect(studio.messages).not.toContainText('report');
  await studio.calibrate(2);
  await expect(studio.messages.getByRole('button', { name: 'Dismiss' })).toHaveCount(1);
});
