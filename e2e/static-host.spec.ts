/** On a plain static host under a sub-path: one thread, no isolation, and the very bytes that the command line writes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './fixtures';
import { serveFolder } from './static-host';

const root = join(import.meta.dirname, '..');
const sample = (name: string) => join(root, 'public/samples', name);

test('the page makes the same zip, byte for byte, as the command line', async ({ studio, page }) => {
  const host = await serveFolder(join(root, 'dist'), '/some/where/');
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  try {
    await studio.open(host.address);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await studio.openSample('resnet14_fashion');
    await studio.calibrate(16);
    await studio.convert();
    const download = await studio.exportZip();
    const fromPage = join(folder, 'page.zip');
    await download.saveAs(fromPage);

    const fromCli = join(folder, 'cli.zip');
    const data = ['--calibration', sample('fashion_calib.npz'), '--samples', '16', '--mean', '0.286', '--std', '0.353'];
    const quantize = ['scripts/cli.mjs', 'quantize', sample('resnet14_fashion.onnx'), ...data, '--export', 'hex', '--out', fromCli];
    execFileSync(process.execPath, quantize, { cwd: root, stdio: 'ignore' });
    expect(readFileSync(fromPage).equals(readFileSync(fromCli))).toBe(true);
  } finally {
    await page.goto('about:blank');
    await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
