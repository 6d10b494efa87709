/** A network with an operator that has no integer form, as the bytes of an ONNX file. */
import onnxProto from 'onnx-proto';

/** x [1, 1, 6, 6] -> Conv -> LRN -> y: LRN has no integer form. */
export function islandModel(): Uint8Array {
  const { onnx } = onnxProto;
  const { FLOAT } = onnx.TensorProto.DataType;
  const { INTS, INT } = onnx.AttributeProto.AttributeType;
  const info = (name: string, shape: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  });
  const weight = Float32Array.from({ length: 27 }, (_, i) => ((i * 7) % 11) / 10 - 0.5);
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: 'island',
      node: [
        { name: 'conv', opType: 'Conv', input: ['x', 'w'], output: ['c'], attribute: [{ name: 'kernel_shape', type: INTS, ints: [3, 3] }] },
        { name: 'norm', opType: 'LRN', input: ['c'], output: ['y'], attribute: [{ name: 'size', type: INT, i: 3 }] },
      ],
      initializer: [{ name: 'w', dims: [3, 1, 3, 3], dataType: FLOAT, rawData: new Uint8Array(weight.buffer) }],
      input: [info('x', [1, 1, 6, 6])],
      output: [info('y', [1, 3, 4, 4])],
    },
  }).finish();
}
