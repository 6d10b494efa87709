/**
 * A vision transformer in small: patches by a convolution, positions, two blocks of attention and MLP, a last normalization, the
 * mean of the tokens, a head. A few gammas of every layer normalization before a block's parts are larger than the others by
 * a factor, as large models learn them, and the weights behind read those channels with the others' strength or with less.
 */
import { createRng } from '../base/rng';
import { canonicalModel, type NodeSketch, type Sketch } from '../integer/canonical.fixture';
import type { CanonicalModel } from '../ir/model';
import { sizeOf } from '../ir/tensor';

const [side, tokens, channels, heads, hidden] = [4, 16, 32, 2, 64];

/** `strength`: of the weights that read an outlying channel, 1 being that of all others. */
export function visionTransformer(outlier: number, strength: number, seed = 9): CanonicalModel {
  const rng = createRng(seed);
  const isOutlier = (c: number): boolean => c % 13 === 5;
  const constants: Record<string, { shape: readonly number[]; data: ArrayLike<number>; ints?: boolean }> = {};
  const shapes: Record<string, readonly number[]> = { x: [1, 1, 4 * side, 4 * side] };
  const nodes: NodeSketch[] = [];
  const random = (name: string, shape: readonly number[], deviation: number, factor = (_: number): number => 1): string => {
    constants[name] = { shape, data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => deviation * rng.normal() * factor(i)) };
    return name;
  };
  const whole = (name: string, data: readonly number[]): string => {
    constants[name] = { shape: [data.length], data, ints: true };
    return name;
  };
  const emit = (node: NodeSketch, shape: readonly number[]): string => {
    nodes.push(node);
    const [output] = node.outputs as readonly [string];
    shapes[output] = shape;
    return output;
  };
  const row = [1, tokens, channels];
  const reshaped = (x: string, y: string, shape: readonly number[]): string =>
    emit({ op: 'Reshape', inputs: [x, whole(`${y}.shape`, shape)], outputs: [y] }, shape);
  const turned = (x: string, y: string, perm: readonly number[]): string =>
    emit(
      { op: 'Transpose', inputs: [x], outputs: [y], attrs: { perm } },
      perm.map((p) => (shapes[x] as readonly number[])[p] as number),
    );
  /** `own`: the strength of input channels that lie out. */
  const linear = (x: string, y: string, outputs: number, own = 1): string => {
    const inputs = (shapes[x] as readonly number[]).at(-1) as number;
    random(`${y}.weight`, [inputs, outputs], 1 / Math.sqrt(inputs), (i) => (isOutlier(Math.floor(i / outputs)) ? own : 1));
    const node = { op: 'MatMul', domain: 't2c', inputs: [x, `${y}.weight`, random(`${y}.bias`, [outputs], 0.1)], outputs: [y] };
    return emit(node, [...(shapes[x] as readonly number[]).slice(0, -1), outputs]);
  };
  /** The layers that read it have less strength where a gamma lies out. */
  const norm = (x: string, y: string, readers: readonly (readonly [string, number])[]): string[] => {
    const gamma = Float32Array.from({ length: channels }, (_, c) => (0.8 + 0.4 * rng.uniform()) * (isOutlier(c) ? outlier : 1));
    constants[`${y}.gamma`] = { shape: [channels], data: gamma };
    const inputs = [x, `${y}.gamma`, random(`${y}.beta`, [channels], 0.1)];
    emit({ op: 'LayerNormalization', inputs, outputs: [y], attrs: { axis: -1 } }, row);
    return readers.map(([name, outputs]) => linear(y, name, outputs, strength));
  };
  const sum = (a: string, b: string, y: string): string => emit({ op: 'Add', inputs: [a, b], outputs: [y] }, row);

  random('patch.weight', [channels, 1, 4, 4], 0.25);
  emit(
    { op: 'Conv', inputs: ['x', 'patch.weight', random('patch.bias', [channels], 0.1)], outputs: ['patch'], attrs: { strides: [4, 4] } },
    [1, channels, side, side],
  );
  let x = sum(turned(reshaped('patch', 'flat', [1, channels, tokens]), 'rows', [0, 2, 1]), random('position', row, 0.3), 'stem');
  for (const b of ['a', 'b']) {
    const own = channels / heads;
    const [q, k, v] = norm(
      x,
      `${b}.norm1`,
      ['q', 'k', 'v'].map((n) => [`${b}.${n}`, channels] as const),
    ) as [string, string, string];
    const headed = (name: string, perm: readonly number[]): string =>
      turned(reshaped(name, `${name}.heads`, [1, tokens, heads, own]), `${name}.turned`, perm);
    const [qt, kt, vt] = [headed(q, [0, 2, 1, 3]), headed(k, [0, 2, 3, 1]), headed(v, [0, 2, 1, 3])];
    const alpha = String(1 / Math.sqrt(own) / (outlier * strength > 1 ? (outlier * strength) ** 2 / 4 : 1));
    const square = [1, heads, tokens, tokens];
    emit({ op: 'MatMul', domain: 't2c', inputs: [qt, kt], outputs: [`${b}.scores`], attrs: { alpha } }, square);
    emit({ op: 'Softmax', inputs: [`${b}.scores`], outputs: [`${b}.p`], attrs: { axis: -1 } }, square);
    emit({ op: 'MatMul', inputs: [`${b}.p`, vt], outputs: [`${b}.mixed`] }, [1, heads, tokens, own]);
    const joined = reshaped(turned(`${b}.mixed`, `${b}.back`, [0, 2, 1, 3]), `${b}.joined`, row);
    x = sum(x, linear(joined, `${b}.proj`, channels), `${b}.add1`);
    norm(x, `${b}.norm2`, [[`${b}.fc1`, hidden]]);
    emit({ op: 'Gelu', domain: 't2c', inputs: [`${b}.fc1`], outputs: [`${b}.act`] }, [1, tokens, hidden]);
    x = sum(x, linear(`${b}.act`, `${b}.fc2`, channels), `${b}.add2`);
  }
  const [head] = norm(x, 'norm', [['head', 10]]) as [string];
  emit({ op: 'ReduceMean', inputs: [head], outputs: ['y'], attrs: { axes: [1], keepdims: 0 } }, [1, 10]);
  const sketch: Sketch = { opset: 17, nodes, inputs: ['x'], outputs: ['y'], shapes, constants };
  return canonicalModel(sketch);
}
