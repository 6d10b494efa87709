/** A plugin's exporter in a bundle: a file for every tensor with what it wrote, and none of it where it is not the same twice. */
import { expect, test } from 'vitest';
import { utf8Decode } from '../base/bytes';
import { collect, tinyInput } from '../exporters/tiny-bundle.fixture';
import { pluginExporter } from './exporter';
import type { ExporterPlugin } from './sdk';

const written = (file: ExporterPlugin['file']) =>
  collect(tinyInput('half-up', ['mine']), [pluginExporter({ id: 'mine', title: 'Mine', help: 'Mine.', file })]);

test('a file for each tensor, with its integers', async () => {
  const files = await written((t) => ({ ending: '.csv', content: Array.from(t.integers).join() }));
  const own = [...files].filter(([path]) => path.startsWith('mine/'));
  expect(own.length).toBeGreaterThan(4);
  for (const [path, bytes] of own) expect(utf8Decode(bytes), path).toMatch(/^-?\d+(,-?\d+)*$/);
});

let calls = 0;
test.each<[string, ExporterPlugin['file'], RegExp]>([
  ['content', () => ({ ending: '.txt', content: String(++calls) }), /in two ways/],
  ['length', () => ({ ending: '.txt', content: 'x'.repeat(++calls % 2) }), /in two ways/],
  ['ending', () => ({ ending: ++calls % 2 === 0 ? '.a' : '.b', content: '' }), /in two ways/],
  ['no file', () => ({ ending: '../x', content: '' }), /no usable ending/],
])('refused by name: %s', async (_, file, message) => {
  await expect(written(file)).rejects.toThrow(message);
});
