/**
 * Bringing one's own algorithm: hostile plugins are refused or contained, each with words that say why, and the studio goes on; a
 * template goes the whole way; MinMax as a plugin gives the built-in's bytes.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { framePolicy, frameText } from '../src/adapters/sandbox/frame-text';
import { expect, test } from './fixtures';
import { StudioPage } from './studio-page';

const root = join(import.meta.dirname, '..');
const usual = 'fit: ({ min, max }, scheme, options, kit) => kit.rangeQuantizer(min, max, scheme)';
const plugin = (entry: string): string =>
  `export default {\n  apiVersion: 1,\n  name: 'Hostile',\n  activations: [{ id: 'hostile', title: 'Hostile',\n${entry}\n  }],\n};\n`;

/** What it does, and what is said of it. */
const hostile: readonly (readonly [name: string, source: string, said: RegExp])[] = [
  ['fetch', plugin(`fit: () => fetch('https://example.com/')`), /fetch is not there: a plugin has no network.*line 5/],
  ['web-socket', plugin(`fit: () => new WebSocket('wss://example.com/')`), /WebSocket is not there: a plugin has no network/],
  ['import', plugin(`fit: () => import('https://example.com/x.js')`), /a plugin is one file and imports types only/],
  ['storage', plugin(`fit: () => indexedDB.open('x')`), /indexedDB is not there: a plugin has no storage/],
  ['page', plugin(`fit: () => document.body`), /document is not there: a plugin has no page/],
  ['eval', plugin(`fit: () => eval('1 + 1')`), /Content Security Policy/],
  ['loop', plugin(`fit: () => { for (;;); }`), /hostile\.fit did not answer within 5 s/],
  ['loop-at-load', `for (;;);\n${plugin(usual)}`, /The plugin did not answer within 5 s/],
  ['memory', plugin(`fit: () => new Float64Array(1.25e9)`), /Float64Array of 10 GB: a plugin has 1 GB for an array/],
  [
    'pollution',
    plugin(`fit(stats, scheme, options, kit) { Object.prototype.polluted = 1; return kit.rangeQuantizer(0, 1, scheme); }`),
    /Cannot add property polluted/,
  ],
  ['flood', plugin(`fit() { for (let i = 0; i < 1e6; i++) postMessage(i); }`), /postMessage is not there/],
  [
    'random',
    plugin(`fit: ({ min, max }, scheme, options, kit) => kit.rangeQuantizer(min - Math.random(), max + 1, scheme)`),
    /The same tensor gives the same result again/,
  ],
  [
    'off-by-one',
    plugin(`${usual}, quantize: (x, q, options, kit) => kit.quantize(x, q).map((v) => Math.min(q.hi, v + 1))`),
    /fakeQuantize and dequantize differ at element 0/,
  ],
  [
    'wrong-shape',
    plugin(`${usual}, fakeQuantize: (x, q, options, kit) => kit.fakeQuantize(x, q).slice(1)`),
    /expected Float32Array of \d+, got Float32Array of/,
  ],
  ['syntax', `const a = 1;\nconst b = ;\n`, /cannot be read as a program.*line 2/],
  ['break-out', `}); fetch('https://example.com/'); (function () {\n`, /cannot be read as a program/],
  ['scripts', plugin(`fit: () => importScripts('https://example.com/x.js')`), /importScripts is not there: a plugin has no network/],
  ['worker', plugin(`fit: () => new Worker('data:text/javascript,')`), /Worker is not there: a plugin computes and answers, nothing else/],
  ['wait', plugin(`fit: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`), /SharedArrayBuffer is not defined/],
  [
    'objects',
    plugin(`fit() { const all = []; for (;;) all.push({ a: all.length, b: [1, 2, 3] }); }`),
    /hostile\.fit did not answer within 5 s/,
  ],
  [
    'arrays',
    plugin(`fit() { const all = []; for (;;) all.push(new Float64Array(1e5).fill(1)); }`),
    /hostile\.fit did not answer within 5 s/,
  ],
  ['recursion', plugin(`fit() { const deeper = () => deeper() + 1; return deeper(); }`), /Maximum call stack size exceeded/],
  ['functions', plugin(`fit: () => ({ scale: () => 1 })`), /the answer holds a function/],
  [
    'getter',
    plugin(`fit: () => Object.defineProperty({}, 'scale', { enumerable: true, get: () => { for (;;); } })`),
    /hostile\.fit did not answer within 5 s/,
  ],
  [
    'prototype-option',
    plugin(`options: [{ id: '__proto__', title: 'A', help: 'A', kind: { type: 'flag' }, fallback: true }], ${usual}`),
    /letters and digits, a small letter first, got "__proto__"/,
  ],
  [
    'many-options',
    plugin(
      `options: Array.from({ length: 1e6 }, (_, i) => ({ id: 'o' + i, title: 'A', help: 'A', kind: { type: 'flag' }, fallback: true })), ${usual}`,
    ),
    /too large for a plugin/,
  ],
];

async function give(studio: StudioPage, file: string, source: string): Promise<void> {
  await studio.page.getByTestId('open-input').setInputFiles({ name: file, mimeType: 'text/plain', buffer: Buffer.from(source) });
  await expect(studio.page.getByTestId(`plugin-${file}`)).toHaveAttribute('aria-current', 'true');
  await studio.idle();
}

async function remove(studio: StudioPage, file: string): Promise<void> {
  await studio.page.getByTestId(`plugin-${file}`).click();
  await studio.page.getByTestId('remove-plugin').click();
  await expect(studio.page.getByTestId(`plugin-${file}`)).toHaveCount(0);
  await studio.idle();
}

async function fromTemplate(studio: StudioPage, file: string): Promise<void> {
  await studio.page.getByTestId('new-plugin').first().click();
  await studio.page.getByTestId(`new-plugin-${file}`).click();
  await expect(studio.page.getByTestId(`plugin-${file}`)).toBeVisible();
  await studio.idle();
  await expect(studio.page.getByTestId(`plugin-${file}`)).toHaveAttribute('data-standing', 'ready');
}

test('hostile plugins are refused or contained, and the studio goes on', async ({ studio, page }) => {
  test.setTimeout(300_000);
  await studio.open();
  for (const [name, source, said] of hostile) {
    await give(studio, `${name}.ts`, source);
    await expect(page.getByTestId(`plugin-${name}.ts`)).toHaveAttribute('data-standing', /fails|broken/);
    await expect(page.getByTestId('battery'), name).toContainText(said);
    await remove(studio, `${name}.ts`);
  }
  expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
  await expect(page.locator('iframe')).toHaveCount(0);
  await page.getByTestId('leave-plugins').click();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.convert();
  await expect(page.getByTestId('conversion-result')).toContainText('dB');
});

test('behind the words there is a wall: bare code in the frame reaches nothing', async ({ studio, page }) => {
  await studio.open();
  expect(framePolicy).toContain("default-src 'none'");
  const reached = await page.evaluate(
    async ([html, here]) => {
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-scripts');
      frame.srcdoc = html ?? '';
      const answer = new MessageChannel();
      const alarm = new MessageChannel();
      const text = `onmessage = async ({ ports: [port] }) => {
        const found = [];
        const tried = async (name, work) => { try { await work(); found.push(name); } catch { } };
        const event = (o, good, bad) => new Promise((yes, no) => { o[good] = yes; o[bad] = no; });
        await tried('fetch', () => fetch(${JSON.stringify(here)}));
        await tried('WebSocket', () => event(new WebSocket(${JSON.stringify((here ?? '').replace('http', 'ws'))}), 'onopen', 'onerror'));
        await tried('EventSource', () => event(new EventSource(${JSON.stringify(here)}), 'onopen', 'onerror'));
        await tried('import', () => import(${JSON.stringify(here)}));
        await tried('importScripts', () => importScripts(${JSON.stringify(here)}));
        await tried('eval', () => eval('1'));
        await tried('indexedDB', () => indexedDB.open('x'));
        await tried('origin', () => { if (origin === 'null') throw 0; });
        port.postMessage(found);
      };`;
      frame.addEventListener('load', () => frame.contentWindow?.postMessage(text, '*', [answer.port2, alarm.port2]));
      document.body.append(frame);
      const found = await new Promise((resolve) => (answer.port1.onmessage = (e) => resolve(e.data)));
      frame.remove();
      return found;
    },
    [frameText, new URL('theme.js', page.url()).href],
  );
  expect(reached).toEqual([]);
});

test('a template holds its laws, converts, exports; MinMax as a plugin gives the same bytes as the built-in', async ({ studio, page }) => {
  test.setTimeout(300_000);
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.convert();
  const bytesOf = async (): Promise<Buffer> => readFileSync(await (await studio.exportZip()).path());
  const builtIn = await bytesOf();

  await page.getByTestId('open-plugins').click();
  await fromTemplate(studio, 'minmax.ts');
  await fromTemplate(studio, 'sawb.ts');
  await page.getByTestId('leave-plugins').click();
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('Edit the recipe');
  await page.keyboard.press('Enter');
  await page.getByTestId('start-conversion').click();
  await studio.idle();
  expect((await bytesOf()).equals(builtIn)).toBe(true);

  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('Edit the recipe');
  await page.keyboard.press('Enter');
  await page.getByLabel('Algorithm of weights').click();
  await page.getByRole('option', { name: 'SAWB', exact: true }).click();
  await page.getByTestId('start-conversion').click();
  await studio.idle();
  const ours = await bytesOf();
  expect(ours.equals(builtIn)).toBe(false);
  expect(ours.includes('"sawb"')).toBe(true);
});

test('a file is dropped, mended in the editor with the fault at its line, saved, and there again after a reload', async ({
  studio,
  page,
}) => {
  await studio.open();
  await give(studio, 'mine.ts', `${plugin(usual).replace('kit.rangeQuantizer(min, max, scheme)', 'kit.range(min, max, scheme)')}`);
  await expect(page.getByTestId('battery')).toContainText(/kit\.range is not a function.*line 5/);
  const editor = page.getByTestId('plugin-editor').locator('.cm-content');
  await expect(page.locator('.cm-lintRange-error').first()).toBeVisible({ timeout: 60_000 });
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(plugin(usual));
  await page.keyboard.press('ControlOrMeta+s');
  await expect(page.getByTestId('plugin-mine.ts')).toHaveAttribute('data-standing', 'ready');
  await studio.idle();
  await page.reload();
  await studio.idle();
  await page.getByTestId('open-plugins').click();
  await expect(page.getByTestId('plugin-mine.ts')).toHaveAttribute('data-standing', 'ready');
});

test('a step of the tutorial opens in the editor and keeps its laws there', async ({ studio, page }) => {
  await studio.open();
  await page.getByTestId('open-plugins').click();
  await page.getByTestId('plugin-tutorial').click();
  await expect(page.getByRole('heading', { name: 'A learned non-uniform quantizer' })).toBeVisible();
  const file = 'step-1-minmax-in-12-lines.ts';
  await page.getByTestId(`open-${file}`).click();
  await expect(page.getByTestId('plugin-editor')).toContainText('minmax_channel');
  await expect(page.getByTestId(`plugin-${file}`)).toHaveAttribute('data-standing', 'ready');
});

test('a project brings its plugins with it: checked again in the sandbox, and the same integers come out', async ({
  studio,
  page,
  browser,
  baseURL,
}) => {
  test.setTimeout(180_000);
  await studio.open();
  await page.getByTestId('open-plugins').click();
  await give(studio, 'sawb.ts', readFileSync(join(root, 'plugins/sawb.ts'), 'utf8'));
  await page.getByTestId('leave-plugins').click();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await page.getByTestId('step-recipe').click();
  await page.getByLabel('Algorithm of weights').click();
  await page.getByRole('option', { name: 'SAWB', exact: true }).click();
  await studio.convert();
  const db = await page.getByTestId('conversion-result').innerText();
  const file = await (await studio.saveProject()).path();

  const context = await browser.newContext({ ...(baseURL === undefined ? {} : { baseURL }), serviceWorkers: 'block' });
  const fresh = new StudioPage(await context.newPage());
  await fresh.open();
  await fresh.page.getByTestId('open-input').setInputFiles({ name: 'own.t2cproj', mimeType: '', buffer: readFileSync(file) });
  await expect(fresh.cards.first()).toBeVisible({ timeout: 60_000 });
  await fresh.idle();
  await fresh.page.getByTestId('step-recipe').click();
  await expect(fresh.page.getByTestId('conversion-result')).toHaveText(db, { timeout: 60_000, useInnerText: true });
  await fresh.page.getByTestId('open-plugins').click();
  await expect(fresh.page.getByTestId('plugin-sawb.ts')).toHaveAttribute('data-standing', 'ready');
  await context.close();
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function faults(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe: engine } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await engine.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], iframes: false });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
  });
}

for (const scheme of ['light', 'dark'] as const) {
  test(`axe is content with the editor and the laws, ${scheme}`, async ({ studio, page }) => {
    await page.addInitScript(axe);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await studio.open();
    await page.getByTestId('open-plugins').click();
    expect(await faults(page)).toEqual([]);
    await give(studio, 'minmax.ts', readFileSync(join(root, 'plugins/minmax.ts'), 'utf8'));
    await expect(page.locator('.cm-content')).toBeVisible();
    expect(await faults(page)).toEqual([]);
    await give(
      studio,
      'off.ts',
      plugin(`${usual}, quantize: (x, q, options, kit) => kit.quantize(x, q).map((v) => Math.min(q.hi, v + 1))`),
    );
    await expect(page.locator('.cm-content')).toBeVisible();
    expect(await faults(page)).toEqual([]);
  });
}
