/**
 * The fake-quantized model in QONNX: float operators with Quant nodes (domain qonnx.custom_op.general) where the plan has quantizers.
 * Source: docs/qonnx-custom-ops of fastmachinelearning/qonnx. Weights are initializers on their grid before a Quant node, biases
 * initializers on the grid of the accumulator.
 * Quant rounds x / scale + zeropt, we round x / scale: where a zero point is odd, a tie may fall on the other side, by 1 LSB.
 */
import { StudioError } from '../base/errors';
import type { IntDType, IntStorage, QuantInfo } from '../ir/integer-model';
import type { NodeId, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import type { Exporter } from './exporter';
import { QdqGraph, type Attrs } from './qdq-graph';
import { written } from './qdq';
import type { BundleInput } from './bundle-input';
import { canonicalJson, type Json } from '../recipe/canonical-json';

const DOMAIN = 'qonnx.custom_op.general';

class QonnxGraph extends QdqGraph {
  override fakeQuantize(x: ValueName, y: ValueName, q: QuantInfo): void {
    this.quant(x, y, q, q.axis === undefined ? 0 : 3);
  }

  /** `rank`: of the tensor that per-axis scales are spread over. */
  private quant(x: ValueName, y: ValueName, q: QuantInfo, rank: number): void {
    const { bits, signed, lo, hi } = q;
    const most = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
    const least = signed ? -(2 ** (bits - 1)) : 0;
    const narrow = lo === least + 1 && hi === most && signed;
    const shape = q.axis === undefined ? [] : Array.from({ length: rank }, (_, i) => (i === q.axis ? q.scale.length : 1));
    const spread = (wanted: string, data: Float32Array): ValueName => this.constant(wanted, { dtype: 'float32', shape, data });
    const steps = q.axis === undefined ? q.scale.slice(0, 1) : q.scale;
    let from = x;
    if (hi !== most || (lo !== least && !narrow)) {
      // a range that Quant cannot say is cut in real units first: its ends lie on the grid
      const end = (v: number, label: string): ValueName =>
        spread(
          `${y}_${label}`,
          steps.map((s) => s * (v - q.zeroPoint)),
        );
      from = this.apply('Min', [this.apply('Max', [x, end(lo, 'lo')], `${y}_raised`), end(hi, 'hi')], `${y}_cut`);
    }
    const scale = spread(`${y}_scale`, steps);
    const zero = this.float(`${y}_zero_point`, q.zeroPoint);
    const width = this.float(`${y}_bit_width`, bits);
    const attrs: Attrs = {
      signed: { type: 'int', value: signed ? 1 : 0 },
      narrow: { type: 'int', value: narrow ? 1 : 0 },
      rounding_mode: { type: 'string', value: 'ROUND' },
    };
    this.emit('Quant', [from, scale, zero, width], [y], attrs, { id: `${y}_Quant` as NodeId, domain: DOMAIN, sources: [] });
  }

  override dequantized(wanted: string, data: IntStorage[IntDType], shape: readonly number[], q: QuantInfo): ValueName {
    const inner = q.axis === undefined ? 1 : shape.slice(q.axis + 1).reduce((a, b) => a * b, 1);
    const real = Float32Array.from(data as Int32Array, (v, i) => {
      const scale = q.axis === undefined ? q.scale[0] : q.scale[Math.floor(i / inner) % q.scale.length];
      return (v - q.zeroPoint) * (scale as number);
    });
    const floats = this.constant(`${wanted}_on_grid`, { dtype: 'float32', shape, data: real });
    if (q.bits > 16) return floats;
    const y = this.name(`${wanted}_quantized`);
    this.quant(floats, y, q, shape.length);
    return y;
  }
}

export function qonnxModel({ canonical, plan }: NonNullable<BundleInput['network']>, recipe: BundleInput['recipe']): Uint8Array {
  const metadata = { recipe: canonicalJson(JSON.parse(JSON.stringify(recipe)) as Json) }; // a recipe is JSON data by its own law
  return written(canonical, plan, metadata, { graph: (reserved) => new QonnxGraph(reserved), opsets: { [DOMAIN]: 1 } }).bytes;
}

export const qonnxExporter: Exporter = {
  id: 'qonnx',
  title: 'QONNX model',
  help: 'model/qonnx.onnx: float operators with Quant nodes, for qonnx and FINN.',
  group: 'design',
  place: 'model/qonnx.onnx',
  options: [],
  // weights in float32, and the constants of a Quant node
  estimate: ({ role, shape }) => (role === 'weight' ? 4 * sizeOf(shape) + 400 : role === 'activation' ? 600 : 0),
  files: ({ input }) => {
    const { network, recipe } = input;
    if (network) return [{ path: 'model/qonnx.onnx', parts: () => [qonnxModel(network, recipe)] }];
    throw new StudioError({ code: 'internal', what: 'The QONNX model needs the network and its plan' });
  },
};
