/** What a template says of itself, read from its text. */
import { describe, expect, test } from 'vitest';
import { templateOf, templates } from './templates';

describe('templateOf', () => {
  test('reads name, first sentence, roles and bits', () => {
    const source = `/**\n * Mine (Doe et al. 2018): weights in steps. More\n * of it.\n */\nexport default {\n  name: 'Mine',\n  weights: [{\n      bits: [3, 5],\n  }],\n};\n`;
    expect(templateOf('mine.ts', source)).toMatchObject({
      title: 'Mine',
      about: 'Weights in steps',
      paper: 'Doe et al. 2018',
      roles: ['weights'],
      bits: [3, 5],
    });
  });

  test('a text that says nothing has its file name', () => {
    expect(templateOf('bare.js', 'export default {}')).toMatchObject({ title: 'bare.js', about: '', roles: [], bits: undefined });
  });

  test('each template that comes along says what it does and what for', async () => {
    const all = await templates();
    expect(all.length).toBeGreaterThanOrEqual(8);
    for (const { file, about, roles, bits } of all) {
      expect(about.length, file).toBeGreaterThan(20);
      expect(roles.length, file).toBeGreaterThan(0);
      if (bits !== undefined) expect(bits[0], file).toBeLessThanOrEqual(bits[1]);
    }
    expect(all.filter((t) => t.bits === undefined).map((t) => t.file)).toEqual(['relative-importance.ts', 'small-chip.ts']);
  });
});
