import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { ownerOfParameter, placeOfName, placeOfScopes } from './scope-names';
import { canonical, floats, ints, random, type ModelSketch, type SketchNode } from './sketch.fixture';
import { uniqueStems } from './unique-names';

describe('what names say', () => {
  test.each([
    ['/layer1/layer1.0/conv1/Conv', 'Conv', 'layer1.0.conv1', 'conv'],
    ['/layer1/layer1.0/Add', 'Add', 'layer1.0', 'add'],
    ['/layer2/layer2.0/downsample/downsample.0/Conv', 'Conv', 'layer2.0.downsample.0', 'conv'],
    ['/features/features.3/Conv', 'Conv', 'features.3', 'conv'],
    ['/features/features.2/conv/conv.1/conv.1.2/Clip', 'Clip', 'features.2.conv.1.2', 'clip'],
    ['/blocks.0/attn/MatMul_1', 'MatMul', 'blocks.0.attn', 'matmul_1'],
    ['/layers/layers.0/blocks/blocks.1/attn/qkv/MatMul', 'MatMul', 'layers.0.blocks.1.attn.qkv', 'matmul'],
    ['/bert/encoder/layer.0/attention/self/query/MatMul', 'MatMul', 'bert.encoder.layer.0.attention.self.query', 'matmul'],
    ['/Flatten', 'Flatten', '', 'flatten'],
    ['vit/block_0/attention/einsum_1/Einsum', 'Einsum', 'vit.block_0.attention', 'einsum_1'],
    ['StatefulPartitionedCall/resnet50/conv1_conv/Conv2D', 'Conv', 'resnet50.conv1_conv', 'conv2d'],
    ['conv1', 'Conv', 'conv1', undefined],
    ['my layer:0', 'Conv', 'my_layer_0', undefined],
  ])('%s of a %s is in %s', (name, op, scope, local) => {
    expect(placeOfName(name, op)).toEqual({ scope, local });
  });

  test.each(['', '12', 'n7', 'node_12', 'Conv_3', 'Conv3', 'Conv__12', 'Conv', 'node_Conv_7', 'node_conv2d_1', 'p2o.Conv.3'])(
    '"%s" of a Conv is made up',
    (name) => {
      expect(placeOfName(name, 'Conv')).toBeUndefined();
    },
  );

  test.each([
    ['layer1.0.conv1.weight', 'layer1.0.conv1'],
    ['blocks.0.attn.qkv.bias', 'blocks.0.attn.qkv'],
    ['encoder.layers.encoder_layer_0.self_attention.in_proj_bias', 'encoder.layers.encoder_layer_0.self_attention.in_proj'],
    ['conv2d_0.w_0', 'conv2d_0'],
    ['resnet/conv1/kernel:0', 'resnet.conv1'],
    ['onnx::MatMul_701', undefined],
    ['231', undefined],
    ['/blocks.0/attn/Constant_3_output_0', undefined],
    ['pos_embed', undefined],
    ['StatefulPartitionedCall/model/conv1/Conv2D/ReadVariableOp:0', 'model.conv1'],
    ['model/vit/block_0/query/einsum/Einsum/ReadVariableOp:0', 'model.vit.block_0.query'],
    ['mobilenet/conv_pw_1/weights', 'mobilenet.conv_pw_1'],
    ['model/separable/pointwise_kernel', 'model.separable'],
  ])('%s belongs to %s', (name, owner) => {
    expect(ownerOfParameter(name)).toBe(owner);
  });

  test("torch.export's scopes end with the operation", () => {
    expect(placeOfScopes(['layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_1'], 'Conv')).toEqual({ scope: 'layer1.0.conv1', local: 'conv' });
    expect(placeOfScopes(['add_3'], 'Add')).toEqual({ scope: '', local: 'add' });
  });
});

const rng = createRng(4);

async function stems(s: ModelSketch): Promise<string[]> {
  return [...(await canonical(s)).stems.values()];
}

const block = (name: (scope: string, op: string) => string): ModelSketch => ({
  inputs: { x: [1, 3, 4, 4] },
  outputs: 'y',
  constants: Object.fromEntries(
    ['conv1', 'layer1.0.conv1', 'layer1.0.conv2', 'layer1.1.conv1', 'layer1.1.downsample.0'].map((n) => [
      `${n}.weight`,
      random(rng, [3, 3, 1, 1]),
    ]),
  ),
  nodes: [
    { op: 'Conv', name: name('/conv1', 'Conv_0'), in: 'x conv1.weight', out: 'a' },
    { op: 'MaxPool', name: name('/maxpool', 'MaxPool_1'), in: 'a', out: 'p', attrs: { kernel_shape: [2, 2] } },
    { op: 'Conv', name: name('/layer1/layer1.0/conv1', 'Conv_2'), in: 'p layer1.0.conv1.weight', out: 'b' },
    { op: 'Relu', name: name('/layer1/layer1.0/relu', 'Relu_3'), in: 'b', out: 'c' },
    { op: 'Conv', name: name('/layer1/layer1.0/conv2', 'Conv_4'), in: 'c layer1.0.conv2.weight', out: 'd' },
    { op: 'Add', name: name('/layer1/layer1.0', 'Add_5'), in: 'd p', out: 'e' },
    { op: 'Relu', name: name('/layer1/layer1.0/relu_1', 'Relu_6'), in: 'e', out: 'f' },
    { op: 'Conv', name: name('/layer1/layer1.1/conv1', 'Conv_7'), in: 'f layer1.1.conv1.weight', out: 'g' },
    { op: 'Conv', name: name('/layer1/layer1.1/downsample/downsample.0', 'Conv_8'), in: 'f layer1.1.downsample.0.weight', out: 'h' },
    { op: 'Add', name: name('/layer1/layer1.1', 'Add_9'), in: 'g h', out: 'y' },
  ],
});

const expected = [
  'conv1',
  'maxpool',
  'layer1.0.conv1',
  'layer1.0.conv2',
  'layer1.0.add',
  'layer1.1.conv1',
  'layer1.1.downsample.0',
  'layer1.1.add',
];

describe('stems are what the author of the network calls its layers', () => {
  test('from the names of nodes', async () => {
    expect(await stems(block((scope, op) => `${scope}/${op.split('_')[0]}`))).toEqual(expected);
  });

  test('from the names of parameters where nodes have none, and from the neighbours', async () => {
    const anonymous = await stems(block((_, op) => op));
    expect(anonymous).toEqual(expected.map((s) => (s === 'maxpool' ? 'maxpool_1' : s)));
  });

  test('from scope metadata', async () => {
    const s = block((_, op) => `node_${op}`);
    const scopes = [
      ['conv1'],
      ['maxpool'],
      ['layer1', 'layer1.0', 'layer1.0.conv1'],
      [],
      ['layer1', 'layer1.0', 'layer1.0.conv2'],
      ['layer1', 'layer1.0'],
    ];
    const nodes = s.nodes.slice(0, 6).map((n, i): SketchNode => ({ ...n, scopes: [...(scopes[i] ?? []), `${n.op.toLowerCase()}_${i}`] }));
    const constants = Object.fromEntries(Object.entries(s.constants ?? {}).map(([k, v]) => [k.replaceAll('.', ''), v]));
    const renamed = nodes.map((n) => ({
      ...n,
      in: n.in
        .split(' ')
        .map((x) => x.replaceAll('.', ''))
        .join(' '),
    }));
    expect(await stems({ ...s, outputs: 'e', constants, nodes: renamed })).toEqual([
      'conv1',
      'maxpool',
      'layer1.0.conv1',
      'layer1.0.conv2',
      'layer1.0.add',
    ]);
  });

  test('the products of an attention are qk and attnv, named or not', async () => {
    const attention = (name: (op: string) => string): ModelSketch => ({
      inputs: { x: [1, 5, 6] },
      outputs: 'y',
      constants: {
        m1: random(rng, [6, 18]),
        'blocks.0.attn.qkv.bias': random(rng, [18]),
        half: floats([], [0.5]),
        m2: random(rng, [6, 6]),
        'blocks.0.attn.proj.bias': random(rng, [6]),
        parts: ints(6, 6, 6),
      },
      nodes: [
        { op: 'MatMul', name: name('qkv/MatMul'), in: 'x m1', out: 'p' },
        { op: 'Add', name: name('qkv/Add'), in: 'p blocks.0.attn.qkv.bias', out: 'a' },
        { op: 'Split', name: name('Split'), in: 'a parts', out: 'q k v', attrs: { axis: 2 } },
        { op: 'Transpose', name: name('Transpose'), in: 'k', out: 'kt', attrs: { perm: [0, 2, 1] } },
        { op: 'MatMul', name: name('MatMul'), in: 'q kt', out: 's' },
        { op: 'Mul', name: name('Mul'), in: 's half', out: 't' },
        { op: 'Softmax', name: name('Softmax'), in: 't', out: 'u', attrs: { axis: -1 } },
        { op: 'MatMul', name: name('MatMul_1'), in: 'u v', out: 'w' },
        { op: 'MatMul', name: name('proj/MatMul'), in: 'w m2', out: 'o' },
        { op: 'Add', name: name('proj/Add'), in: 'o blocks.0.attn.proj.bias', out: 'y' },
      ],
    });
    const words = ['qkv', 'split', 'transpose', 'qk', 'softmax', 'attnv', 'proj'];
    expect(await stems(attention((op) => `/blocks/blocks.0/attn/${op}`))).toEqual(words.map((w) => `blocks.0.attn.${w}`));
    let i = 0;
    const plain = await stems(attention((op) => `${/[A-Z][A-Za-z]+/.exec(op)?.[0]}_${i++}`));
    expect(plain).toEqual(words.map((w) => `blocks.0.attn.${w}`));
  });

  test('what is recognised in its parts is called as its module, named or not', async () => {
    const parts = (name: (op: string) => string): ModelSketch => ({
      inputs: { x: [1, 5, 6] },
      outputs: 'y',
      constants: { two: floats([], [2]), eps: floats([], [1e-5]), 'norm1.weight': random(rng, [6]), 'norm1.bias': random(rng, [6]) },
      nodes: [
        { op: 'ReduceMean', name: name('ReduceMean'), in: 'x', out: 'm', attrs: { axes: [-1] } },
        { op: 'Sub', name: name('Sub'), in: 'x m', out: 'd' },
        { op: 'Pow', name: name('Pow'), in: 'd two', out: 's' },
        { op: 'ReduceMean', name: name('ReduceMean_1'), in: 's', out: 'v', attrs: { axes: [-1] } },
        { op: 'Add', name: name('Add'), in: 'v eps', out: 'r' },
        { op: 'Sqrt', name: name('Sqrt'), in: 'r', out: 'q' },
        { op: 'Div', name: name('Div'), in: 'd q', out: 'n' },
        { op: 'Mul', name: name('Mul'), in: 'n norm1.weight', out: 'g' },
        { op: 'Add', name: name('Add_1'), in: 'g norm1.bias', out: 'y' },
      ],
    });
    expect(await stems(parts((op) => `/norm1/${op}`))).toEqual(['norm1']);
    let i = 0;
    expect(await stems(parts((op) => `${op.replace('_1', '')}_${i++}`))).toEqual(['norm1']);
  });

  test('parameters with `_` before their role, and the pool between body and classifier', async () => {
    const s: ModelSketch = {
      inputs: { x: [1, 3, 4, 4] },
      outputs: 'y',
      constants: {
        'stage1.conv0_weight': random(rng, [3, 3, 1, 1]),
        'stage1.conv0_bias': random(rng, [3]),
        fc_weight: random(rng, [3, 2]),
      },
      nodes: [
        { op: 'Conv', in: 'x stage1.conv0_weight stage1.conv0_bias', out: 'a' },
        { op: 'GlobalAveragePool', in: 'a', out: 'b' },
        { op: 'Flatten', in: 'b', out: 'c' },
        { op: 'Gemm', in: 'c fc_weight', out: 'y' },
      ],
    };
    expect(await stems(s)).toEqual(['stage1.conv0', 'globalaveragepool_1', 'flatten_2', 'fc']);
  });

  test('a network without any names has operators and numbers', async () => {
    const s: ModelSketch = {
      inputs: { x: [1, 3, 4, 4] },
      outputs: 'y',
      constants: { '7': random(rng, [3, 3, 1, 1]), '8': random(rng, [3, 3, 1, 1]) },
      nodes: [
        { op: 'Conv', in: 'x 7', out: 'a' },
        { op: 'Tanh', in: 'a', out: 'b' },
        { op: 'Conv', in: 'b 8', out: 'y' },
      ],
    };
    expect(await stems(s)).toEqual(['conv_0', 'tanh_1', 'conv_2']);
  });
});

describe('stems never clash', () => {
  const wish = (stem: string, several = false) => ({ stem, several });

  test('equal wishes are numbered, a name that stands alone is granted', () => {
    expect(
      uniqueStems(
        ['relu', 'Relu', 'relu', 'relu_2', 'fc'].map((s) => wish(s)),
        [],
      ),
    ).toEqual(['relu', 'Relu_1', 'relu_3', 'relu_2', 'fc']);
  });

  test('names that lowering would make of another stem are taken', () => {
    expect(uniqueStems([wish('conv'), wish('conv_y'), wish('conv.rq8'), wish('conv.transA')], [])).toEqual([
      'conv',
      'conv_y_1',
      'conv_rq8',
      'conv.transA_1',
    ]);
    expect(uniqueStems([wish('split', true), wish('split.0'), wish('seq'), wish('seq.0')], [])).toEqual([
      'split',
      'split.0_1',
      'seq',
      'seq.0',
    ]);
    expect(uniqueStems([wish('split.0'), wish('split', true)], [])).toEqual(['split.0', 'split_1']);
    expect(uniqueStems([wish('conv')], ['conv_y', 'x'])).toEqual(['conv_1']);
    expect(uniqueStems([wish('x')], ['x'])).toEqual(['x']);
  });

  test('whatever is wished for: all names made of all stems differ, upper and lower case being one', () => {
    const part = fc.constantFrom('a', 'A', 'a.0', 'a.1', '_y', '_x1', '_x2', '.rq8', '.rq8_2', '.transA', '_2', '_mul', '_lut', 'b');
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((p) => p.join(''));
    const made = (stem: string, several: boolean): string[] => {
      const ops = [stem, `${stem}.rq8`, `${stem}.rq8_2`, `${stem}.transA`, ...(several ? [`${stem}.0`, `${stem}.1`] : [])];
      return ops.flatMap((o) =>
        [o, `${o}_y`, `${o}_x1`, `${o}_x2`, `${o}_mul`, `${o}_shift`, `${o}_bias`, `${o}_lut`].map((n) => n.toLowerCase()),
      );
    };
    fc.assert(
      fc.property(
        fc.array(fc.record({ stem: name, several: fc.boolean() }), { maxLength: 12 }),
        fc.array(name, { maxLength: 4 }),
        (wishes, values) => {
          const stems = uniqueStems(wishes, values);
          expect(uniqueStems(wishes, values)).toEqual(stems);
          const all = stems.flatMap((s, i) => made(s, wishes[i]?.several ?? false));
          expect(new Set(all).size).toBe(all.length);
          // a stem itself may be called like a value: ops and values are told apart, what is made of a stem is a value
          const plain = new Set(stems.map((s) => s.toLowerCase()));
          const derived = new Set(all.filter((n) => !plain.has(n)));
          for (const v of values) expect(derived.has(v.toLowerCase())).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
