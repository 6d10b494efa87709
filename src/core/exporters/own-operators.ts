/**
 * The studio's own forms of products, softmax and layer normalization (domain `t2c`, ir/model.ts) in ONNX operators of set
 * 13, which has no layer normalization; activation functions are in own-functions.ts. Masked scores become so low that their weight is exactly 0, and a factor makes rows that are
 * masked altogether 0 as well.
 */
import type { Node, ValueName } from '../ir/model';
import { codeOf } from '../onnx/dtypes';
import { floatAttr, intAttr } from '../ops/family';
import { emitFunction } from './own-functions';
import type { QdqGraph } from './qdq-graph';

/** Far below every score, finite so that a row without elements stays one of numbers. */
const LOWEST = -1e30;

/**
 * Emits the node, whose inputs and outputs are those of the new graph; `rank` is that of its first input, `opset` that of
 * the file. false: it is none of these.
 */
export function emitOwn(graph: QdqGraph, node: Node, rank: number, opset: number): boolean {
  if (node.domain !== 't2c') return false;
  switch (node.op) {
    case 'Softmax':
      emitSoftmax(graph, node);
      return true;
    case 'LayerNormalization':
    case 'RMSNormalization':
      emitNorm(graph, node, rank, opset);
      return true;
    case 'MatMul':
      emitProduct(graph, node);
      return true;
    default:
      return emitFunction(graph, node);
  }
}

const outputOf = (node: Node): ValueName => node.outputs[0] as ValueName; // every operator has an output

/** alpha * (a b) + bias */
function emitProduct(graph: QdqGraph, node: Node): void {
  const [a, b, bias] = node.inputs;
  const alpha = floatAttr(node, 'alpha', 1);
  const y = outputOf(node);
  const more = (alpha === 1 ? 0 : 1) + (bias === undefined ? 0 : 1);
  const product = more === 0 ? y : graph.name(`${y}_product`);
  graph.emit('MatMul', [a, b], [product], {}, { ...node, domain: '' });
  if (alpha !== 1) {
    const factor = graph.float(`${y}_alpha`, alpha);
    if (bias === undefined) graph.emit('Mul', [product, factor], [y]);
    else graph.emit('Add', [graph.apply('Mul', [product, factor], `${y}_scaled`), bias], [y]);
  } else if (bias !== undefined) graph.emit('Add', [product, bias], [y]);
}

function emitSoftmax(graph: QdqGraph, node: Node): void {
  const [x, mask] = node.inputs;
  const like = { ...node, domain: '' };
  const axis = { axis: { type: 'int', value: intAttr(node, 'axis', -1) } } as const;
  const y = outputOf(node);
  if (mask === undefined) {
    graph.emit('Softmax', [x], [y], axis, like);
    return;
  }
  const { scores, factor } = masked(graph, node, x, mask);
  const softmax = graph.name(`${y}_softmax`);
  graph.emit('Softmax', [scores], [softmax], axis, like);
  graph.emit('Mul', [softmax, factor], [y]);
}

/** Scores that are far below the others where they are masked, and the factor 0 there. */
function masked(graph: QdqGraph, node: Node, x: ValueName | undefined, mask: ValueName): { scores: ValueName; factor: ValueName } {
  const y = outputOf(node);
  const to = (dtype: 'bool' | 'float32') => ({ to: { type: 'int', value: codeOf(dtype) } }) as const;
  const truth = graph.apply('Cast', [mask], `${y}_mask`, to('bool'));
  let keep = intAttr(node, 'keep', 0) === 1 ? truth : graph.apply('Not', [truth], `${y}_keep`);
  const [, , out, kept] = node.inputs;
  if (kept !== undefined) keep = graph.apply('Or', [keep, graph.apply('Cast', [kept], `${y}_kept`, to('bool'))], `${y}_keep`);
  if (out !== undefined) {
    const inside = graph.apply('Not', [graph.apply('Cast', [out], `${y}_out`, to('bool'))], `${y}_inside`);
    keep = graph.apply('And', [keep, inside], `${y}_keep`);
  }
  return {
    scores: graph.apply('Where', [keep, x, graph.float(`${y}_lowest`, LOWEST)], `${y}_scores`),
    factor: graph.apply('Cast', [keep], `${y}_factor`, to('float32')),
  };
}

/**
 * Both ends of a deferred division (MatMulOp in ir/integer-model.ts): a softmax gives exp(x - max(x)), the product divides
 * by the sum of its left row.
 */
export function emitDeferred(graph: QdqGraph, node: Node, opset: number): void {
  const [x, second] = node.inputs;
  const y = outputOf(node);
  const keepdims = { keepdims: { type: 'int', value: 1 } } as const;
  if (node.op === 'Softmax') {
    const own = second === undefined ? undefined : masked(graph, node, x, second);
    const scores = own?.scores ?? x;
    // one of each row has the exponential 1, and what is masked 0
    const top =
      opset >= 18
        ? graph.apply('ReduceMax', [scores, graph.ints(`${y}_axis`, [-1])], `${y}_top`, keepdims)
        : graph.apply('ReduceMax', [scores], `${y}_top`, { axes: { type: 'ints', value: [-1] }, ...keepdims });
    const below = graph.apply('Sub', [scores, top], `${y}_below`);
    if (own === undefined) graph.emit('Exp', [below], [y], {}, { ...node, domain: '' });
    else graph.emit('Mul', [graph.apply('Exp', [below], `${y}_exp`), own.factor], [y]);
    return;
  }
  const product = graph.name(`${y}_undivided`);
  emitProduct(graph, { ...node, outputs: [product] });
  const sum = graph.apply('ReduceSum', [x, graph.ints(`${y}_axis`, [-1])], `${y}_sum`, keepdims);
  // a row that is masked altogether has the sum 0
  graph.emit('Div', [product, graph.apply('Max', [sum, graph.float(`${y}_least`, 0.5)], `${y}_divisor`)], [y]);
}

/** (x - mean) / sqrt(mean square + epsilon) * scale + bias */
function emitNorm(graph: QdqGraph, node: Node, rank: number, opset: number): void {
  const [x, scale, bias] = node.inputs;
  const y = outputOf(node);
  const named = intAttr(node, 'axis', -1);
  const axes = Array.from({ length: rank }, (_, i) => i).slice(named < 0 ? named + rank : named);
  const mean = (of: ValueName | undefined, label: string): ValueName =>
    opset >= 18
      ? graph.apply('ReduceMean', [of, graph.ints(`${y}_axes`, axes)], `${y}_${label}`)
      : graph.apply('ReduceMean', [of], `${y}_${label}`, { axes: { type: 'ints', value: axes } });
  const centred = node.op === 'RMSNormalization' ? x : graph.apply('Sub', [x, mean(x, 'mean')], `${y}_centred`);
  const square = mean(graph.apply('Mul', [centred, centred], `${y}_square`), 'variance');
  const raised = graph.apply('Add', [square, graph.float(`${y}_epsilon`, floatAttr(node, 'epsilon', 1e-5))], `${y}_raised`);
  const whole = graph.apply('Div', [centred, graph.apply('Sqrt', [raised], `${y}_deviation`)], `${y}_normalized`);
  if (scale === undefined || bias === undefined) {
    graph.emit(scale === undefined ? 'Identity' : 'Mul', scale === undefined ? [whole] : [whole, scale], [y]);
    return;
  }
  graph.emit('Add', [graph.apply('Mul', [whole, scale], `${y}_scaled`), bias], [y]);
}
