/** A first visit: an own model and its data to a verified bundle in at most six clicks, and hints that come, go and stay away. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, test } from './fixtures';

const samples = join(import.meta.dirname, '../public/samples');

test('from opening the page to a verified bundle of an own model in at most six clicks', async ({ studio, page }) => {
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    const [model, data] = [join(folder, 'my network.onnx'), join(folder, 'my data.npz')];
    copyFileSync(join(samples, 'resnet14_fashion.onnx'), model);
    copyFileSync(join(samples, 'fashion_calib.npz'), data);
    await studio.open();
    let clicks = 0;
    /** What a person would click: the one button that stands out, whatever it is called. */
    const goOn = async () => {
      const primary = page.locator('button[data-look="primary"]:visible');
      await expect(primary).toHaveCount(1);
      await expect(primary).toBeEnabled();
      clicks += 1;
      await primary.click();
      await studio.idle();
    };
    await studio.drop([model]);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('my network');
    await studio.idle();
    await expect(page.getByTestId('hint')).toContainText('drop calibration data');
    await studio.drop([data]);
    await studio.idle();
    await expect(page.getByTestId('hint').filter({ hasText: 'drop calibration data' })).toHaveCount(0);
    const download = page.waitForEvent('download');
    let done = false;
    void download.then(() => (done = true));
    while (!done && clicks < 7) await goOn();
    expect(clicks).toBeLessThanOrEqual(6);

    const files = unzipSync(readFileSync(await (await download).path()));
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    expect(execFileSync('/usr/bin/python3', ['verify.py'], { cwd: folder, encoding: 'utf8' })).toContain('OK');

    // Both in one drop lead to the same place.
    await studio.drop([model, data]);
    await expect(studio.step('calibrate')).toContainText('my data.npz');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('hints come where they help, go when they are dismissed or known, and stay away', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  const hint = page.getByTestId('hint');
  await expect(hint).toHaveAttribute('data-hint', 'look');
  await studio.card('layer1.0.conv1').click(); // it is known now
  await expect(hint).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(hint).toHaveCount(0);
  await studio.calibrate(2);
  await studio.convert();
  await expect(hint).toHaveAttribute('data-hint', 'worst');
  await page.getByTestId('dismiss-hint').click();
  await expect(hint).toHaveCount(0);
  await studio.idle();
  await page.waitForTimeout(500); // small state is written a moment after it changes
  await studio.idle();
  await page.reload();
  await studio.idle();
  await expect(studio.cards.first()).toBeVisible();
  await expect(hint).toHaveCount(0);
  await studio.command('show all hints');
  await expect(hint).toHaveAttribute('data-hint', 'look');
  await studio.command('hide all hints');
  await expect(hint).toHaveCount(0);
});
