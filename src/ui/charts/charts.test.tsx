import { createElement as h } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { BarStrip } from './bar-strip';
import { ChannelBars } from './channel-bars';
import { Histogram } from './histogram';
import { Legend } from './legend';
import { LineChart } from './line-chart';

test('a histogram tells a screen reader its range and clipped share', () => {
  const html = renderToStaticMarkup(
    h(Histogram, {
      label: 'Weights',
      data: { lo: -1, hi: 1, counts: [1, 4, 4, 1] },
      range: { lo: -0.5, hi: 0.5, scale: 0.25, bits: 4 },
      clipped: 0.2,
    }),
  );
  expect(html).toContain('aria-label="Weights: 10 values from −1 to 1; 4 bits hold −0.5 to 0.5; 20.00 % clipped"');
  expect(html).not.toContain('NaN');
});

test('the strip is a listbox with one option per layer and the chosen one marked', () => {
  const items = [
    { id: 'a', name: 'Conv', value: 20 },
    { id: 'b', name: 'Add', value: undefined },
  ];
  const html = renderToStaticMarkup(
    h(BarStrip, {
      label: 'SQNR',
      items,
      unit: 'dB',
      thresholds: { good: 33, bad: 28 },
      sorted: false,
      selected: 'a',
      onSelect: () => undefined,
    }),
  );
  expect(html.match(/role="option"/g)).toHaveLength(2);
  expect(html.match(/aria-selected="true" aria-label="Conv: 20 dB"/g)).toHaveLength(1);
  expect(html).toContain('aria-label="Add: not known"');
});

test('channel bars say how many are shown and survive no channels and all zeros', () => {
  expect(renderToStaticMarkup(h(ChannelBars, { label: 'Scale', values: Array.from({ length: 500 }, () => 1) }))).toContain(
    '80 of 500 channels',
  );
  for (const values of [[], [0, 0]]) expect(renderToStaticMarkup(h(ChannelBars, { label: 'Scale', values }))).not.toContain('NaN');
});

test('a legend says its numbers in either direction', () => {
  const text = (good: number, bad: number) =>
    renderToStaticMarkup(h(Legend, { thresholds: { good, bad }, unit: 'dB' })).replace(/<[^>]*>/g, '|');
  expect(text(33, 28)).toMatch(/≥ 33.*28–33.*&lt; 28 dB/);
  expect(text(28, 31)).toMatch(/≤ 28.*28–31.*&gt; 31 dB/);
});

test('a line chart of one point draws no NaN', () => {
  expect(renderToStaticMarkup(h(LineChart, { label: 'Loss', points: [[1, 2]], unit: 'dB' }))).not.toContain('NaN');
});
