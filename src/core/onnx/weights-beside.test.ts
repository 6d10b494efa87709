import { expect, test } from 'vitest';
import { canonicalModel } from '../integer/canonical.fixture';
import type { ValueName } from '../ir/model';
import { withExtraOutputs } from './extra-outputs';
import { readModel } from './read';
import { decodeTensor } from './tensor-data';
import { weightsBeside } from './weights-beside';
import { writeModel } from './write';

function madeModel(): Uint8Array {
  const { model } = canonicalModel({
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [1, 64], h: [1, 64], y: [1, 4] },
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
      { op: 'MatMul', inputs: ['h', 'v'], outputs: ['y'] },
    ],
  });
  const tensor = (name: string, shape: readonly number[], step: number) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * step));
    return [
      name as ValueName,
      { name, dtype: 'float32', shape, source: { kind: 'decoded', tensor: { dtype: 'float32', shape, data } } },
    ] as const;
  };
  return writeModel({
    ...model,
    graph: { ...model.graph, initializers: new Map([tensor('w', [64, 64], 0.7), tensor('v', [64, 4], 0.3)]) },
  });
}

test('with the file beside it, it is the same model; large weights are no part of it any more', () => {
  const file = madeModel();
  // not at the start of its buffer
  const bytes = new Uint8Array(file.length + 3).subarray(3);
  bytes.set(file);
  const lean = weightsBeside(bytes, 'beside.bin');
  expect(lean.length).toBeLessThan(bytes.length - 64 * 64 * 4 + 200);
  const whole = readModel(bytes, 'm');
  const again = readModel(lean, 'm', new Map([['beside.bin', bytes]]));
  for (const [name, ref] of whole.graph.initializers) {
    const other = again.graph.initializers.get(name);
    if (!other) throw new Error(name);
    expect(decodeTensor(other)).toEqual(decodeTensor(ref));
  }
  expect(again.graph.nodes).toEqual(whole.graph.nodes);
  expect(again.graph.inputs).toEqual(whole.graph.inputs);
  expect(() => decodeTensor(readModel(lean, 'm').graph.initializers.get('w' as ValueName) as never)).toThrow(/beside\.bin/);
  const h = whole.graph.values.get('h' as ValueName) ?? { name: 'h' as ValueName, dtype: 'float32', shape: [1, 64] };
  expect(readModel(withExtraOutputs(lean, [h]), 'm', new Map([['beside.bin', bytes]])).graph.outputs.map((o) => o.name)).toEqual([
    'y',
    'h',
  ]);
});
