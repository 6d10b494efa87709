import { describe, expect, test } from 'vitest';
import type { Tensor } from '../ir/tensor';
import { canonical, floats, largestError, modelOf, ops, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

/** Relative to the largest magnitude, for constants as exporters round them. */
const TOLERANCE = 3e-4;

const constants: Record<string, Tensor> = {
  ...{ half: scalar(0.5), one: scalar(1), two: scalar(2), three: scalar(3), six: scalar(6), zero: scalar(0), sixth: scalar(1 / 6) },
  ...{
    root2: scalar(Math.SQRT2),
    rounded: scalar(1.4142),
    inverse: scalar(Math.SQRT1_2),
    minus: scalar(-Math.SQRT1_2),
    big: floats([1], [Math.SQRT2]),
  },
  ...{ cube: scalar(0.044715), tanh: scalar(0.7978845608), sigmoid: scalar(1.5957691216), fifth: scalar(0.2), alpha: scalar(1.702) },
  ...{ halfroot: scalar(Math.SQRT1_2 / 2), sloped: scalar(0.7978845608 * 0.044715) },
};

const n = (op: string, input: string, out: string, attrs: SketchNode['attrs'] = {}): SketchNode => ({ op, in: input, out, attrs });

const sketch = (nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}): ModelSketch => ({
  inputs: { x: [1, 40, 8] },
  outputs: 'y',
  constants,
  nodes,
  ...more,
});

async function check(expected: readonly string[], nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}) {
  const s = sketch(nodes, more);
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  expect(largestError(modelOf(s), c)).toBeLessThan(TOLERANCE);
  return c;
}

describe('GELU', () => {
  const gelu = (...nodes: readonly SketchNode[]) => check(['t2c:Gelu'], nodes);
  const erf = [n('Div', 'x root2', 'u'), n('Erf', 'u', 'e')];
  const sum = [...erf, n('Add', 'e one', 't')];

  test('of the error function, in every order of its factors', async () => {
    await gelu(...sum, n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y'));
    await gelu(...sum, n('Mul', 't x', 'p'), n('Mul', 'half p', 'y'));
    await gelu(...sum, n('Mul', 'x half', 'h'), n('Mul', 'h t', 'y'));
    await gelu(...sum, n('Mul', 't half', 'h'), n('Mul', 'x h', 'y'));
    await gelu(...sum, n('Mul', 'x t', 'p'), n('Div', 'p two', 'y'));
    await gelu(...erf, n('Add', 'one e', 't'), n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y'));
  });

  test('with its numbers multiplied in, rounded, or with a sign', async () => {
    await gelu(n('Mul', 'x inverse', 'u'), n('Erf', 'u', 'e'), n('Mul', 'e half', 'h'), n('Add', 'h half', 't'), n('Mul', 'x t', 'y'));
    await gelu(n('Div', 'x rounded', 'u'), n('Erf', 'u', 'e'), n('Add', 'e one', 't'), n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y'));
    await gelu(n('Div', 'x big', 'u'), n('Erf', 'u', 'e'), n('Add', 'e one', 't'), n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y'));
    await gelu(n('Mul', 'x minus', 'u'), n('Erf', 'u', 'e'), n('Sub', 'one e', 't'), n('Mul', 'x half', 'h'), n('Mul', 'h t', 'y'));
    await gelu(n('Mul', 'x half', 'h'), n('Mul', 'x inverse', 'u'), n('Erf', 'u', 'e'), n('Mul', 'h e', 'p'), n('Add', 'h p', 'y'));
    // u is read twice: x/sqrt(2) * (1 + erf(x/sqrt(2))) / sqrt(2)
    await gelu(...sum, n('Mul', 'u t', 'p'), n('Mul', 'p inverse', 'y'));
  });

  test('of the hyperbolic tangent', async () => {
    const end = [n('Tanh', 'u', 'e'), n('Add', 'e one', 't'), n('Mul', 'x half', 'h'), n('Mul', 'h t', 'y')];
    const outer = (cubic: string): SketchNode[] => [n('Mul', `${cubic} cube`, 'q'), n('Add', 'x q', 's'), n('Mul', 's tanh', 'u'), ...end];
    const c = await gelu(n('Pow', 'x three', 'c'), ...outer('c'));
    expect(c.model.graph.nodes[0]?.attrs).toEqual({ approximate: { type: 'string', value: 'tanh' } });
    await gelu(n('Mul', 'x x', 'b'), n('Mul', 'x b', 'c'), ...outer('c'));
    const factored = [n('Mul', 'x x', 'b'), n('Mul', 'b cube', 'q'), n('Add', 'one q', 's'), n('Mul', 'x tanh', 'z'), n('Mul', 'z s', 'u')];
    await gelu(...factored, ...end);
    const sigmoid = [n('Pow', 'x three', 'c'), n('Mul', 'c cube', 'q'), n('Add', 'x q', 's'), n('Mul', 's sigmoid', 'u')];
    await gelu(...sigmoid, n('Sigmoid', 'u', 'e'), n('Mul', 'x e', 'y'));
  });

  test('what only looks like it stays', async () => {
    const stays = async (...nodes: readonly SketchNode[]): Promise<void> => {
      expect(
        (
          await check(
            nodes.map((node) => node.op),
            nodes,
          )
        ).model.graph.nodes,
      ).toHaveLength(nodes.length);
    };
    await stays(n('Div', 'x two', 'u'), n('Erf', 'u', 'e'), n('Add', 'e one', 't'), n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y'));
    await stays(...erf, n('Add', 'e half', 't'), n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y'));
    await stays(...sum, n('Mul', 'x t', 'y'));
    await stays(...sum, n('Mul', 't half', 'h'), n('Tanh', 'x', 'z'), n('Mul', 'z h', 'y'));
    await stays(n('Tanh', 'x', 'e'), n('Add', 'e one', 't'), n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y'));
  });

  test('a part that others read is still computed', async () => {
    const nodes = [...sum, n('Mul', 'x t', 'p'), n('Mul', 'p half', 'g'), n('Add', 'g t', 'y')];
    await check(['Div', 'Erf', 'Add', 't2c:Gelu', 'Add'], nodes);
    await check(['Div', 't2c:Gelu'], [...sum, n('Mul', 'x t', 'p'), n('Mul', 'p half', 'y')], { outputs: 'y u' });
  });
});

test('SiLU and Swish', async () => {
  await check(['t2c:Silu'], [n('Sigmoid', 'x', 'e'), n('Mul', 'x e', 'y')]);
  await check(['t2c:Silu'], [n('Sigmoid', 'x', 'e'), n('Mul', 'e x', 'y')]);
  const c = await check(['t2c:Swish'], [n('Mul', 'x alpha', 'u'), n('Sigmoid', 'u', 'e'), n('Mul', 'x e', 'y')]);
  expect(c.model.graph.nodes[0]?.attrs['alpha']).toEqual({ type: 'float', value: Math.fround(1.702) });
  // of another value: a gate
  await check(['Tanh', 'Sigmoid', 'Mul'], [n('Tanh', 'x', 'z'), n('Sigmoid', 'x', 'e'), n('Mul', 'z e', 'y')]);
  // x shifted
  await check(['Add', 'Sigmoid', 'Mul'], [n('Add', 'x one', 'u'), n('Sigmoid', 'u', 'e'), n('Mul', 'x e', 'y')]);
});

test('functions of ONNX Runtime that have another name here', async () => {
  const own = (op: string, attrs: SketchNode['attrs'] = {}): SketchNode => ({ op, domain: 'com.microsoft', in: 'x', out: 'y', attrs });
  await check(['t2c:Gelu'], [own('FastGelu')]);
  await check(['t2c:Swish'], [own('QuickGelu')]);
  await check(['t2c:Swish'], [own('QuickGelu', { alpha: { float: 1.5 } })]);
});

describe('HardSigmoid and HardSwish', () => {
  const clip = [n('Add', 'x three', 'u'), n('Clip', 'u zero six', 'e')];

  test('of a clipped sum, in every order', async () => {
    await check(['t2c:HardSwish'], [...clip, n('Mul', 'x e', 'p'), n('Div', 'p six', 'y')]);
    await check(['t2c:HardSwish'], [...clip, n('Div', 'e six', 'p'), n('Mul', 'p x', 'y')]);
    await check(['t2c:HardSwish'], [...clip, n('Mul', 'e sixth', 'p'), n('Mul', 'x p', 'y')]);
    await check(
      ['t2c:HardSwish'],
      [n('Add', 'three x', 'u'), n('Relu', 'u', 'r'), n('Min', 'r six', 'e'), n('Mul', 'x e', 'p'), n('Div', 'p six', 'y')],
    );
    await check(['t2c:HardSwish'], [n('Mul', 'x sixth', 'v'), n('Add', 'v half', 'u'), n('Clip', 'u zero one', 'e'), n('Mul', 'x e', 'y')]);
    const attributes = n('Clip', 'u', 'e', { min: { float: 0 }, max: { float: 6 } });
    await check(['t2c:HardSwish'], [n('Add', 'x three', 'u'), attributes, n('Mul', 'x e', 'p'), n('Div', 'p six', 'y')], { opset: 9 });
    const c = await check(['HardSigmoid'], [...clip, n('Div', 'e six', 'y')]);
    expect(c.model.graph.nodes[0]?.attrs['alpha']).toEqual({ type: 'float', value: 1 / 6 });
    await check(['HardSigmoid'], [n('Mul', 'x fifth', 'v'), n('Add', 'v half', 'u'), n('Clip', 'u zero one', 'y')]);
  });

  test('of HardSigmoid with a sixth, not with a fifth', async () => {
    const gate = (alpha: number) => [n('HardSigmoid', 'x', 'e', { alpha: { float: alpha }, beta: { float: 0.5 } }), n('Mul', 'x e', 'y')];
    await check(['t2c:HardSwish'], gate(1 / 6));
    await check(['HardSigmoid', 'Mul'], gate(0.2));
  });

  test('what only looks like it stays', async () => {
    await check(
      ['Add+', 'Mul', 'Div'],
      [n('Add', 'x two', 'u'), n('Clip', 'u zero six', 'e'), n('Mul', 'x e', 'p'), n('Div', 'p six', 'y')],
    );
    await check(['Add+', 'Mul', 'Div'], [...clip, n('Mul', 'x e', 'p'), n('Div', 'p three', 'y')]);
    await check(['Add+', 'Mul'], [...clip, n('Mul', 'x e', 'y')]);
  });
});

test('Mish', async () => {
  await check(['t2c:Mish'], [n('Softplus', 'x', 's'), n('Tanh', 's', 'e'), n('Mul', 'x e', 'y')]);
  await check(['t2c:Mish'], [n('Exp', 'x', 'z'), n('Add', 'one z', 'a'), n('Log', 'a', 's'), n('Tanh', 's', 'e'), n('Mul', 'e x', 'y')]);
  await check(
    ['Softplus', 'Tanh', 'Tanh', 'Mul'],
    [n('Softplus', 'x', 's'), n('Tanh', 's', 'e'), n('Tanh', 'x', 'z'), n('Mul', 'z e', 'y')],
  );
});
