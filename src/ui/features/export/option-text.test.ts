import { expect, test } from 'vitest';
import { packingOptions } from '../../../core/exporters/packing/packing';
import { optionText } from './option-text';

test('what is changed is told in few words, and nothing else', () => {
  expect(optionText(packingOptions, {})).toBe('');
  expect(optionText(packingOptions, { wordWidth: '0', banks: 1 })).toBe('');
  expect(optionText(packingOptions, { wordWidth: '64', tileRows: 4, tileColumns: 8 })).toBe('64 bit, tiles 4 × 8');
  expect(optionText(packingOptions, { tileColumns: 16 })).toBe('tiles all × 16');
  expect(optionText(packingOptions, { layout: 'channels-last', banks: 4, lanes: 'high-first' })).toBe(
    'in the highest bits, NHWC, OHWI, banks 4',
  );
});
