/**
 * Activation functions that passes recognise (domain `t2c`) in operators of operator set 13, which has none of them. The
 * formulas are those of ops/lower/functions.ts.
 */
import type { Node, ValueName } from '../ir/model';
import { floatAttr, stringAttr } from '../ops/family';
import type { QdqGraph } from './qdq-graph';

/** Emits the node, whose input and output are those of the new graph. false: it is none of these functions. */
export function emitFunction(graph: QdqGraph, node: Node): boolean {
  const x = node.inputs[0] as ValueName; // a function has an input and an output
  const y = node.outputs[0] as ValueName;
  const like = { ...node, domain: '' };
  const number = (value: number, label: string): ValueName => graph.float(`${y}_${label}`, value);
  const product = (a: ValueName, b: ValueName, label: string): ValueName => graph.apply('Mul', [a, b], `${y}_${label}`);
  const gated = (gate: ValueName): true => {
    graph.emit('Mul', [x, gate], [y], {}, like);
    return true;
  };
  /** (1 + e) / 2 */
  const half = (e: ValueName): ValueName => product(graph.apply('Add', [e, number(1, 'one')], `${y}_sum`), number(0.5, 'half'), 'gate');
  switch (node.op) {
    case 'Gelu': {
      if (stringAttr(node, 'approximate', 'none') !== 'tanh') {
        return gated(half(graph.apply('Erf', [product(x, number(Math.SQRT1_2, 'scale'), 'scaled')], `${y}_erf`)));
      }
      const cube = product(product(x, x, 'square'), x, 'cube');
      const inner = graph.apply('Add', [x, product(cube, number(0.044715, 'factor'), 'cubic')], `${y}_inner`);
      return gated(half(graph.apply('Tanh', [product(inner, number(0.7978845608028654, 'scale'), 'scaled')], `${y}_tanh`)));
    }
    case 'Silu':
      return gated(graph.apply('Sigmoid', [x], `${y}_gate`));
    case 'Swish':
      return gated(graph.apply('Sigmoid', [product(x, number(floatAttr(node, 'alpha', 1), 'alpha'), 'scaled')], `${y}_gate`));
    case 'HardSwish': {
      const attrs = { alpha: { type: 'float', value: 1 / 6 }, beta: { type: 'float', value: 0.5 } } as const;
      return gated(graph.apply('HardSigmoid', [x], `${y}_gate`, attrs));
    }
    case 'Mish':
      return gated(graph.apply('Tanh', [graph.apply('Softplus', [x], `${y}_softplus`)], `${y}_gate`));
    default:
      return false;
  }
}
