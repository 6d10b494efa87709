/** Speed of hand: named undo, many layers at once, links to a layer, copies as text, keys that come before the palette. */
import { join } from 'node:path';
import { expect, test } from './fixtures';

const root = join(import.meta.dirname, '..');

test('a change of the recipe has a name in the palette, in the toast and on the button', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await page.getByTestId('step-recipe').click();
  await page.getByRole('group', { name: 'Bits of weights' }).getByRole('button', { name: '4', exact: true }).click();
  await expect(page.getByTestId('undo-recipe')).toHaveAccessibleName('Undo: 4-bit weights');
  await studio.command('undo: 4-bit');
  await expect(studio.messages).toContainText('Undone: 4-bit weights');
  await page.getByTestId('offer-redo').click();
  await expect(studio.messages).toContainText('Done again: 4-bit weights');
  await expect(page.getByTestId('undo-recipe')).toHaveAccessibleName('Undo: 4-bit weights');
});

test('layers chosen together in table and graph are set in one step, and undone in one', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await page.getByTestId('strip-table').click();
  await page.getByLabel('Search layers').fill('layer1 conv');
  const table = page.getByTestId('layer-table');
  await table.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ControlOrMeta+a');
  const list = page.getByTestId('chosen-layers').getByRole('listitem');
  const found = Number(await table.getAttribute('aria-rowcount')) - 1;
  expect(found).toBeGreaterThan(2);
  await expect(list).toHaveCount(found);
  await expect(studio.page.locator('[data-testid="graph-card"][data-chosen]')).toHaveCount(found);
  await page.getByRole('combobox', { name: 'Weight bits of the chosen layers' }).click();
  await page.getByRole('option', { name: '4 bit', exact: true }).click();
  await expect(page.getByRole('combobox', { name: 'Weight bits of the chosen layers' })).toContainText('4 bit');
  await page.keyboard.press('Escape');
  await page.getByTestId('layer-table').focus();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(studio.messages).toContainText(/Undone: 4-bit weights in (layer1|\d+ layers)/);

  // by clicks: one more in the graph, and it leaves again
  await page.getByLabel('Search layers').fill('');
  await studio.card('layer1.0.conv1').click();
  await studio.card('layer1.0.conv2').click({ modifiers: ['ControlOrMeta'] });
  await expect(list).toHaveCount(2);
  await studio.card('layer1.0.conv1').click({ modifiers: ['ControlOrMeta'] });
  await expect(page.getByRole('region', { name: 'Layer layer1.0.conv2', exact: true })).toBeVisible();
});

test('the address leads to the layer, without steps of history, after a reload and from another session', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  const before = await page.evaluate(() => history.length);
  await studio.card('layer1.0.conv1').click();
  await studio.card('layer1.0.conv2').click();
  await expect(page).toHaveURL(/#model=[0-9a-f]{16}&layer=layer1\.0\.conv2$/);
  expect(await page.evaluate(() => history.length)).toBe(before);
  const link = page.url();
  await page.reload();
  await studio.idle();
  await expect(page.getByRole('region', { name: 'Layer layer1.0.conv2', exact: true })).toBeVisible();

  await studio.giveFiles(join(root, 'fixtures/bad/good.onnx'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('good');
  await studio.idle();
  await page.evaluate((hash) => (location.hash = hash), new URL(link).hash.replace('conv2', 'conv1'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('resnet14_fashion');
  await expect(page.getByRole('region', { name: 'Layer layer1.0.conv1', exact: true })).toBeVisible();

  await page.evaluate(() => (location.hash = '#model=0123456789abcdef&layer=fc'));
  await expect(studio.messages).toContainText('a model that is not kept here');
});

test('a tensor is copied as path, C and Verilog', async ({ studio, page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await studio.open();
  await studio.openSample('resnet14_fashion');
  await studio.calibrate(4);
  await studio.convert();
  await studio.inspect('layer1.0.conv1');
  await studio.tab('Integers');
  await page.getByRole('group', { name: 'Tensor' }).getByRole('button', { name: 'x2', exact: true }).click();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  for (const [form, start] of [
    ['path', /^tensors\/layer1\.0\.conv1_x2\.npy$/],
    ['c', /^static const int8_t layer1_0_conv1_x2\[\d+\]\[\d+\]\[3\]\[3\] = \{\n/],
    ['verilog', /^localparam logic signed \[7:0\] layer1_0_conv1_x2 \[0:\d+\]\[0:\d+\]\[0:2\]\[0:2\] = '\{\n/],
  ] as const) {
    await page.getByTestId('copy-as').click();
    await page.getByTestId(`copy-${form}`).click();
    await expect.poll(clipboard).toMatch(start);
  }
});

test('keys that are typed before the palette is there are not lost', async ({ page }) => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/assets/palette-*.js', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('./');
  await expect(page.getByTestId('start-screen')).toBeVisible();
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('keyboard shortcutz');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('s');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('palette')).toHaveCount(0);
  release();
  await expect(page.getByTestId('shortcut-sheet')).toBeVisible();
});

test('panels keep the width they were given, and what is closed stays closed, after a reload', async ({ studio, page }) => {
  await studio.open();
  await studio.openSample('resnet14_fashion');
  const width = async () => Math.round((await page.getByTestId('details').boundingBox())?.width ?? 0);
  const before = await width();
  const bar = page.getByRole('separator', { name: 'Width of the details' });
  const at = await bar.boundingBox();
  await page.mouse.move((at?.x ?? 0) + 0.5, 300);
  await page.mouse.down();
  await page.mouse.move((at?.x ?? 0) - 80, 300, { steps: 4 });
  await page.mouse.up();
  const wide = await width();
  expect(wide).toBeGreaterThan(before + 60);
  // by keyboard as well
  await bar.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(width).toBeLessThan(wide);
  const left = await width();
  await page.waitForTimeout(500); // small state is written a moment after it changes
  await studio.idle();
  await page.reload();
  await studio.idle();
  await expect.poll(width).toBe(left);

  await page.keyboard.press('ControlOrMeta+j');
  await expect(page.getByTestId('strip')).toHaveCount(0);
  await page.waitForTimeout(500);
  await studio.idle();
  await page.reload();
  await studio.idle();
  await expect(studio.cards.first()).toBeVisible();
  await expect(page.getByTestId('toggle-strip')).toHaveAttribute('aria-pressed', 'false');
});
