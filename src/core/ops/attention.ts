/**
 * ONNX Runtime's fused Attention (com.microsoft 1): [batch, sequence, hidden] times one weight for query, key and
 * value. Shapes and costs; it runs in ONNX Runtime only, so it has no float rule here.
 */
import { sizeOf } from '../ir/tensor';
import { intAttr, intsAttr, type OpFamily, type ShapeInput } from './family';
import { badShape, inputAt } from './readers';

function widthOf(s: Pick<ShapeInput, 'node' | 'inputs'>): number {
  const sizes = intsAttr(s.node, 'qkv_hidden_sizes');
  const weight = inputAt(s, 1).shape;
  return sizes && sizes.length === 3 ? (sizes[2] as number) : (weight[1] as number) / 3;
}

export const attention: OpFamily = {
  id: 'attention',
  types: ['com.microsoft:Attention'],
  shape(s) {
    const x = inputAt(s, 0);
    const weight = inputAt(s, 1).shape;
    if (x.shape.length !== 3 || weight.length !== 2 || weight[0] !== x.shape[2]) {
      throw badShape(s.node, `a weight of [${x.shape[2] ?? '?'}, 3 * hidden] for an input of rank 3`, weight);
    }
    const [batch, length] = x.shape as [number, number];
    const width = widthOf(s);
    const heads = intAttr(s.node, 'num_heads', 1);
    const past = s.inputs[4]?.shape[3] ?? 0;
    const present = { dtype: x.dtype, shape: [2, batch, heads, past + length, width / heads] };
    return s.node.outputs.map((_, i) => (i === 0 ? { dtype: x.dtype, shape: [batch, length, width] } : present));
  },
  /** The projection, then query times key and weights times value. */
  macs(node, [x, w, ...rest]) {
    if (!x || !w) return 0;
    const [, length = 1] = x.shape;
    const width = widthOf({ node, inputs: [x, w, ...rest] });
    return sizeOf(x.shape) * (w.shape[1] as number) + 2 * (x.shape[0] as number) * length * length * width;
  },
  quantizer: 'own',
};
