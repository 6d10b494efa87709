/**
 * How long the steps of the main job take, in Node with one thread (and the executor with all besides): open, calibrate (per sample, against a plain
 * inference in the same run), convert, execute, export. Read the ratios; the times are those of a busy machine.
 * Executing and inference take turns, and the middle of their times counts. Models: those given as arguments, else
 * the first sample and, where their skeletons lie beside the repository, full-size networks with made-up weights; then learning.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nodeTeam } from '../src/adapters/node/team';
import { nodeRunner } from '../src/adapters/onnxruntime/node';
import { quietContext } from '../src/core/base/context';
import { sha256Hex } from '../src/core/base/hash';
import { observedValues } from '../src/core/calibrate/observed-values';
import { calibrate } from '../src/core/calibrate/run';
import type { Sample } from '../src/core/calibrate/types';
import { syntheticSource } from '../src/core/data/synthetic';
import { bundleFiles } from '../src/core/exporters/bundle';
import { writeZip } from '../src/core/exporters/zip';
import { execute } from '../src/core/integer/execute';
import { lower } from '../src/core/integer/lower';
import { planQuantization } from '../src/core/integer/make-plan';
import { quantizeInputs } from '../src/core/integer/quantize-inputs';
import type { ValueName } from '../src/core/ir/model';
import { withExtraOutputs } from '../src/core/onnx/extra-outputs';
import { readModel } from '../src/core/onnx/read';
import { canonicalise } from '../src/core/passes/canonical';
import { defaultRecipe } from '../src/core/recipe/recipe';
import type { NamedTensor } from '../src/engine/ports';
import { benchGraph } from './bench-graph';
import { benchLearning } from './bench-learning';
import { fillSkeleton } from './fill-skeleton';

const samples = 8;
/** Engines optimise what has run for a while. */
const warmUpMs = 2000;
const ctx = quietContext();
/** Waits for its threads, so that every execution is on all of them. */
const team = nodeTeam(undefined, { patient: true });
const root = join(import.meta.dirname, '..');

async function timed<T>(work: () => T | Promise<T>): Promise<{ ms: number; result: T }> {
  const from = performance.now();
  const result = await work();
  return { ms: performance.now() - from, result };
}

function middle(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function feedsOf(sample: Sample): NamedTensor[] {
  return [...sample.inputs].map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, data }));
}

async function bench(name: string, bytes: Uint8Array): Promise<void> {
  const opened = await timed(() => canonicalise(readModel(bytes, name), {}, ctx));
  const c = opened.result;
  const { inputs, outputs, values: known } = c.model.graph;
  const modelInputs = inputs.map(({ name: input, dtype }) => ({
    name: input,
    dtype,
    shape: (known.get(input)?.shape ?? []).map((extent) => Number(extent)),
  }));
  const source = syntheticSource(modelInputs, { samples, seed: 0 }, ctx);
  const first = await source.sample(0);
  const runner = nodeRunner();

  const plain = await runner.load(bytes, { provider: 'wasm' });
  const outputNames = outputs.map((output) => output.name);

  const observed = observedValues(c);
  const inputNames = new Set<string>(inputs.map((input) => input.name));
  const asked = observed.filter((value) => !inputNames.has(value));
  const isOutput = new Set<string>(outputNames);
  const extra = asked.flatMap((value) => {
    const info = known.get(value);
    return info !== undefined && !isOutput.has(value) ? [info] : [];
  });
  const session = await runner.load(withExtraOutputs(bytes, extra), { provider: 'wasm' });
  await session.run(feedsOf(first), asked);
  const run = async (sample: Sample): Promise<ReadonlyMap<ValueName, Float32Array>> => {
    const tensors = await session.run(feedsOf(sample), asked);
    // calibrated values are float32, and so are the names that were asked for
    return new Map(tensors.map((tensor) => [tensor.name as ValueName, tensor.data as Float32Array]));
  };
  const calibrated = await timed(() => calibrate(source, run, observed, { samples, provider: 'wasm' }, ctx));
  await session.close();

  const converted = await timed(async () => lower(c, await planQuantization(c, calibrated.result, defaultRecipe, ctx), defaultRecipe, ctx));
  const integer = converted.result;
  const quantized = quantizeInputs(integer, first);
  const inferences: number[] = [];
  const executions: number[] = [];
  const shared: number[] = [];
  for (const until = performance.now() + warmUpMs; performance.now() < until;) {
    await plain.run(feedsOf(first), outputNames);
    await execute(integer, quantized, { keep: 'outputs' }, ctx);
    await execute(integer, quantized, { keep: 'outputs', team }, ctx);
  }
  for (let i = 0; i < samples; i++) {
    const float = await timed(() => plain.run(feedsOf(first), outputNames));
    const exact = await timed(() => execute(integer, quantized, { keep: 'outputs' }, ctx));
    const parts = await timed(() => execute(integer, quantized, { keep: 'outputs', team }, ctx));
    inferences.push(float.ms);
    executions.push(exact.ms);
    shared.push(parts.ms);
  }
  await plain.close();
  const executed = await timed(() => execute(integer, quantized, { keep: 'all' }, ctx));
  const exported = await timed(() =>
    writeZip(
      bundleFiles(
        {
          integer,
          tensors: executed.result,
          tool: { name: 'torch2chip-studio', version: 'bench' },
          model: { name, sha256: sha256Hex(bytes), opset: c.model.opsets[''] ?? 0, producer: c.model.producer },
          recipe: defaultRecipe,
          calibration: { samples, sha256: calibrated.result.sha256, source: 'synthetic' },
          sample: { index: 0, sha256: sha256Hex(new Uint8Array(0)) },
          formats: [],
        },
        ctx,
      ),
      { write: () => undefined },
      0,
      ctx,
    ),
  );

  const one = middle(inferences);
  const rows: [string, number, string][] = [
    ['plain inference', one, '1 thread'],
    ['open', opened.ms, `${(bytes.length / 1e6).toFixed(1)} MB, ${c.model.graph.nodes.length} nodes`],
    ['calibrate a sample', calibrated.ms / samples, `${observed.length} tensors`],
    ['convert', converted.ms, `${integer.ops.length} ops`],
    ['execute exactly', middle(executions), '1 thread'],
    ...(team ? [['... by a team', middle(shared), `${team.count} threads`] satisfies [string, number, string]] : []),
    ['... keeping all', executed.ms, `${executed.result.size} tensors`],
    ['export', exported.ms, `${(exported.result.bytes / 1e6).toFixed(1)} MB, ${exported.result.files} files`],
  ];
  process.stdout.write(`\n${name}\n`);
  for (const [step, ms, note] of rows) {
    process.stdout.write(`  ${step.padEnd(20)}${ms.toFixed(1).padStart(10)} ms ${(ms / one).toFixed(2).padStart(9)} x   ${note}\n`);
  }
}

const asked = process.argv.slice(2);
const given = asked.filter((name) => name !== 'graph');
const models = given.length > 0 || asked.length > 0 ? given : [join(root, 'public/samples/resnet14_fashion.onnx')];
for (const path of models) await bench(basename(path), new Uint8Array(readFileSync(path)));
const skeletons = [
  ['resnet18_bn_op13', 'ResNet-18'],
  ['vit_tiny_patch16_224_timm_static_op17', 'ViT-Tiny/16'],
  ['resnet50_bn_op13', 'ResNet-50'],
] as const;
for (const [file, name] of asked.length > 0 ? [] : skeletons) {
  const path = join(root, `../shared/models/skeletons/${file}.skel.onnx`);
  if (existsSync(path)) await bench(`${name} at 224 (made-up weights)`, fillSkeleton(new Uint8Array(readFileSync(path))));
}
if (asked.length === 0) await benchLearning();
if (asked.length === 0 || asked.includes('graph')) await benchGraph();
