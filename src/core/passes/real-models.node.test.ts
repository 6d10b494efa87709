/**
 * Real networks, where they lie beside the repository: every value of the canonical model is computed from the values
 * that ONNX Runtime gives for the original file, and compared with the runtime's. So each fused node means what its
 * sources meant. The skeletons (full-size graphs with made-up weights) must open without shape arithmetic.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext, type Warning } from '../base/context';
import { createRng } from '../base/rng';
import type { CanonicalModel } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { readModel } from '../onnx/read';
import { canonicalise } from './canonical';
import { evaluated, relativeError } from './sketch.fixture';
import type { ChosenShapes } from './static-shapes';

const models = join(import.meta.dirname, '../../../../shared/models');
const skeletons = join(models, 'skeletons');
const samples = join(import.meta.dirname, '../../../public/samples');

function filesOf(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((f) => f.endsWith('.onnx'))
        .map((f) => join(folder, f))
    : [];
}

const shapesFor = (file: string): ChosenShapes =>
  /bert_spam/.test(file) ? { input_ids: [1, 64] } : /bert_base_dyn/.test(file) ? { input_ids: [1, 128] } : {};

async function open(bytes: Uint8Array, file: string, warnings: Warning[] = []): Promise<CanonicalModel> {
  return canonicalise(readModel(bytes, file), { shapes: shapesFor(file) }, quietContext(warnings));
}

/** Random floats; token ids that every vocabulary has; masks that keep three quarters of the tokens. */
function inputsFor(c: CanonicalModel): Map<string, Tensor> {
  const rng = createRng(11);
  return new Map(
    c.model.graph.inputs.map((input): [string, Tensor] => {
      const shape = (input.shape ?? []).map(Number);
      const size = sizeOf(shape);
      if (input.dtype === 'float32')
        return [input.name, { dtype: 'float32', shape, data: Float32Array.from({ length: size }, () => rng.normal()) }];
      const most = /type/.test(input.name) ? 1 : 1000;
      const element = (i: number): number => (/mask/.test(input.name) ? Number(i < 0.75 * size) : rng.int(0, most));
      return [input.name, { dtype: 'int64', shape, data: BigInt64Array.from({ length: size }, (_, i) => BigInt(element(i))) }];
    }),
  );
}

/** How many nodes of each operator, whichever domain it is of. */
const operators = (c: CanonicalModel): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const node of c.model.graph.nodes) counts[node.op] = (counts[node.op] ?? 0) + 1;
  return counts;
};

const real = [...filesOf(samples), ...filesOf(models)];

describe.runIf(real.length > 0)('every value of a real network is what ONNX Runtime gives for the original file', () => {
  test.each(real)(
    '%s',
    async (file) => {
      const bytes = new Uint8Array(readFileSync(file));
      const c = await open(bytes, file);
      const { graph } = c.model;
      const inputs = inputsFor(c);
      const made = graph.nodes.flatMap((n) => n.outputs);
      // one run with every value that is left: each must be a value of the original file
      const asked = made.flatMap((name) => graph.values.get(name) ?? []);
      expect(asked).toHaveLength(made.length);
      const session = await nodeRunner().load(withExtraOutputs(bytes, asked), { provider: 'wasm' });
      const feeds = [...inputs].map(([name, t]) => ({ name, dtype: t.dtype, shape: t.shape, data: t.data as Float32Array })); // no text among inputs
      const results = await session.run(feeds, made);
      await session.close();
      const values = new Map<string, Tensor>(inputs);
      for (const r of results) values.set(r.name, { dtype: r.dtype, shape: r.shape, data: r.data });
      for (const node of graph.nodes) {
        const got = evaluated(node, c.model.opsets, (name) => c.constants(name) ?? values.get(name));
        node.outputs.forEach((name, i) => {
          const [expected, actual] = [values.get(name), got[i]];
          if (!expected || !actual) throw new Error(`${name} was not given`);
          expect(relativeError(expected, actual), `${name} of ${c.stems.get(node.id)}`).toBeLessThan(1e-5);
        });
      }
    },
    120_000,
  );
});

describe.runIf(existsSync(models))('real networks are called what their authors called them', () => {
  const stems = async (name: string): Promise<ReadonlySet<string>> => {
    const file = join(models, name);
    return new Set((await open(new Uint8Array(readFileSync(file)), file)).stems.values());
  };

  test('with or without batch normalization in the file', async () => {
    for (const network of ['resnet14_fashion', 'vggbn_fashion', 'mobilenetv1_fashion', 'resnet20_cifar10']) {
      expect(await stems(`${network}_bn_op13.onnx`)).toEqual(await stems(`${network}_folded_op13.onnx`));
    }
    expect(await stems('resnet20_cifar10_bn_op13.onnx')).toContain('layer1.0.add');
    for (const name of ['conv1', 'layer1.0.conv1', 'layer2.0.downsample.0', 'layer1.0.add', 'fc']) {
      expect(await stems('resnet14_fashion_bn_op13.onnx')).toContain(name);
    }
    expect(await stems('mobilenet_v1_0.25_224_imagenet.onnx')).toContain('conv_dw_13');
  });

  test('transformers too, at both operator sets', async () => {
    for (const op of ['op13', 'op17']) {
      const vit = await stems(`vit_fashion_${op}.onnx`);
      for (const name of ['qkv', 'qk', 'attnv', 'proj', 'softmax']) expect(vit).toContain(`blocks.0.attn.${name}`);
      for (const name of ['patch_embed.proj', 'blocks.5.mlp.fc1', 'blocks.5.mlp.fc2', 'blocks.0.add', 'head']) expect(vit).toContain(name);
      const bert = await stems(`bert_spam_${op}.onnx`);
      for (const name of ['query', 'key', 'value', 'qk', 'attnv']) expect(bert).toContain(`bert.encoder.layer.0.attention.self.${name}`);
      expect(bert).toContain('bert.encoder.layer.1.attention.output.dense');
      expect(await stems(`swin_fashion_${op}.onnx`)).toContain('layers.0.blocks.1.attn.attnv');
    }
  });
});

/** Parts that functions are exported in: none may be left. */
const parts = ['Erf', 'Pow', 'Sqrt', 'Exp', 'Sigmoid', 'Cast', 'Sub', 'Where', 'IsNaN'];

describe.runIf(existsSync(models))('transformers become the same nodes whichever operator set they were exported with', () => {
  const opened = async (name: string): Promise<CanonicalModel> => {
    const file = join(models, name);
    return open(new Uint8Array(readFileSync(file)), file);
  };

  test.each(['vit_fashion', 'swin_fashion', 'bert_spam'])('%s', async (name) => {
    const [old, recent] = [await opened(`${name}_op13.onnx`), await opened(`${name}_op17.onnx`)];
    expect(operators(old)).toEqual(operators(recent));
    for (const op of [...parts, 'Div', 'Mul']) expect(operators(old)).not.toHaveProperty(op);
    expect(new Set(old.stems.values())).toEqual(new Set(recent.stems.values()));
  });
});

const vit = {
  ...{ Conv: 1, LayerNormalization: 25, MatMul: 72, Softmax: 12, Gelu: 12, Gemm: 1, Add: 25 },
  ...{ Reshape: 25, Transpose: 37, Split: 12, Squeeze: 36, Concat: 1, Gather: 1 },
};
/** Its masks are made up: they are no masks. */
const swin = {
  ...{ Conv: 1, LayerNormalization: 29, MatMul: 75, Softmax: 12, Gelu: 12, Gemm: 1, Add: 41, ReduceMean: 1 },
  ...{ Reshape: 82, Transpose: 61, Split: 12, Squeeze: 36, Slice: 58, Concat: 23 },
};
const bert = (layers: number): Record<string, number> => ({
  ...{ LayerNormalization: 2 * layers + 1, MatMul: 8 * layers, Softmax: layers, Gelu: layers, Gemm: 2, Tanh: 1, Add: 2 * layers + 2 },
  ...{ Reshape: 4 * layers + 1, Transpose: 4 * layers, Gather: 3 },
});

/** Nodes left of each skeleton: a change here is a change of what people see. */
const expectedOps: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'resnet18_bn_op13.skel.onnx': { Conv: 20, MaxPool: 1, Add: 8, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 },
  'resnet18_folded_op13.skel.onnx': { Conv: 20, MaxPool: 1, Add: 8, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 },
  'resnet34_bn_op13.skel.onnx': { Conv: 36, MaxPool: 1, Add: 16, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 },
  'resnet50_bn_op13.skel.onnx': { Conv: 53, MaxPool: 1, Add: 16, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 },
  'mobilenet_v1_1.0_bn_op13.skel.onnx': { Conv: 27, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 },
  'mobilenet_v2_bn_op13.skel.onnx': { Conv: 52, Add: 10, GlobalAveragePool: 1, Flatten: 1, Gemm: 1 },
  ...Object.fromEntries(
    [
      'tiny_patch16_224_timm_dyn_op13',
      'tiny_patch16_224_timm_dyn_op17',
      'tiny_patch16_224_timm_static_op17',
      'base_patch16_224_timm_dyn_op17',
    ]
      .concat('small_patch16_224_timm_dyn_op17')
      .map((name) => [`vit_${name}.skel.onnx`, vit]),
  ),
  'vit_b_16_torchvision_static_op17.skel.onnx': {
    ...{ Conv: 1, LayerNormalization: 25, MatMul: 60, Softmax: 12, Gelu: 12, Gemm: 13, Add: 25 },
    ...{ Reshape: 61, Transpose: 73, Slice: 36, Concat: 1, Gather: 1 },
  },
  'bert_tiny_dyn_op17.skel.onnx': bert(2),
  'bert_base_dyn_op17.skel.onnx': bert(12),
  'bert_base_static_op17.skel.onnx': bert(12),
  'swin_t_timmlike_dyn_op17.skel.onnx': swin,
  'swin_t_timmlike_static_op13.skel.onnx': swin,
  'vgg16_bn_bn_op13.skel.onnx': { Conv: 13, MaxPool: 5, Flatten: 1, Gemm: 3 },
};

const shapeArithmetic = [
  'Shape',
  'Size',
  'ConstantOfShape',
  'Range',
  'NonZero',
  'Constant',
  'Identity',
  'Dropout',
  'BatchNormalization',
  'Equal',
  'Where',
];

const skeletonFiles = filesOf(skeletons);

/** Weights that are all alike will do: which nodes are left is a question of the graph. (No 0 and no 1: those are no-ops.) */
function filledCheaply(bytes: Uint8Array): Uint8Array {
  const { onnx } = onnxProto;
  const model = onnx.ModelProto.decode(bytes);
  const attributes = (model.graph?.node ?? []).flatMap((n) => n.attribute ?? []).flatMap((a) => (a.t ? [a.t] : []));
  for (const tensor of [...(model.graph?.initializer ?? []), ...attributes]) {
    if (!tensor.docString?.startsWith('fill:normal')) continue;
    tensor.rawData = new Uint8Array(new Float32Array(sizeOf((tensor.dims ?? []).map(Number))).fill(0.0625).buffer);
  }
  return onnx.ModelProto.encode(model).finish();
}

describe.runIf(skeletonFiles.length > 0)('full-size graphs open, and their shape arithmetic is gone', () => {
  test.each(skeletonFiles)(
    '%s',
    async (file) => {
      const warnings: Warning[] = [];
      const c = await open(filledCheaply(new Uint8Array(readFileSync(file))), file, warnings);
      expect(warnings).toEqual([]);
      const counts = operators(c);
      for (const op of shapeArithmetic) expect(counts).not.toHaveProperty(op);
      const { graph } = c.model;
      for (const node of graph.nodes) {
        // a node without an activation would be a constant
        expect(node.inputs.some((name) => name !== undefined && !graph.initializers.has(name))).toBe(true);
        for (const output of node.outputs) expect(graph.values.get(output)?.shape?.every((d) => typeof d === 'number')).toBe(true);
      }
      const name = file.slice(skeletons.length + 1);
      if (expectedOps[name]) expect(counts).toEqual(expectedOps[name]);
    },
    120_000,
  );
});
