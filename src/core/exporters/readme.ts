/** README.md of a bundle: what is inside and how to verify it, in ten lines. */
import type { BundleInput } from './bundle-input';

export function readmeText(input: BundleInput): string {
  const { model, recipe, calibration, integer, tool } = input;
  const { weights, activations } = recipe;
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
    '- `params/<op>_{bias,mul,shift,lut}.npy`: y = clamp(zeroPoint + rshift(acc * mul, shift), lo, hi); the rounding is in `arithmetic`.',
    '- `hex/`: the same integers for `$readmemh`, when they were asked for.',
    '- `model/integer.onnx`: the same integers from standard ONNX operators; `model/qdq.onnx`: the fake-quantized float model.',
    '- `python3 verify.py` recomputes all of it with numpy only and exits 0, or prints the first mismatch and exits 1.',
    '',
  ].join('\n');
}
