/** Export formats in the page: chosen, packed as the chip wants them, seen before they are made, made, and read again. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, test } from './fixtures';

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

test('hex in words of 64 bits and tiles is what the preview shows, and both checkers read it', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.convert();
  await studio.nextStep('export');
  await studio.openFormat('hex');
  await page.getByRole('combobox', { name: 'Layer', exact: true }).click();
  await page.getByRole('option', { name: 'layer2.0.conv1', exact: true }).click();
  await page.getByRole('button', { name: 'x2', exact: true }).click();
  const preview = page.getByTestId('format-preview');
  const words = () => preview.locator('tbody td:nth-child(2)').allTextContents();
  await expect(preview).toContainText('hex/layer2.0.conv1_x2.mem');
  await expect.poll(async () => (await words())[0]).toMatch(/^[0-9a-f]{2}$/);

  await studio.setOption('Word width', '64 bit');
  await expect.poll(async () => (await words())[0]).toMatch(/^[0-9a-f]{16}$/);
  await expect(preview.getByRole('figure', { name: 'A word of 64 bits: 8 elements of 8 bits' })).toBeVisible();
  const untiled = await words();
  await studio.typeOption('Tile rows', '8');
  await studio.typeOption('Tile columns', '16');
  await expect.poll(async () => (await words()).join()).not.toBe(untiled.join());
  const shown = await words();
  const elements = await preview.locator('tbody tr').first().locator('td:nth-child(3) span').allTextContents();
  expect(elements).toHaveLength(8);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('changed-hex')).toHaveText('64 bit, tiles 8 × 16');
  await page.getByTestId('format-coe').getByRole('switch').click();
  await expect(page.getByTestId('estimate')).toHaveText(/MB$/);
  const estimate = 1e6 * Number(/^[\d.]+/.exec((await page.getByTestId('estimate').textContent()) ?? '')?.[0]);

  const download = page.waitForEvent('download');
  await page.getByTestId('start-export').click();
  const file = await download;
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    const zip = join(folder, 'b.zip');
    await file.saveAs(zip);
    const bytes = readFileSync(zip);
    expect(Math.abs(estimate / bytes.length - 1)).toBeLessThan(0.15);
    const files = unzipSync(bytes);
    const body = text(files['hex/layer2.0.conv1_x2.mem'])
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('//'));
    expect(body.slice(0, shown.length)).toEqual(shown);
    // the lowest byte of the first word is the first element
    expect(Number(elements[0]?.replace('−', '-'))).toBe((Number.parseInt(shown[0]?.slice(-2) ?? '', 16) << 24) >> 24);
    const manifest = JSON.parse(text(files['manifest.json'])) as { exports: { format: string; options: Record<string, unknown> }[] };
    expect(manifest.exports.map((e) => e.format)).toEqual(['hex', 'coe']);
    expect(manifest.exports[0]?.options).toMatchObject({ wordWidth: '64', tileRows: 8, tileColumns: 16, banks: 1 });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    expect(execFileSync('/usr/bin/python3', ['verify.py'], { cwd: folder, encoding: 'utf8' })).toMatch(/^OK/);
    const cli = execFileSync('node', ['scripts/cli.mjs', 'verify', zip], { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' });
    expect(cli).toContain('OK');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  // what was chosen is there at the next visit: it is written a moment after it changes
  await page.waitForTimeout(600);
  await page.reload();
  await studio.idle();
  await expect(studio.step('export')).toBeVisible();
  await expect(page.getByTestId('changed-hex')).toHaveText('64 bit, tiles 8 × 16');
  await expect(page.getByTestId('format-coe').getByRole('switch')).toBeChecked();
});

test('options that contradict each other are told where they are set, and what needs another format brings it along', async ({
  studio,
  page,
}) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(2);
  await studio.convert();
  await studio.nextStep('export');
  await page.getByTestId('format-hex').getByRole('switch').click();
  await expect(page.getByTestId('format-hex').getByRole('switch')).not.toBeChecked();
  await page.getByTestId('format-rtl').getByRole('switch').click();
  await expect(page.getByTestId('format-hex').getByRole('switch')).toBeChecked();
  await expect(page.getByTestId('format-hex').getByRole('switch')).toBeDisabled();
  await studio.openFormat('hex');
  await studio.setOption('Word width', '64 bit');
  await page.keyboard.press('Escape');
  const refusal = studio.step('export').getByRole('alert');
  await expect(refusal).toContainText('The test benches of rtl read hex memory images with one element a word');
  await page.getByTestId('format-rtl').getByRole('switch').click();
  await expect(refusal).toHaveCount(0);
  const dialog = await studio.openFormat('bin');
  await studio.setOption('Word ends', 'Bit stream');
  await expect(dialog.getByRole('alert')).toContainText('A bit stream needs a word width');
  await studio.setOption('Word width', '32 bit');
  await expect(page.getByTestId('format-preview')).toContainText('A stream of 8 bit elements');
  await dialog.getByRole('button', { name: 'Back to the defaults' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('changed-bin')).toHaveCount(0);
});
