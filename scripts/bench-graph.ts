/**
 * How large graphs feel in the page: from the model read to the graph painted, and frames drawn a second while it is panned, counted in
 * Chromium's own trace. A graph of 50 cards is measured in the same run: read the ratios, the times are those of a busy machine.
 * `npm run bench -- graph`. Builds the page first; headless, with software rendering.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { build, preview } from 'vite';
import { chromiumFlags, findChromium } from './chromium.mjs';
import { bertLike, residualChain } from './large-models';

const root = join(import.meta.dirname, '..');
const panMs = 1500;

interface Measured {
  readonly name: string;
  readonly operators: number;
  readonly cards: number;
  readonly drawn: number;
  readonly mounted: number;
  readonly readMs: number;
  readonly shownMs: number;
  readonly near: Frames;
  readonly far: Frames;
}

interface Frames {
  readonly perSecond: number;
  /** One interval in twenty is longer. */
  readonly slowMs: number;
}

/** Notes when the model is there and when its graph is painted. As text: what is compiled here has helpers that the page lacks. */
const watchOpening = `
  globalThis.seen = {};
  new MutationObserver(() => {
    if (document.querySelector('[data-testid="facts"]')) seen.read ??= performance.now();
    if (seen.shown !== undefined || !document.querySelector('[data-testid="graph-card"], [data-testid="graph-block"]')) return;
    seen.shown = 0;
    // the frame after the next: then it is painted
    requestAnimationFrame(() => requestAnimationFrame(() => (seen.shown = performance.now())));
  }).observe(document, { subtree: true, childList: true });
`;

/** The best of a few: what else runs on the machine makes them fewer, never more. */
async function framesWhilePanning(browser: Browser, page: Page): Promise<Frames> {
  let best: Frames = { perSecond: 0, slowMs: NaN };
  for (let i = 0; i < 3; i++) {
    const frames = await panOnce(browser, page);
    if (frames.perSecond > best.perSecond) best = frames;
  }
  return best;
}

async function panOnce(browser: Browser, page: Page): Promise<Frames> {
  const box = await page.getByTestId('graph').boundingBox();
  if (box === null) throw new Error('the graph is not on the page');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline.frame', 'devtools.timeline.frame'] });
  const from = performance.now();
  for (let i = 0; performance.now() - from < panMs; i++) {
    const down = Math.floor(i / 40) % 2 === 0 ? 1 : -1;
    await page.mouse.wheel(9 * down, 24 * down);
  }
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly { name: string; ts: number }[] };
  const times = trace.traceEvents
    .filter((e) => e.name === 'DrawFrame')
    .map((e) => e.ts / 1000)
    .sort((a, b) => a - b);
  const intervals = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  intervals.sort((a, b) => a - b);
  return { perSecond: intervals.length / seconds, slowMs: intervals[Math.floor(intervals.length * 0.95)] ?? NaN };
}

async function measure(browser: Browser, url: string, name: string, file: string, operators: number): Promise<Measured> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(watchOpening);
  await page.goto(url);
  const busy = page.locator('html[data-busy="false"]');
  await busy.waitFor();
  const from = await page.evaluate(() => performance.now());
  await page.getByTestId('open-input').setInputFiles(file);
  await page.locator('[data-testid="graph-card"], [data-testid="graph-block"]').first().waitFor({ timeout: 120_000 });
  await busy.waitFor();
  await page.waitForTimeout(500);
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: { read: number; shown: number } }).seen);
  const mounted = await page.locator('[data-testid="graph-card"], [data-testid="graph-block"]').count();
  const words = (await page.getByTestId('graph-legend').innerText()).match(/(\d+) of (\d+) drawn, (\d+)/);
  const near = await framesWhilePanning(browser, page);
  await page.getByRole('button', { name: 'Open all blocks' }).click();
  await busy.waitFor();
  await page.waitForTimeout(500);
  for (let i = 0; i < 4; i++) {
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await page.waitForTimeout(350);
  }
  const far = await framesWhilePanning(browser, page);
  const cards = Number(/(\d+)\s*layers/.exec(await page.getByTestId('facts').innerText())?.[1]);
  await page.close();
  const drawn = words === null ? cards : Number(words[1]) + Number(words[3]);
  return { name, operators, cards, drawn, mounted, readMs: seen.read - from, shownMs: seen.shown - seen.read, near, far };
}

export async function benchGraph(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 't2c-bench-'));
  const outDir = join(folder, 'dist');
  await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  const server = await preview({
    root,
    logLevel: 'error',
    build: { outDir },
    preview: { host: 'localhost', port: 4320, strictPort: true },
  });
  const executablePath = findChromium();
  const browser = await chromium.launch({ args: [...chromiumFlags, '--disable-gpu'], ...(executablePath ? { executablePath } : {}) });
  const models: readonly (readonly [string, Uint8Array, number])[] = [
    ['50 cards', residualChain(12), 48],
    ['BERT-base, scopes', bertLike(), 1044],
    ['BERT-base, numbers', bertLike({ numbered: true }), 1044],
    ['10 000 operators', residualChain(2500, { every: 300 }), 10_008],
  ];
  try {
    const title = ['', 'operators', 'cards', 'drawn', 'elements', 'read', 'then shown', 'panned', 'slow', 'all open, far', 'slow'];
    const rows: string[][] = [];
    for (const [name, bytes, operators] of models) {
      const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.onnx`);
      writeFileSync(file, bytes);
      const m = await measure(browser, server.resolvedUrls?.local[0] ?? '', name, file, operators);
      const frames = ({ perSecond, slowMs }: Frames) => [`${perSecond.toFixed(0)} fps`, `${slowMs.toFixed(0)} ms`];
      const counts = [m.operators, m.cards, m.drawn, m.mounted].map(String);
      rows.push([m.name, ...counts, `${m.readMs.toFixed(0)} ms`, `${m.shownMs.toFixed(0)} ms`, ...frames(m.near), ...frames(m.far)]);
    }
    const all = [title, ...rows];
    const widths = title.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
    process.stdout.write('\nGraphs in the page, 1440 x 900, software rendering\n');
    for (const row of all) {
      process.stdout.write(
        `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}\n`,
      );
    }
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
