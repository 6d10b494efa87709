/** README.md of a bundle: what is inside and how to verify it, in ten lines. */
import type { Arithmetic } from '../ir/integer-model';
import type { BundleInput } from './bundle-input';
import type { Exporter } from './exporter';
import { registerRefusal } from './integer-onnx-register';

/** `formats`: those written besides `.npy`. */
export function readmeText(input: BundleInput, formats: readonly Pick<Exporter, 'place' | 'title'>[]): string {
  const { model, recipe, calibration, integer, tool } = input;
  const { weights, activations } = recipe;
  const refusal = registerRefusal(integer);
  const islands =
    integer.islands.length === 0
      ? 'no float operator left'
      : `${integer.islands.length === 1 ? 'one float operator' : `${integer.islands.length} float operators`} left: ${integer.islands.map((i) => `${i.node} (${i.op}, ${i.reason})`).join(', ')}`;
  return [
    `# ${model.name}: integers of every operator`,
    '',
    `Made by ${tool.name} ${tool.version}: weights ${weights.algorithm} ${weights.bits} bits, activations ${activations.algorithm} ${activations.bits} bits, ${calibration.samples} calibration samples (${calibration.source}), ${integer.ops.length} ops, ${islands}.`,
    '',
    '- `manifest.json`: the graph, every tensor (file, type, scale, zero point), every op in order, SHA-256 of every file.',
    '- `tensors/<op>_{x1,x2,y,yq}.npy`: input, weight or second input, accumulator (bias included), requantized output of one sample.',
    `- \`params/<op>_{bias,mul,shift,lut}.npy\`: ${requantText(integer.arithmetic)}`,
    ...formats.map(({ place, title }) => `- \`${place}\`: ${title}.`),
    refusal === undefined
      ? '- `model/integer.onnx`: the same integers from standard ONNX operators; `model/qdq.onnx`: the fake-quantized float model.'
      : `- \`model/qdq.onnx\`: the fake-quantized float model. There is no \`model/integer.onnx\`: ${refusal}.`,
    '- `python3 verify.py` recomputes all of it with numpy only and exits 0, or prints the first mismatch and exits 1.',
    '',
  ].join('\n');
}

function requantText({ multiplier, accumulator }: Arithmetic): string {
  const product =
    multiplier.kind === 'tflite'
      ? "gemmlowp's: rshift(SaturatingRoundingDoublingHighMul(acc << max(0, 31 - shift), mul), max(0, shift - 31))"
      : 'rshift(acc * mul, shift)';
  const register =
    accumulator === undefined
      ? ''
      : ` acc is what a register of ${accumulator.bits} bits holds of the exact sum (${accumulator.overflow}).`;
  return `y = clamp(zeroPoint + ${product}, lo, hi); the rounding is in \`arithmetic\`.${register}`;
}
