/** For a chip designer: a simulator's dump marked on graph and grid, the trace of an element, what the network costs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './fixtures';

const layer = 'layer2.0.conv1';

test('dump, trace and costs of a converted network', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.convert();
  const inspector = await studio.inspect(layer);
  await studio.tab('Integers');

  const download = page.waitForEvent('download');
  await page.getByTestId('download-mem').click();
  const lines = readFileSync(await (await download).path(), 'utf8').split('\n');
  const first = lines.findIndex((l) => !l.startsWith('//'));
  const right = lines.join('\n');
  lines[first + 200] = 'xx';
  lines[first + 3] = lines[first + 3] === '00' ? '02' : '00';
  const folder = mkdtempSync(join(tmpdir(), 't2c-dump-'));
  try {
    const wrong = join(folder, 'out.mem');
    writeFileSync(wrong, lines.join('\n'));
    await page.getByTestId('dump-input').setInputFiles(wrong);
    await expect(inspector.getByTestId('dump-result')).toContainText('2 differ');
    await expect(inspector.getByTestId('dump-result')).toContainText('First at [0, 0, 0, 3]');
    await expect(studio.card(layer).getByTestId('dump-mark')).toHaveText('✗ 2');
    await inspector.getByTestId('next-mismatch').click();
    await expect(inspector.getByTestId('chosen-cell')).toHaveAttribute('data-differs', '');
    await inspector.getByTestId('next-mismatch').click();
    await expect(inspector.getByTestId('chosen-cell')).toHaveAttribute('title', 'the dump has x');

    const equal = join(folder, `${layer}_yq.mem`);
    writeFileSync(equal, right);
    await page.getByTestId('open-input').setInputFiles(equal);
    await expect(inspector.getByTestId('dump-result')).toContainText('equal');
    await expect(studio.card(layer).getByTestId('dump-mark')).toHaveText('✓ dump');
  } finally {
    rmSync(folder, { recursive: true });
  }

  const value = await inspector.getByTestId('cell-value').locator('b').textContent();
  await inspector.getByTestId('trace-element').click();
  const trace = page.getByTestId('trace');
  await expect(trace.getByTestId('trace-result')).toHaveText(value ?? '');
  await expect(trace).toContainText('Products, 144');
  await trace.getByTitle('Trace this element of layer1.1.add').first().click();
  await expect(page.getByRole('dialog', { name: 'Trace of layer1.1.add' })).toBeVisible();
  await trace.getByRole('button', { name: 'Back' }).click();
  await expect(page.getByRole('dialog', { name: `Trace of ${layer}` })).toBeVisible();
  await page.keyboard.press('Escape');

  await page.getByTestId('show-hardware').click();
  const view = page.getByTestId('hardware-view');
  await view.getByLabel('On-chip memory, such as').fill('16K');
  await page.keyboard.press('Enter');
  await expect(view.locator(`tr[data-layer="layer1.0.add"]`)).toContainText('tiled');
  await view.getByRole('button', { name: 'Seen' }).click();
  await expect(view.getByRole('columnheader', { name: 'Seen' })).toHaveAttribute('aria-sort', 'descending');
  await page.getByTestId('show-graph').click();
  await expect(studio.card(layer)).toBeVisible();
});
