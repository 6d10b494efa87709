/** Everyone can use it: axe finds nothing in any main view, light and dark; the keyboard goes the whole way; nothing overflows. */
import { axe, faults } from './axe';
import { expect, test } from './fixtures';

for (const scheme of ['light', 'dark'] as const) {
  test(`axe is content with every main view, ${scheme}`, async ({ studio, page }) => {
    await page.addInitScript(axe);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await studio.open();
    expect(await faults(page)).toEqual([]);
    await studio.openSample('resnet14_fashion');
    expect(await faults(page)).toEqual([]);
    await studio.calibrate(4);
    expect(await faults(page)).toEqual([]);
    await studio.convert();
    expect(await faults(page)).toEqual([]);
    await studio.inspect('layer1.0.conv1');
    for (const tab of ['Weights', 'Activations', 'Quantize', 'Integers', 'Info']) {
      await studio.tab(tab);
      expect(await faults(page), tab).toEqual([]);
    }
    await studio.nextStep('export');
    expect(await faults(page)).toEqual([]);
    await studio.openFormat('hex');
    await studio.setOption('Word width', '256 bit');
    await studio.typeOption('Elements per word', '5');
    expect(await faults(page), 'options of a format').toEqual([]);
    await studio.setOption('Word ends', 'Bit stream');
    expect(await faults(page), 'a bit stream').toEqual([]);
  });
}

for (const scheme of ['light', 'dark'] as const) {
  test(`axe is content with what is kept and with many layers, ${scheme}`, async ({ studio, page }) => {
    await page.addInitScript(axe);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1280, height: 720 });
    await studio.open();
    await studio.openSample('resnet14_fashion');
    await studio.card('layer1.0.conv1').click();
    await studio.card('layer1.0.conv2').click({ modifiers: ['ControlOrMeta'] });
    await expect(page.getByTestId('chosen-layers')).toBeVisible();
    expect(await faults(page), 'many layers').toEqual([]);
    await page.getByTestId('save-project-as').click();
    await expect(page.getByTestId('save-project')).toBeVisible();
    expect(await faults(page), 'saving').toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await studio.command('sessions and storage');
    await expect(studio.session('resnet14_fashion')).toBeVisible();
    expect(await faults(page), 'sessions').toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await studio.command('close the model');
    await expect(page.getByTestId('recent-sessions')).toBeVisible();
    expect(await faults(page), 'recent').toEqual([]);
  });
}

test('from the start screen to the export without a mouse', async ({ studio, page }) => {
  await studio.open();
  const sample = page.getByTestId('sample-resnet14_fashion');
  for (let tabs = 0; tabs < 6 && !(await sample.evaluate((e) => e === document.activeElement)); tabs++) await page.keyboard.press('Tab');
  await expect(sample).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(studio.cards.first()).toBeVisible({ timeout: 60_000 });
  await studio.idle();
  for (const [step, button] of [
    ['calibrate', 'start-calibration'],
    ['recipe', 'start-conversion'],
    ['export', 'start-export'],
  ] as const) {
    await page.keyboard.press('ControlOrMeta+Enter');
    await expect(studio.step(step)).toBeVisible();
    await expect(page.getByTestId(button)).toBeFocused();
    const download = step === 'export' ? page.waitForEvent('download') : undefined;
    await page.keyboard.press('Enter');
    await studio.idle();
    await download;
  }
  await page.keyboard.press('Escape');
});

test('nothing overflows at 1280 by 720', async ({ studio, page }) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  await studio.open();
  const overflow = () =>
    page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);
  await studio.openSample('vggbn_fashion');
  expect((await overflow()).every((by) => by <= 0)).toBe(true);
  await studio.nextStep('calibrate');
  expect((await overflow()).every((by) => by <= 0)).toBe(true);
});
