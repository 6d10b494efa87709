/**
 * A bundle of 300 MB goes to the disk as it is made: the page and the browser never hold it. With a profile on disk: what a private
 * window keeps for a page lies in memory by its nature.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test, type Browser } from '@playwright/test';
import { chromiumFlags, findChromium } from '../scripts/chromium.mjs';
import { convolution } from './made-model';
import { StudioPage } from './studio-page';

const megabyte = 1e6;

/** Memory of all processes of the browser that nothing else could give back: private pages and shared memory. In bytes. */
async function memoryOf(browser: Browser): Promise<() => number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return () => {
    let sum = 0;
    for (const { id } of processInfo) {
      try {
        const status = readFileSync(`/proc/${id}/status`, 'utf8');
        for (const [, kilobytes] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)) sum += 1024 * Number(kilobytes);
      } catch {
        // a helper process that ended
      }
    }
    return sum;
  };
}

test('300 MB are streamed with less than 200 MB of memory more than before', async ({ baseURL }) => {
  test.setTimeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), 't2c-e2e-'));
  const executablePath = findChromium();
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    args: chromiumFlags,
    acceptDownloads: true,
    serviceWorkers: 'block',
    ...(executablePath ? { executablePath } : {}),
    ...(baseURL === undefined ? {} : { baseURL }),
  });
  try {
    const page = await context.newPage();
    const studio = new StudioPage(page);
    const file = join(folder, 'wide.onnx');
    writeFileSync(file, convolution(1024).model);
    await studio.open();
    await studio.giveFiles(file);
    await expect(studio.card('conv')).toBeVisible();
    await studio.calibrateOnRandom(2);
    await studio.convert();
    await studio.nextStep('export');
    for (const id of ['memb', 'txt', 'mif']) await page.getByTestId(`format-${id}`).getByRole('switch').click();
    await expect(page.getByTestId('estimate')).toContainText(/3\d\d MB/);

    const memory = await memoryOf(context.browser() as Browser);
    await page.requestGC();
    await page.waitForTimeout(1000);
    const before = memory();
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, memory())), 50);
    const download = page.waitForEvent('download', { timeout: 0 });
    const from = performance.now();
    await page.getByTestId('start-export').click();
    await studio.idle(500_000);
    const seconds = (performance.now() - from) / 1000;
    const made = await download;
    const zip = join(folder, 'b.zip');
    await made.saveAs(zip);
    clearInterval(watch);
    const { size } = statSync(zip);
    const text = `${Math.round(size / megabyte)} MB in ${seconds.toFixed(1)} s: ${Math.round((most - before) / megabyte)} MB above ${Math.round(before / megabyte)} MB`;
    console.log(text);
    expect(size, text).toBeGreaterThan(300 * megabyte);
    expect(most - before, text).toBeLessThan(200 * megabyte);
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
