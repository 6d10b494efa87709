/** Laws of links: written and read back they are the same, whatever the layer is called; anything else is no link. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linkText, parseLink } from './link';

const identity = 'ab12'.repeat(16);

test('a link is read back as it was written', () => {
  fc.assert(
    fc.property(fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }), (layer) => {
      expect(parseLink(linkText(identity, layer))).toEqual({ model: identity.slice(0, 16), layer });
    }),
  );
  expect(linkText(identity, 'layer1.0.conv1')).toBe('#model=ab12ab12ab12ab12&layer=layer1.0.conv1');
});

test.each(['', '#', '#layer=a', '#model=', '#model=xyz', '#model=ab', '#/some/route', `#model=${'a'.repeat(65)}`])(
  '%j is no link',
  (hash) => {
    expect(parseLink(hash)).toBeUndefined();
  },
);
