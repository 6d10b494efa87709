/** Graphs of a thousand and of ten thousand operators: closed to a picture that can be read, opened in place, painted from far away. */
import { bertLike, residualChain } from '../scripts/large-models';
import { axe, faults } from './axe';
import { expect, test } from './fixtures';
import { thinModel } from './made-model';

const layer = (i: number): string => `bert.encoder.layer.${i}`;

test('an encoder of a thousand operators shows twelve equal layers, one of them open', async ({ studio, page }) => {
  await page.addInitScript(axe);
  await studio.open();
  await studio.openMade('bert-like.onnx', bertLike());
  await expect(page.getByTestId('facts')).toContainText('1044');
  await expect(studio.block('bert.encoder.layer').getByTestId('times')).toHaveText('12 ×');
  await expect(studio.card(`${layer(0)}.attention.self.softmax`)).toHaveCount(1);
  await expect(studio.block(layer(3)).getByRole('button')).toHaveAttribute('aria-expanded', 'false');
  const boxes = (await studio.cards.count()) + (await page.getByTestId('graph-block').count());
  expect(boxes).toBeLessThanOrEqual(150);
  await expect(page.getByTestId('graph-legend')).toContainText('11 blocks closed');
  expect(await faults(page)).toEqual([]);
});

test('a block that opens or closes keeps its place, moves others softly, and not at all where motion is unwelcome', async ({
  studio,
  page,
}) => {
  await studio.open();
  await studio.openMade('bert-like.onnx', bertLike());
  const block = studio.block(layer(7));
  const placeOf = async () => {
    const box = await block.boundingBox();
    return [box?.x ?? NaN, box?.y ?? NaN].map(Math.round);
  };
  const before = await placeOf();
  await studio.toggle(layer(7));
  await expect(block.getByRole('button').first()).toHaveAttribute('aria-expanded', 'true');
  await expect(studio.graph).toHaveAttribute('data-moves', 'false');
  expect(await placeOf()).toEqual(before);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await block.getByRole('button').first().click();
  await expect(block.getByRole('button').first()).toHaveAttribute('aria-expanded', 'false');
  expect(await block.evaluate((e) => getComputedStyle(e.parentElement ?? e).transitionDuration)).toMatch(/^0s/);
  expect(await placeOf()).toEqual(before);
});

test('without names the graph itself says where its blocks are', async ({ studio, page }) => {
  await studio.open();
  await studio.openMade('numbered.onnx', bertLike({ numbered: true }));
  const group = page.getByTestId('graph-block').filter({ has: page.getByTestId('times') });
  await expect(group).toHaveCount(1);
  await expect(group).toContainText('12 ×block');
  await expect(page.getByRole('treeitem', { name: /12 × ?block/ })).toBeVisible();
  await expect(studio.cards.filter({ hasText: 'Softmax' })).toHaveCount(1);
});

test('ten thousand operators open, are painted from far away, and lead to each layer', async ({ studio, page }) => {
  test.slow();
  await studio.open();
  await studio.openMade('chain.onnx', residualChain(2500, { every: 300 }));
  await expect(page.getByTestId('facts')).toContainText('10010');
  const boxes = async () => (await studio.cards.count()) + (await page.getByTestId('graph-block').count());
  expect(await boxes()).toBeLessThanOrEqual(150);
  // All open: what is in view is there, and nothing else; farther away all of it is painted.
  await page.getByRole('button', { name: 'Open all blocks' }).click();
  await expect(page.getByTestId('graph-legend')).not.toContainText('closed', { timeout: 30_000 });
  expect(await boxes()).toBeLessThan(600);
  for (let i = 0; i < 2; i++) await page.getByRole('button', { name: 'Zoom out' }).click();
  await expect(page.getByTestId('graph-overview')).toBeVisible();
  await expect(studio.cards).toHaveCount(0);
  // A layer found by its name, opened and chosen where it lies.
  await page.getByRole('button', { name: 'Close all blocks' }).click();
  await page.getByRole('textbox', { name: 'Search layers' }).fill('conv_9608');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Layer conv_9608', exact: true })).toBeVisible();
  await expect(studio.card('conv_9608')).toBeVisible();
  expect(await boxes()).toBeLessThan(300);
});

test('long names stay in their places at 1280 by 720', async ({ studio, page }) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  const name = `encoder.${'very_long_name_of_a_module_'.repeat(9)}conv`;
  await studio.open();
  await studio.openMade(`${'a_file_with_a_long_name_'.repeat(6)}.onnx`, thinModel(name, 4));
  const overflow = () =>
    page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);
  expect((await overflow()).every((by) => by <= 0)).toBe(true);
  await studio.inspect(name);
  expect((await overflow()).every((by) => by <= 0)).toBe(true);
  await page.keyboard.press('Escape');
  await page.keyboard.press('t');
  await expect(page.getByTestId('layer-table')).toBeVisible();
  expect((await overflow()).every((by) => by <= 0)).toBe(true);
});

test('a layer with no channels at all opens, converts, and is looked at in every tab', async ({ studio, page }) => {
  await studio.open();
  await studio.openMade('none.onnx', thinModel('conv', 0));
  await studio.nextStep('calibrate');
  await page.getByTestId('synthetic').click();
  await page.getByTestId('start-calibration').click();
  await studio.idle();
  await studio.convert();
  await studio.inspect('conv');
  for (const tab of await page.getByTestId('inspector').getByRole('tab').all()) {
    await tab.click();
    await expect(page.getByTestId('inspector').getByRole('tabpanel')).not.toBeEmpty();
  }
  for (const view of ['show-compare', 'show-hardware', 'show-bits']) {
    await page.getByTestId(view).click();
    await expect(page.getByTestId('show-graph')).toBeVisible();
    await page.getByTestId('show-graph').click();
  }
  await expect(studio.messages).toBeEmpty();
});

test('the table of layers stands in for the graph: by keyboard alone it chooses a layer and sorts', async ({ studio, page }) => {
  await studio.open();
  await studio.openMade('bert-like.onnx', bertLike());
  await page.keyboard.press('t');
  const table = page.getByTestId('layer-table');
  await expect(table).toHaveAttribute('aria-rowcount', '283');
  await table.focus();
  await page.keyboard.press('End');
  await expect(table.locator('[aria-selected="true"]')).toHaveAttribute('aria-rowindex', '283');
  await table.getByRole('button', { name: 'MACs' }).focus();
  await page.keyboard.press('Enter');
  await expect(table.getByRole('columnheader', { name: 'MACs' })).not.toHaveAttribute('aria-sort', 'none');
});
