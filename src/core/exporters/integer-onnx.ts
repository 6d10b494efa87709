/**
 * The integer-only model as an ONNX file that any runtime can run: standard operators on integers between the
 * quantization of the inputs and the dequantization of the outputs, equal to the exact executor bit for bit.
 * Inputs and outputs have the names of the float model (a drop-in for one sample; tokens and masks are int64); their integers are `<name>_int`, those
 * of outputs as further outputs. Every other value of the integer model is a tensor of its own name (see IntegerGraph).
 * What still runs in float is named in the file's metadata (`t2c.islands`); floatTensorsInside proves the rest.
 */
import type { IntegerModel, IntOp } from '../ir/integer-model';
import type { ValueInfo, ValueName } from '../ir/model';
import { writeModel } from '../onnx/write';
import { Border } from './integer-onnx-border';
import { emitAdd, emitLut, emitMul, emitRequant } from './integer-onnx-elementwise';
import { fileType, IntegerGraph } from './integer-onnx-graph';
import { emitConv, emitMatMul } from './integer-onnx-linear';
import { emitMove } from './integer-onnx-move';
import { emitLayerNorm, emitSoftmax, emitWhere } from './integer-onnx-nonlinear';
import { emitPool, emitReduce } from './integer-onnx-window';
import { OLDEST } from './opset-upgrade';

/** The bytes of an ONNX file of operator set 13; a newer one only where a float island was written for it. */
export function integerOnnx(model: IntegerModel, name: string): Uint8Array {
  const opsets = opsetsOf(model);
  const opset = opsets[''] ?? OLDEST;
  const g = new IntegerGraph(model, opset);
  const border = new Border(g);
  for (const input of model.inputs) border.input(input);
  for (let i = 0; i <= model.ops.length; i++) {
    for (const island of model.islands) if (island.before === i) border.island(island);
    const op = model.ops[i];
    if (op) emitOp(g, op);
  }
  const outputs = model.outputs.map((output): ValueInfo => {
    // an input that is an output at once: its real numbers before and after quantization differ
    const out = model.inputs.includes(output) ? g.made.name(`${output}_quantized`) : (output as ValueName);
    border.output(output, out);
    return { name: out, dtype: 'float32', shape: g.info(output).shape };
  });
  const integers = new Map(
    [...model.values.values()].map(({ name: value, dtype, shape }): [string, ValueInfo] => {
      return [value, { name: g.tensor(value), dtype: fileType(dtype), shape }];
    }),
  );
  return writeModel(
    {
      name,
      irVersion: irVersionOf(opset),
      opsets,
      producer: 'torch2chip-studio',
      graph: {
        name,
        nodes: g.made.nodes,
        inputs: model.inputs.map((input) => {
          const { shape, whole } = g.info(input);
          return { name: input as ValueName, dtype: whole ? 'int64' : 'float32', shape };
        }),
        outputs: [...outputs, ...model.outputs.map((o) => integers.get(o)).filter((v) => v !== undefined)],
        initializers: g.made.initializers,
        values: new Map([...integers.values()].map((v) => [v.name, v])),
      },
      provenance: [],
    },
    {
      't2c.rounding': model.arithmetic.rounding,
      't2c.islands': JSON.stringify(model.islands.map(({ node, op, reason, output }) => ({ node, op, reason, output }))),
    },
  );
}

function emitOp(g: IntegerGraph, op: IntOp): void {
  switch (op.kind) {
    case 'conv':
      return emitConv(g, op);
    case 'gemm':
    case 'matmul':
      return emitMatMul(g, op);
    case 'add':
    case 'sub':
      return emitAdd(g, op);
    case 'mul':
      return emitMul(g, op);
    case 'lut':
      return emitLut(g, op);
    case 'pool':
      return emitPool(g, op);
    case 'reduce':
      return emitReduce(g, op);
    case 'requant':
      return emitRequant(g, op);
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'expand':
    case 'gather':
      return emitMove(g, op);
    case 'softmax':
      return emitSoftmax(g, op);
    case 'layernorm':
      return emitLayerNorm(g, op);
    case 'where':
      return emitWhere(g, op);
    default:
      return op satisfies never;
  }
}

/** Operator sets: the oldest that has everything, and what the islands' own operators need. */
function opsetsOf(model: IntegerModel): Record<string, number> {
  const opsets: Record<string, number> = { '': OLDEST };
  for (const { source, opset } of model.islands) {
    if (source.domain === 't2c') continue;
    const domain = source.domain === 'ai.onnx' ? '' : source.domain;
    opsets[domain] = Math.max(opsets[domain] ?? 1, opset);
  }
  return opsets;
}

/** The version of the format in which the operator set appeared. */
function irVersionOf(opset: number): number {
  if (opset < 15) return 7;
  if (opset < 19) return 8;
  if (opset < 21) return 9;
  return opset < 23 ? 10 : 11;
}
