/**
 * docs/FEATURES.md from the operator registry, so that it cannot promise what is not there.
 * `npx tsx scripts/features.ts` writes it; features.test.ts fails while it is out of date.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commonProfiles } from '../src/core/analysis/profiles';
import { packingOptions } from '../src/core/exporters/packing/packing';
import { exporters } from '../src/core/exporters/registry';
import { integerRuleOf } from '../src/core/ops/lower/rules';
import { families } from '../src/core/ops/registry';
import { moves } from '../src/core/passes/plain-moves';
import { splitOps } from '../src/core/passes/split';
import { activationQuantizers, weightQuantizers } from '../src/core/quant/registry';

/** Operators that passes turn into others. */
const rewritten: ReadonlySet<string> = new Set([...moves, ...splitOps, 'BatchNormalization']);

const templates = readdirSync(join(import.meta.dirname, '../plugins'))
  .filter((name) => name.endsWith('.ts'))
  .sort();

const file = join(import.meta.dirname, '../docs/FEATURES.md');

/** `domain:Type` of a family as the two that rules are looked up by. */
function split(type: string): { op: string; domain: string } {
  const colon = type.lastIndexOf(':');
  return colon < 0 ? { op: type, domain: '' } : { op: type.slice(colon + 1), domain: type.slice(0, colon) };
}

function operatorRows(): string[] {
  const rows = families.flatMap((family) =>
    family.types.map((type) => {
      const { op, domain } = split(type);
      const marks = [true, family.evaluate !== undefined, family.macs !== undefined, integerRuleOf(op, domain) !== undefined];
      const cells: string[] = marks.map((mark) => (mark ? 'yes' : '-'));
      if (domain === '' && !marks[3] && rewritten.has(op)) cells[3] = 'rewritten';
      return `| ${type} | ${family.id} | ${cells.join(' | ')} |`;
    }),
  );
  return rows.sort((a, b) => (a < b ? -1 : 1));
}

/** The text that docs/FEATURES.md must be. */
export function features(): string {
  const list = (quantizers: readonly { readonly id: string; readonly title: string }[]) =>
    quantizers.map((q) => `- \`${q.id}\`: ${q.title}`);
  return [
    '# What works',
    '',
    'Written by `npx tsx scripts/features.ts` from the registries; a test fails while it is out of date.',
    '',
    '## Operators',
    '',
    '- **shape**: its output shapes are inferred; without it a model does not open',
    '- **float**: evaluated by our own float rule (constant folding, references). Every operator runs in float in ONNX Runtime, which calibration uses',
    '- **MACs**: its multiplications are counted',
    '- **integer**: runs with integers only, in the exact executor, the bundle and `verify.py`. Others, and some forms of those listed, run as a float',
    '  island, which the report names with its reason. `rewritten`: becomes others first (Einsum where it is a product of matrices, Resize where it',
    '  takes the nearest element)',
    '',
    '| operator | family | shape | float | MACs | integer |',
    '|---|---|---|---|---|---|',
    ...operatorRows(),
    '',
    '## Quantizers of weights',
    '',
    ...list(weightQuantizers),
    '',
    '## Quantizers of activations',
    '',
    ...list(activationQuantizers),
    '',
    '## Requantization profiles',
    '',
    'Rounding half-up, half-even, half-away or floor; multipliers normalized (8 to 31 bits), Q-format, powers of two or TFLite (gemmlowp); a shift per',
    'channel or one per layer; accumulators of 8 to 32 bits that wrap or saturate. The executor, verifyBundle, `verify.py`, `model/integer.onnx`, the RTL,',
    '`requant.h` and `requant.sv` know all of them. Refused by name: one shift per layer with powers of two, TFLite multipliers on sums beyond 32 bits,',
    'saturation of sums beyond 32 bits. Where such sums wrap, there is no `model/integer.onnx`. Compared side by side:',
    '',
    ...list(commonProfiles),
    '',
    '## Export formats',
    '',
    'Besides `.npy`, which every bundle has. Options by `--export-option` or in the page; what packing means is in [bundle.md](formats/bundle.md). Memory images and',
    'arrays are unpacked again by `verify` and `verify.py`.',
    '',
    ...exporters.flatMap((e) => (e.id === 'npy' ? [] : [`- \`${e.id}\`: ${e.title} (\`${e.place}\`)`])),
    '',
    `Options of memory images: ${packingOptions.map((o) => `\`${o.id}\``).join(', ')}.`,
    '',
    '## Plugins',
    '',
    'Quantizers of weights, on an even grid or a code table, and of activations; observers, rounding optimisers, pruning criteria, requantization profiles,',
    'exporters: one file, see [PLUGINS.md](PLUGINS.md). Refused by name: code tables of activations, as the layer before them requantizes to an even grid,',
    'and a code table for each channel. Complete ones to begin from:',
    '',
    ...templates.map((name) => `- [\`${name}\`](../plugins/${name})`),
    '',
  ].join('\n');
}

/** The text that docs/FEATURES.md is. */
export function written(): string {
  return readFileSync(file, 'utf8');
}

if (process.argv[1] === import.meta.filename) writeFileSync(file, features());
