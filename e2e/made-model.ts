/** Small ONNX files that a test makes for itself: one convolution, with its weights inside or in a file beside it. */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;
const FLOAT = onnx.TensorProto.DataType.FLOAT;

const value = (name: string, shape: readonly number[]) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
});

/** x [1, channels, 4, 4] -> Conv 3x3 -> y [1, channels, 2, 2]; no two neighbouring weights are alike. */
export function convolution(channels: number, externalFile?: string): { readonly model: Uint8Array; readonly weights: Uint8Array } {
  const numbers = Float32Array.from({ length: channels * channels * 9 }, (_, i) => ((i * 7919) % 255) / 127 - 1);
  const weights = new Uint8Array(numbers.buffer);
  const place =
    externalFile === undefined
      ? { rawData: weights }
      : { dataLocation: onnx.TensorProto.DataLocation.EXTERNAL, externalData: [{ key: 'location', value: externalFile }] };
  const graph = {
    name: 'made',
    node: [{ name: 'conv', opType: 'Conv', input: ['x', 'conv.weight'], output: ['y'] }],
    initializer: [{ name: 'conv.weight', dims: [channels, channels, 3, 3], dataType: FLOAT, ...place }],
    input: [value('x', [1, channels, 4, 4])],
    output: [value('y', [1, channels, 2, 2])],
  };
  const model = onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }], graph }).finish();
  return { model, weights };
}

/** One convolution of a chosen name and number of outputs; its weights are all alike. */
export function thinModel(name: string, outputs: number): Uint8Array {
  const graph = {
    name: 'thin',
    node: [{ name, opType: 'Conv', input: ['x', `${name}.weight`], output: ['y'] }],
    initializer: [
      {
        name: `${name}.weight`,
        dims: [outputs, 2, 3, 3],
        dataType: FLOAT,
        rawData: new Uint8Array(new Float32Array(outputs * 18).fill(0.5).buffer),
      },
    ],
    input: [value('x', [1, 2, 6, 6])],
    output: [value('y', [1, outputs, 4, 4])],
  };
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }], graph }).finish();
}
