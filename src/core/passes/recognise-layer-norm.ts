/**
 * Layer normalization and RMS normalization in their parts, as exporters write them below operator set 17 and as others
 * always do: (x - mean) / sqrt(mean of squares + epsilon), the root as Sqrt or a power, the quotient as Div or a product
 * with the reciprocal, scale and bias behind it or multiplied in early (x*g + (beta - mean*g), after tf.nn).
 * Only over trailing axes (others: channel-norms.ts) and with an epsilon under the root. Law: equal but for the rounding of float32.
 */
import type { Graph, Model, Node, ValueName } from '../ir/model';
import { sizeOf, type Tensor } from '../ir/tensor';
import { floatsOf, isFloatType } from './constants';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { outputName } from './graph-facts';
import { Matcher, orders } from './matcher';
import type { Pass } from './pass';
import { Rewriting } from './rewriting';

export const recogniseLayerNorm: Pass = { name: 'recognise-layer-norm', run: recognised };

/** A value and the nodes that it was found through. */
interface Found {
  readonly nodes: readonly Node[];
}

interface Mean extends Found {
  readonly x: ValueName;
  readonly axes: readonly number[];
}

/** `base` squared and averaged; `of` is what base is the deviation of, if it is one. */
interface Variance extends Mean {
  readonly base: ValueName | undefined;
}

/** 1/sqrt(variance + epsilon), or the root alone. */
interface Root extends Found {
  readonly variance: Variance;
  readonly epsilon: number;
}

export interface Norm extends Found {
  readonly x: ValueName;
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly rms: boolean;
  readonly gamma: ValueName | undefined;
  readonly beta: ValueName | undefined;
}

function recognised(model: Model): Model {
  const matcher = new NormMatcher(model.graph);
  const rewriting = new Rewriting(model);
  for (const node of model.graph.nodes) {
    const norm = node.domain === '' ? matcher.norm(node) : undefined;
    if (!norm) continue;
    const rank = matcher.shape(norm.x)?.length ?? 0;
    const inner = matcher.innerShape(norm);
    const operand = (name: ValueName): ValueName => {
      const t = matcher.facts.constant(name) as Tensor; // scale and bias are constants: asked when they were found
      const shape = t.shape.slice(Math.max(0, t.shape.length - inner.length));
      return sizeOf(shape) === sizeOf(inner) && shape.length === t.shape.length
        ? name
        : rewriting.constant(`${outputName(node)}.${name === norm.gamma ? 'scale' : 'bias'}`, spread(t, inner));
    };
    const ones = (): ValueName =>
      rewriting.constant(`${outputName(node)}.scale`, { dtype: 'float32', shape: inner, data: new Float32Array(sizeOf(inner)).fill(1) });
    const scale = norm.gamma === undefined ? ones() : operand(norm.gamma);
    rewriting.replace(node, {
      op: norm.rms ? 'RMSNormalization' : 'LayerNormalization',
      domain: OWN_DOMAIN,
      inputs: [norm.x, scale, ...(norm.beta === undefined ? [] : [operand(norm.beta)])],
      attrs: { axis: { type: 'int', value: (norm.axes[0] ?? 0) - rank }, epsilon: { type: 'float', value: norm.epsilon } },
      parts: norm.nodes,
    });
  }
  return rewriting.done();
}

/** A scale or bias as one number per normalized element. */
function spread(t: Tensor, inner: readonly number[]): Tensor {
  const size = sizeOf(inner);
  const from = floatsOf(t) ?? new Float32Array();
  // trailing axes repeat, one number is for all
  return { dtype: 'float32', shape: inner, data: Float32Array.from({ length: size }, (_, i) => from[i % from.length] as number) };
}

export class NormMatcher extends Matcher {
  /** `last`: over the last axes; `inner`: over others that lie side by side. */
  constructor(
    graph: Graph,
    private readonly place: 'last' | 'inner' = 'last',
  ) {
    super(graph);
  }

  innerShape({ x, axes }: Pick<Norm, 'x' | 'axes'>): readonly number[] {
    return (this.shape(x) ?? []).slice(axes[0]);
  }

  norm(last: Node): Norm | undefined {
    const found = this.withBias(last) ?? this.withScale(last) ?? this.unrolled(last);
    if (!found) return undefined;
    const [x, y] = [this.shape(found.x), this.shape(outputName(last))];
    return x && y && x.join() === y.join() && this.isTrailing(found) ? found : undefined;
  }

  private withBias(last: Node): Norm | undefined {
    if (last.op !== 'Add') return undefined;
    for (const [a, c] of orders(last)) {
      const inside = this.index.producers.get(a);
      const scaled = inside && inside.domain === '' ? this.withScale(inside) : undefined;
      if (scaled && !scaled.rms && this.isParameter(c, scaled))
        return { ...scaled, beta: c, nodes: [...scaled.nodes, inside as Node, last] };
    }
    return undefined;
  }

  private withScale(last: Node): Norm | undefined {
    const plain = this.quotient(last);
    if (plain || last.op !== 'Mul') return plain;
    for (const [a, c] of orders(last)) {
      const inside = this.index.producers.get(a);
      const core = inside && inside.domain === '' ? this.quotient(inside) : undefined;
      if (core && core.gamma === undefined && this.isParameter(c, core)) {
        return { ...core, gamma: c, nodes: [...core.nodes, inside as Node, last] };
      }
    }
    return undefined;
  }

  /** x - mean, or x alone, over the root; the reciprocal root may have the scale in it. */
  private quotient(last: Node): Norm | undefined {
    if (last.op === 'Div') {
      const [d, root] = last.inputs;
      return this.joined(d, this.root(root), undefined, [last]);
    }
    if (last.op !== 'Mul') return undefined;
    for (const [d, r] of orders(last)) {
      const inverse = this.scaledInverse(r);
      const norm = inverse && this.joined(d, inverse, inverse.gamma, [last]);
      if (norm) return norm;
    }
    return undefined;
  }

  private joined(d: ValueName | undefined, root: Root | undefined, gamma: ValueName | undefined, nodes: readonly Node[]): Norm | undefined {
    if (d === undefined || !root) return undefined;
    const { variance, epsilon } = root;
    const deviation = this.deviation(d);
    const common = { axes: variance.axes, epsilon, gamma, beta: undefined };
    if (deviation && this.same(deviation.x, variance.x) && deviation.axes.join() === variance.axes.join()) {
      const norm = { ...common, x: deviation.x, rms: false, nodes: [...deviation.nodes, ...root.nodes, ...nodes] };
      return gamma === undefined || this.isParameter(gamma, norm) ? norm : undefined;
    }
    if (variance.base === undefined || !this.same(d, variance.base)) return undefined;
    const norm = { ...common, x: d, rms: true, nodes: [...root.nodes, ...nodes] };
    return gamma === undefined || this.isParameter(gamma, norm) ? norm : undefined;
  }

  /** x*g + (beta - mean*g), or x*g - mean*g, where g is the reciprocal root, with the scale or without. */
  private unrolled(last: Node): Norm | undefined {
    const pairs = last.op === 'Add' ? orders(last) : last.op === 'Sub' ? orders(last).slice(0, 1) : [];
    for (const [product, shift] of pairs) {
      const before = this.producer(product, 'Mul');
      const difference = last.op === 'Add' ? this.producer(shift, 'Sub') : undefined;
      const beta = difference?.inputs[0];
      const level = this.producer(difference ? difference.inputs[1] : shift, 'Mul');
      if (!before || !level || (last.op === 'Add' && beta === undefined)) continue;
      for (const [x, g] of orders(before)) {
        const inverse = this.scaledInverse(g);
        if (!inverse) continue;
        for (const [m, h] of orders(level)) {
          const mean = this.same(g, h) ? this.mean(m) : undefined;
          if (!mean || !this.same(mean.x, x) || mean.axes.join() !== inverse.variance.axes.join() || !this.same(inverse.variance.x, x))
            continue;
          if (inverse.variance.base !== undefined && !this.deviation(inverse.variance.base)) continue;
          const { epsilon, gamma, variance } = inverse;
          const nodes = [...mean.nodes, ...inverse.nodes, before, level, ...(difference ? [difference] : []), last];
          const norm: Norm = { x, axes: variance.axes, epsilon, rms: false, gamma, beta, nodes };
          if ([gamma, beta].every((c) => c === undefined || this.isParameter(c, norm))) return norm;
        }
      }
    }
    return undefined;
  }

  private scaledInverse(name: ValueName): (Root & { readonly gamma: ValueName | undefined }) | undefined {
    const plain = this.inverse(name);
    if (plain) return { ...plain, gamma: undefined };
    const product = this.producer(name, 'Mul');
    for (const [r, c] of product ? orders(product) : []) {
      const inverse = this.isFloatConstant(c) ? this.inverse(r) : undefined;
      if (inverse && product) return { ...inverse, gamma: c, nodes: [...inverse.nodes, product] };
    }
    return undefined;
  }

  /** 1 / root, or the power -1/2. */
  private inverse(name: ValueName): Root | undefined {
    const node = this.producer(name, 'Reciprocal', 'Div', 'Pow');
    if (!node) return undefined;
    const [a, b] = node.inputs;
    const root =
      node.op === 'Reciprocal'
        ? this.root(a)
        : node.op === 'Div'
          ? this.scalar(a) === 1
            ? this.root(b)
            : undefined
          : this.scalar(b) === -0.5
            ? this.raised(a)
            : undefined;
    return root && { ...root, nodes: [...root.nodes, node] };
  }

  private root(name: ValueName | undefined): Root | undefined {
    const node = this.producer(name, 'Sqrt', 'Pow');
    const raised = node && (node.op === 'Sqrt' || this.scalar(node.inputs[1]) === 0.5) ? this.raised(node.inputs[0]) : undefined;
    return node && raised && { ...raised, nodes: [...raised.nodes, node] };
  }

  /** variance + epsilon */
  private raised(name: ValueName | undefined): Root | undefined {
    const node = this.producer(name, 'Add');
    for (const [v, e] of node ? orders(node) : []) {
      const epsilon = this.scalar(e);
      const variance = epsilon !== undefined && epsilon > 0 ? this.variance(v) : undefined;
      if (node && variance && epsilon !== undefined) return { variance, epsilon, nodes: [...variance.nodes, node] };
    }
    return undefined;
  }

  /** The mean of a deviation's squares, of any value's squares, or the mean of squares less the square of the mean. */
  private variance(name: ValueName): Variance | undefined {
    const difference = this.producer(name, 'Sub');
    if (difference) {
      const [squares, square] = [this.meanSquare(difference.inputs[0]), this.square(difference.inputs[1])];
      const mean = square && this.mean(square.x);
      if (!squares || !mean || !this.same(squares.x, mean.x) || squares.axes.join() !== mean.axes.join()) return undefined;
      return { ...mean, base: undefined, nodes: [...squares.nodes, ...square.nodes, ...mean.nodes, difference] };
    }
    const squares = this.meanSquare(name);
    if (!squares) return undefined;
    const deviation = this.deviation(squares.x);
    return { x: deviation?.x ?? squares.x, base: squares.x, axes: squares.axes, nodes: [...squares.nodes, ...(deviation?.nodes ?? [])] };
  }

  private meanSquare(name: ValueName | undefined): Mean | undefined {
    const mean = this.mean(name);
    const square = mean && this.square(mean.x);
    return square && { x: square.x, axes: mean.axes, nodes: [...mean.nodes, ...square.nodes] };
  }

  private square(name: ValueName | undefined): (Found & { readonly x: ValueName }) | undefined {
    const node = this.producer(name, 'Pow', 'Mul');
    const [a, b] = node?.inputs ?? [];
    if (!node || a === undefined) return undefined;
    return (node.op === 'Pow' ? this.scalar(b) === 2 : this.same(a, b)) ? { x: a, nodes: [node] } : undefined;
  }

  /** x - mean(x) */
  private deviation(name: ValueName): Mean | undefined {
    const node = this.producer(name, 'Sub');
    const [x, m] = node?.inputs ?? [];
    const mean = this.mean(m);
    return node && x !== undefined && mean && this.same(x, mean.x) ? { x, axes: mean.axes, nodes: [...mean.nodes, node] } : undefined;
  }

  /** ReduceMean, or ReduceSum over the number of elements; the axes stay, with extent 1. */
  private mean(name: ValueName | undefined): Mean | undefined {
    const direct = this.reduction(name, 'ReduceMean');
    const made = name === undefined ? undefined : this.index.producers.get(name);
    if (direct && made) return direct.keepsRank ? { x: direct.x, axes: direct.axes, nodes: [made] } : undefined;
    const scaled = this.producer(name, 'Mul', 'Div');
    for (const [s, c] of scaled ? (scaled.op === 'Mul' ? orders(scaled) : orders(scaled).slice(0, 1)) : []) {
      const sum = this.reduction(s, 'ReduceSum');
      const [factor, summed] = [this.scalar(c), this.index.producers.get(s)];
      if (!sum?.keepsRank || !scaled || !summed || factor === undefined) continue;
      const count = scaled.op === 'Mul' ? 1 / factor : factor;
      if (Math.abs(count - this.extent(sum)) < 1e-3) return { x: sum.x, axes: sum.axes, nodes: [summed, scaled] };
    }
    return undefined;
  }

  /** One number, or one per normalized element and none per other one. */
  private isInnerParameter(own: readonly number[], { x, axes }: Pick<Norm, 'x' | 'axes'>): boolean {
    const shape = this.shape(x) ?? [];
    if (sizeOf(own) === 1) return own.length <= shape.length;
    const lead = shape.length - own.length;
    return lead >= 0 && lead <= (axes[0] ?? 0) && own.every((d, i) => d === (axes.includes(i + lead) ? shape[i + lead] : 1));
  }

  private isTrailing({ x, axes }: Pick<Norm, 'x' | 'axes'>): boolean {
    const rank = this.shape(x)?.length ?? 0;
    const isRun = axes.length > 0 && axes.every((a, i) => a === (axes[0] as number) + i);
    return isRun && (axes.at(-1) === rank - 1) === (this.place === 'last');
  }

  /** A constant with one number per normalized element, or one that repeats along them. */
  private isParameter(name: ValueName, norm: Pick<Norm, 'x' | 'axes'>): boolean {
    const constant = this.facts.constant(name);
    if (!constant || !isFloatType(constant.dtype)) return false;
    if (this.place === 'inner') return this.isInnerParameter(constant.shape, norm);
    const inner = this.innerShape(norm);
    const lead = Math.max(0, constant.shape.length - inner.length);
    const own = constant.shape.slice(lead);
    if (constant.shape.length > (this.shape(norm.x)?.length ?? 0) || constant.shape.slice(0, lead).some((d) => d !== 1)) return false;
    return sizeOf(own) === 1 || own.every((d, i) => d === inner[inner.length - own.length + i]);
  }
}
