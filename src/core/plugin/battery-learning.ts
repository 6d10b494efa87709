/** A rounding optimiser on a small made-up layer: what it learns is in range, never worse than nearest rounding, and the same again. */
import { Hold } from '../base/hold';
import type { Context } from '../base/context';
import { createRng } from '../base/rng';
import type { LayerProblem, LearnedWeight, OptionValues, WeightQuantizer } from '../quant/quantizer';

const [OUTPUTS, COLUMNS, ROWS] = [3, 8, 64];

/** What is wrong; undefined: nothing. */
export async function learningFindings(quantizer: WeightQuantizer, seed: number, ctx: Context): Promise<string | undefined> {
  const options: OptionValues = { ...Object.fromEntries(quantizer.options.map((o) => [o.id, o.fallback])), iterations: 20 };
  const quiet = { ...ctx, progress: () => undefined, warn: () => undefined };
  const run = async (): Promise<LearnedWeight | undefined> => quantizer.learn?.(problemOf(seed), options, quiet);
  try {
    const learned = await run();
    if (!learned) return 'it learns nothing';
    const { integers, before, after } = learned;
    if (integers.length !== OUTPUTS * COLUMNS) return `it gives ${integers.length} integers for ${OUTPUTS * COLUMNS} weights`;
    const outside = integers.find((q) => q < -7 || q > 7);
    if (outside !== undefined) return `it gives the integer ${outside}, outside of -7 to 7`;
    if (!(after <= before)) return `it ends with a loss of ${after}, nearest rounding has ${before}`;
    const again = await run();
    const i = integers.findIndex((q, k) => q !== again?.integers[k]);
    return i < 0 ? undefined : `two runs differ at weight ${i}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function problemOf(seed: number): LayerProblem {
  const rng = createRng(seed);
  const weight = Float64Array.from({ length: OUTPUTS * COLUMNS }, () => Math.fround(rng.normal()));
  const x = Float64Array.from({ length: ROWS * COLUMNS }, (_, i) => rng.normal() + (i % COLUMNS < 3 ? 1 : 0));
  const gram = new Float64Array(COLUMNS * COLUMNS);
  for (let r = 0; r < ROWS; r++) {
    for (let i = 0; i < COLUMNS; i++) {
      for (let j = 0; j < COLUMNS; j++) {
        gram[i * COLUMNS + j] = (gram[i * COLUMNS + j] as number) + (x[r * COLUMNS + i] as number) * (x[r * COLUMNS + j] as number);
      }
    }
  }
  const none = async (): Promise<never> => {
    throw new Error('A rounding optimiser learns from X^T X alone');
  };
  return {
    ...{
      stem: 'battery',
      weight,
      outputs: OUTPUTS,
      columns: COLUMNS,
      groups: 1,
      lo: -7,
      hi: 7,
      clamp: undefined,
      samples: ROWS,
      positions: 1,
      seed,
    },
    scale: new Float64Array(OUTPUTS).fill(0.4),
    bias: new Float64Array(OUTPUTS),
    gram: async () => [gram.slice()],
    inputs: none,
    target: none,
    steps: { open: none },
    hold: new Hold({ budget: Infinity, scratch: undefined }),
  };
}
