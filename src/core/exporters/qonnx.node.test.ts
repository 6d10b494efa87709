// The QONNX model: every node as its documentation says, and the numbers of qdq.onnx when Quant is read as documented.
import { expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { planQuantization } from '../integer/make-plan';
import type { Model, Node, NodeId, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { readModel } from '../onnx/read';
import { decodeTensor } from '../onnx/tensor-data';
import { writeModel } from '../onnx/write';
import { parseRecipe } from '../recipe/validate';
import { calibratedSample, feedsOf } from './calibrated-sample.fixture';
import { qdqModel } from './qdq';
import { runBytes } from './qdq.fixture';
import { qonnxModel } from './qonnx';

const DOMAIN = 'qonnx.custom_op.general';

const roundingModes = ['ROUND', 'CEIL', 'FLOOR', 'UP', 'DOWN', 'HALF_UP', 'HALF_DOWN'];

/** What docs/qonnx-custom-ops/quant_op.md says of a Quant node; gives back what is wrong. */
function schemaFaults(model: Model, node: Node, rankOf: (name: ValueName) => number | undefined): string[] {
  const faults: string[] = [];
  const constant = (i: number): Tensor | undefined => {
    const ref = model.graph.initializers.get(node.inputs[i] as ValueName);
    return ref && decodeTensor(ref);
  };
  if (node.op !== 'Quant') return [`${node.id}: ${node.op} is not written here`];
  if (node.inputs.length !== 4 || node.outputs.length !== 1) faults.push('inputs X, scale, zeropt, bitwidth and output Y');
  const [scale, zero, width] = [constant(1), constant(2), constant(3)];
  for (const t of [scale, zero, width]) if (t?.dtype !== 'float32') faults.push('scale, zeropt and bitwidth are float32 initializers');
  const rank = rankOf(node.inputs[0] as ValueName);
  if (scale && scale.shape.length !== 0 && scale.shape.length !== rank) faults.push('the scale is a scalar or has the rank of X');
  if (width?.shape.length !== 0) faults.push('bitwidth is a scalar');
  const bits = Number(width?.data[0]);
  if (!Number.isInteger(bits) || bits < 2) faults.push('bitwidth is a positive whole number');
  const names = Object.keys(node.attrs).sort().join();
  if (names !== 'narrow,rounding_mode,signed') faults.push(`attributes ${names}`);
  for (const flag of ['narrow', 'signed']) {
    const a = node.attrs[flag];
    if (a?.type !== 'int' || (a.value !== 0 && a.value !== 1)) faults.push(`${flag} is 0 or 1`);
  }
  const mode = node.attrs['rounding_mode'];
  if (mode?.type !== 'string' || !roundingModes.includes(mode.value)) faults.push('rounding_mode is one of those documented');
  return faults.map((f) => `${node.id}: ${f}`);
}

/** The sample implementation of the documentation in operators of ONNX: divide, add, clamp, round, and back. */
function inStandardOperators(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes, 'qonnx.onnx');
  const initializers = new Map(model.graph.initializers);
  const nodes = model.graph.nodes.flatMap((node): Node[] => {
    if (node.domain !== DOMAIN) return [node];
    const [x, scale, zero, width] = node.inputs as ValueName[];
    const y = node.outputs[0] as ValueName;
    const ref = initializers.get(width as ValueName);
    const bits = Number(ref && decodeTensor(ref).data[0]);
    const flag = (name: string): boolean => (node.attrs[name] as { readonly value: number }).value === 1;
    const top = flag('signed') ? 2 ** (bits - 1) - 1 : 2 ** bits - 1 - (flag('narrow') ? 1 : 0);
    const least = flag('signed') ? -(2 ** (bits - 1)) + (flag('narrow') ? 1 : 0) : 0;
    const end = (label: string, v: number): ValueName => {
      const name = `${y}_${label}_of_range` as ValueName;
      initializers.set(name, {
        name,
        dtype: 'float32',
        shape: [],
        source: { kind: 'decoded', tensor: { dtype: 'float32', shape: [], data: Float32Array.of(v) } },
      });
      return name;
    };
    const step = (op: string, inputs: readonly (ValueName | undefined)[], output: string): Node => ({
      ...{ id: `${output}_${op}` as NodeId, op, domain: '', inputs, outputs: [output as ValueName], attrs: {}, sources: [] },
    });
    const at = (i: number): ValueName => `${y}_step_${i}` as ValueName;
    return [
      step('Div', [x, scale], at(0)),
      step('Add', [at(0), zero], at(1)),
      step('Clip', [at(1), end('least', least), end('most', top)], at(2)),
      step('Round', [at(2)], at(3)),
      step('Sub', [at(3), zero], at(4)),
      step('Mul', [at(4), scale], y),
    ];
  });
  const { [DOMAIN]: version, ...opsets } = model.opsets;
  expect(version).toBe(1);
  return writeModel({ ...model, opsets, graph: { ...model.graph, nodes, initializers } });
}

test.each([
  // no odd zero point: rounding x / scale + zeropt is rounding x / scale
  { recipe: { weights: { bits: 4 }, activations: { bits: 4, symmetric: true } }, exact: true },
  { recipe: {}, exact: false },
])('of a real network under $recipe', { timeout: 120_000 }, async ({ recipe, exact }) => {
  const { c, data, calibration } = await calibratedSample('resnet14_fashion.onnx', 8);
  const whole = parseRecipe(recipe);
  const plan = await planQuantization(c, calibration, whole, quietContext());

  const qonnx = qonnxModel({ canonical: c, plan }, whole);
  const model = readModel(qonnx, 'qonnx.onnx');
  const quants = model.graph.nodes.filter((n) => n.domain === DOMAIN);
  const shapes = new Map([...c.model.graph.values].map(([name, v]) => [name as string, v.shape?.length]));
  const rankOf = (name: ValueName): number | undefined =>
    model.graph.initializers.get(name)?.shape.length ?? shapes.get(name.replace(/_(float|clamped)$/, ''));
  expect(quants.flatMap((n) => schemaFaults(model, n, rankOf))).toEqual([]);
  const onInitializers = quants.filter((n) => model.graph.initializers.has(n.inputs[0] as ValueName));
  expect(onInitializers.length).toBe(plan.weights.size);
  expect(quants.length).toBeGreaterThan(2 * plan.weights.size);

  const inputs = new Set(c.model.graph.inputs.map((i) => i.name));
  const names = [...plan.activations.keys()].filter((n) => !inputs.has(n));
  const feeds = feedsOf(await data.sample(11)) as Parameters<typeof runBytes>[2];
  const runtime = nodeRunner();
  const ours = await runBytes(runtime, qdqModel(c, plan, whole), feeds, names);
  const theirs = await runBytes(runtime, inStandardOperators(qonnx), feeds, names);
  const logits = model.graph.outputs[0]?.name;
  for (const [i, { name, data: a }] of ours.entries()) {
    const b = theirs[i]?.data as Float32Array;
    const step = plan.activations.get(name as ValueName)?.scale[0] as number;
    const worst = a.reduce((most, v, k) => Math.max(most, Math.abs(v - (b[k] as number)) / step), 0);
    if (exact) expect([name, worst]).toEqual([name, 0]);
    else if (name !== logits) expect(worst).toBeLessThan(3);
  }
});
