/**
 * The independent oracle: models written with onnx-proto (protobufjs), for tests in Node.
 */
import onnxProto, { type onnx as types } from 'onnx-proto';

export const { onnx } = onnxProto;
export type { types as OnnxTypes };

export function floatInfo(name: string, shape: readonly (number | string)[]): types.IValueInfoProto {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT, shape: { dim } } } };
}

export function encode(graph: types.IGraphProto, rest: types.IModelProto = {}): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    producerName: 'test',
    ...rest,
    graph,
  }).finish();
}

/** x -> Identity -> y with the initializers given. */
export function holding(initializer: types.ITensorProto[], rest: types.IModelProto = {}): Uint8Array {
  return encode(
    {
      name: 'g',
      node: [{ opType: 'Identity', input: ['x'], output: ['y'] }],
      initializer,
      input: [floatInfo('x', [1])],
      output: [floatInfo('y', [1])],
    },
    rest,
  );
}
