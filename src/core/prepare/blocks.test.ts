/** Where networks are cut, and which block learns which quantizer. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../base/context';
import { canonicalModel, type NodeSketch } from '../integer/canonical.fixture';
import { planQuantization } from '../integer/make-plan';
import type { CanonicalModel } from '../ir/model';
import { defaultRecipe } from '../recipe/recipe';
import { quantizersOf } from './block-steps';
import { blocksOf, singles } from './blocks';
import { randomSource } from './float-runner.fixture';
import { linearLayers } from './linear-layers';
import { attentionNet, calibrated, convNet, normNet } from './networks.fixture';

const told = (c: CanonicalModel) => blocksOf(c).map((b) => `${b.inputs.join()} > ${b.nodes.map((n) => n.op).join(' ')} > ${b.output}`);

/** A chain of 1 x 1 convolutions on one shape, and what is added to it. */
function chain(nodes: readonly NodeSketch[], output: string): CanonicalModel {
  const values = ['x', ...nodes.flatMap((n) => n.outputs)];
  return canonicalModel({
    nodes,
    inputs: ['x'],
    outputs: [output],
    shapes: Object.fromEntries(values.map((v) => [v, [1, 2, 3, 3]])),
    constants: { w: { shape: [2, 2, 1, 1], data: [1, 2, 3, 4] } },
  });
}
const conv = (x: string, y: string): NodeSketch => ({ op: 'Conv', inputs: [x, 'w'], outputs: [y] });
const add = (a: string, b: string, y: string): NodeSketch => ({ op: 'Add', inputs: [a, b], outputs: [y] });

describe('blocks', () => {
  it('are residual blocks, single layers, and operators without weights before the layer behind them', () => {
    expect(told(convNet())).toEqual([
      'x > Conv > a',
      'a > Conv > b',
      'b > Conv > c',
      'c > Conv Add > e',
      'e > Conv > f',
      'f > MaxPool Flatten Gemm > y',
    ]);
  });

  it('hold a downsampling convolution beside the others', () => {
    const c = chain([conv('x', 'a'), conv('a', 'b'), conv('x', 'd'), add('b', 'd', 'e'), conv('e', 'y')], 'y');
    expect(told(c)).toEqual(['x > Conv Conv Conv Add > e', 'e > Conv > y']);
  });

  it('are attention blocks and MLPs; a mask is read where it is needed', () => {
    const split = 'LayerNormalization MatMul MatMul MatMul Reshape Reshape Reshape Transpose Transpose Transpose';
    expect(told(attentionNet())).toEqual([
      `x,mask > ${split} MatMul Softmax MatMul Transpose Reshape MatMul Add > s`,
      's > LayerNormalization MatMul Gelu MatMul Add > t',
      't > MatMul > y',
    ]);
    expect(told(normNet(1))).toEqual(['x > LayerNormalization MatMul MatMul Add > s', 's > Gelu MatMul > y']);
  });

  it('are single layers where a skip is very long, and what follows it is cut again', () => {
    const values = Array.from({ length: 14 }, (_, i) => (i === 0 ? 'x' : `a${i}`));
    const long = values.slice(1).map((v, i) => conv(values[i] as string, v));
    const c = chain([...long, add('x', 'a13', 's'), conv('s', 'y')], 'y');
    expect(blocksOf(c).map((b) => b.layers.length)).toEqual(new Array(14).fill(1));
    expect(told(c).at(-1)).toBe('s > Conv > y');
  });

  it.each([convNet, attentionNet, () => normNet(1)])('hold every layer once, and read what comes before', (net) => {
    const c = net();
    const blocks = blocksOf(c);
    expect(blocks.flatMap((b) => b.layers)).toEqual(linearLayers(c).map((l) => l.node.id));
    expect(blocks.flatMap((b) => singles(c, b)).flatMap((b) => b.layers)).toEqual(linearLayers(c).map((l) => l.node.id));
    const known = new Set<string>(c.model.graph.inputs.map((i) => i.name));
    for (const b of blocks) {
      for (const v of b.inputs) expect(known).toContain(v);
      known.add(b.output);
    }
  });
});

describe('the quantizers of blocks', () => {
  it.each([
    [8, ['a: 4:x', 'b: 4:a', 'c: 4:b', 'e: 8:c 4:c 8:d', 'f: 8:e 4:e', 'y: 4:f']],
    [4, ['a: 4:x', 'b: 4:a', 'c: 4:b', 'e: 4:c 4:d', 'f: 4:e', 'y: 4:f']],
  ])('stand where their readers are, residual sums of %i bits', async (residualBits, wanted) => {
    const c = convNet();
    const calibration = await calibrated(c, randomSource(c, 2));
    const recipe = { ...defaultRecipe, residualBits, activations: { ...defaultRecipe.activations, bits: 4 } };
    const plan = await planQuantization(c, calibration, recipe, quietContext());
    const found = quantizersOf(c, plan, blocksOf(c));
    expect([...found].map(([output, q]) => `${output}: ${q.map(({ key }) => key).join(' ')}`)).toEqual(wanted);
  });
});
