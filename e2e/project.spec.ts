/** Work that is kept: project files saved and opened again, sessions listed and deleted, a disk that is full. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { convolution } from './made-model';
import { StudioPage } from './studio-page';

const root = join(import.meta.dirname, '..');
let folder = '';
test.beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
});
test.afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a project that was saved whole opens in a fresh browser with its results, and the same integers come out', async ({
  studio,
  page,
  browser,
  baseURL,
}) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.convert();
  const db = await page.getByTestId('conversion-result').innerText();
  await studio.inspect('layer1.0.conv1');
  await studio.tab('Integers');
  await expect(page.getByTestId('cell-value')).toContainText('=');
  const cell = await page.getByTestId('cell-value').innerText();
  const download = await studio.saveProject();
  expect(download.suggestedFilename()).toBe('resnet14_fashion.t2cproj');
  const file = join(folder, 'own name.t2cproj');
  copyFileSync(await download.path(), file);

  const context = await browser.newContext({ ...(baseURL === undefined ? {} : { baseURL }), serviceWorkers: 'block' });
  const fresh = new StudioPage(await context.newPage());
  await fresh.open();
  await fresh.drop([file]);
  await expect(fresh.cards.first()).toBeVisible({ timeout: 60_000 });
  await fresh.idle();
  await expect(fresh.messages).toBeEmpty();
  // where it was left: the layer, its tab, and the integers
  await expect(fresh.page.getByRole('region', { name: 'Layer layer1.0.conv1', exact: true })).toBeVisible();
  await expect(fresh.page.getByTestId('cell-value')).toHaveText(cell);
  await fresh.page.getByTestId('step-recipe').click();
  await expect(fresh.page.getByTestId('conversion-result')).toBeVisible();
  expect(await fresh.page.getByTestId('conversion-result').innerText()).toBe(db);
  await expect(fresh.page.getByTestId('next-step')).toHaveAttribute('data-step', 'export');
  await context.close();
});

test('a project without its model asks for it, takes no other, and goes on with the right one', async ({ studio, page }) => {
  const { model } = convolution(4);
  const other = convolution(6).model;
  writeFileSync(join(folder, 'net.onnx'), model);
  writeFileSync(join(folder, 'other.onnx'), other);
  await studio.open();
  await studio.giveFiles(join(folder, 'net.onnx'));
  await expect(studio.card('conv')).toBeVisible();
  await studio.calibrateOnRandom();
  const download = await studio.saveProject(['model']);
  const file = join(folder, 'net.t2cproj');
  copyFileSync(await download.path(), file);
  expect(readFileSync(file).length).toBeLessThan(60_000);

  await studio.giveFiles(join(root, 'fixtures/bad/good.onnx'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('good');
  await studio.giveFiles(file);
  await expect(page.getByTestId('model-wanted')).toContainText('net.onnx');
  await studio.giveFiles(join(folder, 'other.onnx'));
  await expect(studio.messages).toContainText('other is not the model that was asked for');
  await expect(page.locator('h1')).toHaveText('good'); // behind the dialog
  await studio.giveFiles(join(folder, 'net.onnx'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('net');
  await expect(page.getByTestId('model-wanted')).toHaveCount(0);
  await studio.idle();
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'recipe');
});

test('wrong project files get one message each and leave what is open; one of version 1 opens', async ({ studio, page }) => {
  const v1 = readFileSync(join(root, 'fixtures/projects/v1.t2cproj'));
  const wrong = Buffer.from(v1);
  wrong[400] = (wrong[400] ?? 0) ^ 255; // within the first part
  for (const [name, bytes] of [
    ['cut.t2cproj', v1.subarray(0, v1.length - 100)],
    ['foreign.t2cproj', Buffer.from('no project at all')],
    ['empty.t2cproj', Buffer.alloc(0)],
    ['changed.t2cproj', wrong],
  ] as const)
    writeFileSync(join(folder, name), bytes);
  await studio.open();
  await studio.openSample('vggbn_fashion');
  for (const [name, message] of [
    ['cut.t2cproj', 'cut off or damaged'],
    ['foreign.t2cproj', 'not a project'],
    ['empty.t2cproj', 'The file is empty'],
    ['changed.t2cproj', 'damaged'],
  ] as const) {
    await studio.giveFiles(join(folder, name));
    await expect(studio.messages, name).toContainText(message);
    await expect(studio.messages).toContainText(name);
    await studio.messages.getByRole('button', { name: 'Dismiss' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('vggbn_fashion');
  }
  await studio.giveFiles(join(root, 'fixtures/projects/v1.t2cproj'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('good');
  await studio.idle();
  await expect(page.getByRole('region', { name: 'Layer conv', exact: true })).toBeVisible();
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'recipe');
  await expect(studio.messages).toBeEmpty();
});

test('sessions are listed with their size, opened again where they were left, and deleted', async ({ studio, page }) => {
  writeFileSync(join(folder, 'net.onnx'), convolution(64).model);
  await studio.open();
  await expect(page.getByTestId('recent-sessions')).toHaveCount(0);
  await studio.giveFiles(join(folder, 'net.onnx'));
  await expect(studio.card('conv')).toBeVisible();
  await studio.calibrateOnRandom();
  await studio.giveFiles(join(root, 'fixtures/bad/good.onnx'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('good');
  await studio.idle();
  await studio.command('close the model');
  await expect(page.getByTestId('recent-sessions')).toBeVisible();
  await expect(studio.session('good')).toContainText('opened');
  await expect(studio.session('net')).toContainText('calibrated');
  await expect(studio.session('net')).toContainText(/\d (k|M)B/);
  await studio.session('net').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('net');
  await studio.idle();
  await expect(page.getByTestId('next-step')).toHaveAttribute('data-step', 'recipe');

  await studio.command('sessions and storage');
  const dialog = page.getByTestId('sessions');
  await expect(page.getByTestId('storage-used')).toContainText('in use');
  await expect(studio.session('net')).toContainText('open');
  await page.getByRole('button', { name: 'Delete good' }).click();
  await expect(studio.session('good')).toHaveCount(0);
  await page.getByTestId('delete-sessions').click();
  await page.getByTestId('delete-sessions').click();
  await expect(dialog).toContainText('Nothing is kept');
  await page.keyboard.press('Escape');
  await page.reload();
  await studio.idle();
  await expect(page.getByTestId('start-screen')).toBeVisible();
  await expect(page.getByTestId('recent-sessions')).toHaveCount(0);
  const left = await page.evaluate(async () => {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return { names: names.filter((n) => n.startsWith('v')), local: Object.keys(localStorage) };
  });
  expect(left).toEqual({ names: [], local: ['t2c:theme'] });
});

test('a full disk is told with a way to make room, and the model then is kept', async ({ studio, page }) => {
  await page.addInitScript(() => {
    const proto = FileSystemWritableFileStream.prototype;
    const write = proto.write;
    // room for one model: the second is refused while the first is there
    proto.write = async function (data) {
      const root = await navigator.storage.getDirectory();
      let models = 0;
      for await (const name of root.keys()) if (name.includes('.model-')) models += 1;
      if (models > 1) throw new DOMException('full', 'QuotaExceededError');
      return write.call(this, data);
    };
  });
  await studio.open();
  await studio.giveFiles(join(root, 'fixtures/bad/good.onnx'));
  await expect(studio.cards).toHaveCount(3);
  await studio.idle();
  writeFileSync(join(folder, 'net.onnx'), convolution(4).model);
  await studio.giveFiles(join(folder, 'net.onnx'));
  await expect(studio.messages).toContainText('There is no room');
  await page.getByTestId('offer-sessions').click();
  await page.getByRole('button', { name: 'Delete good' }).click();
  await expect(page.getByTestId('sessions')).toContainText('Nothing is kept');
  await page.keyboard.press('Escape');
  copyFileSync(join(folder, 'net.onnx'), join(folder, 'again.onnx'));
  await studio.giveFiles(join(folder, 'again.onnx'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('again');
  await studio.idle();
  await page.reload();
  await studio.idle();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('again');
});
