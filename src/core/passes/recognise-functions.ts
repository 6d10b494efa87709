/**
 * Activation functions in their parts: GELU (erf and tanh form), SiLU and Swish, HardSigmoid, HardSwish, Mish. Each is a
 * polynomial in x and one inner function of a polynomial in x (polynomial.ts), so the order of factors, where the numbers
 * are multiplied in and which of Mul and Div does it make no difference. ONNX Runtime's FastGelu and QuickGelu are among
 * them by another name.
 * Law: equal up to TOLERANCE in each coefficient, as exporters round them (1.4142, 0.79788) and half floats hold them.
 */
import type { AttrValue, Model, Node, ValueName } from '../ir/model';
import { sameShape } from '../ir/tensor';
import { floatAttr } from '../ops/family';
import { clampOf, composed, type Clamp } from './fuse-activation';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { outputName } from './graph-facts';
import { Matcher, orders } from './matcher';
import type { Pass } from './pass';
import { arithmetic, polynomialOf, type Polynomial } from './polynomial';
import { Rewriting } from './rewriting';

export const recogniseFunctions: Pass = { name: 'recognise-functions', run: recognised };

const TOLERANCE = 5e-4;
/** Most operators between the inner function and the result, and between x and the inner function. */
const REACH = 5;

interface Activation {
  readonly op: string;
  readonly domain: string;
  readonly attrs: Node['attrs'];
}

/** An inner function e of the value `of`. */
interface Inner {
  readonly e: ValueName;
  readonly of: ValueName;
  readonly nodes: readonly Node[];
  /** What it is with this argument (a polynomial in x); the result is then `outer`, a polynomial in x and e. */
  match(argument: Coefficients): readonly Candidate[];
}

interface Candidate {
  readonly outer: Coefficients;
  readonly activation: Activation;
}

type Coefficients = Readonly<Record<string, number>>;

const own = (op: string, attrs: Node['attrs'] = {}): Activation => ({ op, domain: OWN_DOMAIN, attrs });
const float = (value: number): AttrValue => ({ type: 'float', value });
const TANH: Activation = own('Gelu', { approximate: { type: 'string', value: 'tanh' } });
const SIGMOID_SCALE = 2 * Math.sqrt(2 / Math.PI);

function recognised(model: Model): Model {
  const m = new Matcher(model.graph);
  const rewriting = new Rewriting(model);
  for (const node of model.graph.nodes) {
    const renamed = node.domain === 'com.microsoft' && node.inputs.length === 1 ? renamedFunction(node) : undefined;
    if (renamed) rewriting.replace(node, { ...renamed, inputs: node.inputs, parts: [] });
    for (const inner of innersOf(node, m)) {
      const found = resultOf(inner, m);
      if (!found) continue;
      const { last, x, activation, nodes } = found;
      rewriting.replace(last, { ...activation, inputs: [x], parts: [...nodes, ...inner.nodes] });
      break;
    }
  }
  return rewriting.done();
}

function renamedFunction({ op, attrs }: Node): Activation | undefined {
  return op === 'FastGelu' ? TANH : op === 'QuickGelu' ? own('Swish', { alpha: attrs['alpha'] ?? float(1.702) }) : undefined;
}

interface Result {
  readonly last: Node;
  readonly x: ValueName;
  readonly activation: Activation;
  readonly nodes: readonly Node[];
}

function resultOf(inner: Inner, m: Matcher): Result | undefined {
  for (const x of argumentsOf(inner.of, m)) {
    const argument = polynomialOf(m, inner.of, [x]);
    const candidates = argument ? inner.match(Object.fromEntries(argument.terms)) : [];
    if (!argument || candidates.length === 0) continue;
    for (const last of readersOf(inner.e, m)) {
      if (!sameShape(m.shape(x) ?? [], m.shape(outputName(last)) ?? [])) continue;
      const outer = polynomialOf(m, outputName(last), [x, inner.e]);
      const found = outer && candidates.find((c) => isNear(outer, c.outer));
      if (outer && found) return { last, x, activation: found.activation, nodes: [...argument.nodes, ...outer.nodes] };
    }
    // the inner function may be the whole
    const made = m.index.producers.get(inner.e);
    const whole = candidates.find((c) => isNear({ terms: new Map([['0,1', 1]]), nodes: new Set() }, c.outer));
    if (whole && made) return { last: made, x, activation: whole.activation, nodes: [...argument.nodes] };
  }
  return undefined;
}

/** The value and what it is computed from by arithmetic, nearest first. */
function argumentsOf(start: ValueName, m: Matcher): readonly ValueName[] {
  const found = new Set<ValueName>([start]);
  let edge: readonly ValueName[] = [start];
  for (let i = 0; i < REACH && edge.length > 0; i++) {
    edge = edge
      .flatMap((name) => m.producer(name, ...arithmetic)?.inputs ?? [])
      .filter((n) => n !== undefined && !found.has(n) && !m.facts.constant(n)) as ValueName[]; // none is undefined
    for (const name of edge) found.add(name);
  }
  return [...found];
}

/** Nodes that compute something with the value by arithmetic, farthest first. */
function readersOf(start: ValueName, m: Matcher): readonly Node[] {
  const found = new Set<Node>();
  let edge: readonly ValueName[] = [start];
  for (let i = 0; i < REACH && edge.length > 0; i++) {
    const nodes = edge
      .flatMap((name) => m.index.readers.get(name) ?? [])
      .filter((n) => n.domain === '' && !found.has(n) && arithmetic.includes(n.op));
    for (const n of nodes) found.add(n);
    edge = nodes.map(outputName);
  }
  return [...found].reverse();
}

function isNear(p: Polynomial, expected: Coefficients): boolean {
  const largest = Math.max(...Object.values(expected).map(Math.abs));
  return [...p.terms.keys(), ...Object.keys(expected)].every((key) => {
    const [got, wanted] = [p.terms.get(key) ?? 0, expected[key] ?? 0];
    return Math.abs(got - wanted) <= TOLERANCE * (wanted === 0 ? largest : Math.abs(wanted));
  });
}

const near = (argument: Coefficients, expected: Coefficients): boolean =>
  isNear({ terms: new Map(Object.entries(argument)), nodes: new Set() }, expected);

/** y = (x + sign*x*e) / 2 */
const half = (sign: number): Coefficients => ({ '1,0': 0.5, '1,1': 0.5 * sign });
const gated: Coefficients = { '1,1': 1 };

function innersOf(node: Node, m: Matcher): readonly Inner[] {
  if (node.domain !== '' || node.clamp) return [];
  const e = outputName(node);
  const of = node.inputs[0];
  if (of === undefined || m.facts.typed(e)?.dtype !== 'float32') return [];
  const plain = { e, of, nodes: [node] };
  switch (node.op) {
    case 'Erf':
      // erf is odd: erfc(-x) has the sign outside
      return [
        {
          ...plain,
          match: (a) => [1, -1].filter((s) => near(a, { '1': s * Math.SQRT1_2 })).map((s) => ({ outer: half(s), activation: own('Gelu') })),
        },
      ];
    case 'Tanh': {
      const cubic = (scale: number): Coefficients => ({ '1': scale, '3': 0.044715 * scale });
      const gelu: Inner = {
        ...plain,
        match: (a) => (near(a, cubic(SIGMOID_SCALE / 2)) ? [{ outer: half(1), activation: TANH }] : []),
      };
      const softplus = softplusOf(of, m);
      const mish: Inner | undefined = softplus && {
        e,
        of: softplus.x,
        nodes: [node, ...softplus.nodes],
        match: (a) => (near(a, { '1': 1 }) ? [{ outer: gated, activation: own('Mish') }] : []),
      };
      return mish ? [gelu, mish] : [gelu];
    }
    case 'Sigmoid':
      return [{ ...plain, match: sigmoidGate }];
    case 'HardSigmoid': {
      const [alpha, beta] = [floatAttr(node, 'alpha', 0.2), floatAttr(node, 'beta', 0.5)];
      const isSixth = Math.abs(alpha - 1 / 6) < TOLERANCE && Math.abs(beta - 0.5) < TOLERANCE;
      return isSixth ? [{ ...plain, match: (a) => (near(a, { '1': 1 }) ? [{ outer: gated, activation: own('HardSwish') }] : []) }] : [];
    }
    default: {
      const clamp = clampChain(node, m);
      return clamp && clamp.lo === 0 && clamp.hi > 0 && Number.isFinite(clamp.hi)
        ? [{ e, of: clamp.x, nodes: clamp.nodes, match: (a) => clampGate(a, clamp.hi) }]
        : [];
    }
  }
}

/** x * sigmoid(x), x * sigmoid(alpha * x); GELU's tanh form, for (1 + tanh(u)) / 2 = sigmoid(2u). */
function sigmoidGate(a: Coefficients): readonly Candidate[] {
  if (near(a, { '1': SIGMOID_SCALE, '3': 0.044715 * SIGMOID_SCALE })) return [{ outer: gated, activation: TANH }];
  const alpha = a['1'];
  if (alpha === undefined || !near(a, { '1': alpha }) || alpha === 0) return [];
  return [{ outer: gated, activation: alpha === 1 ? own('Silu') : own('Swish', { alpha: float(alpha) }) }];
}

/** clip(a*x + b, 0, h) / h is HardSigmoid with a/h and b/h; multiplied by x it is HardSwish where that is x/6 + 1/2. */
function clampGate(a: Coefficients, h: number): readonly Candidate[] {
  const line = (slope: number): boolean => near(a, { '1': slope * h, '0': 0.5 * h });
  const sigmoid = (slope: number): Candidate => ({
    outer: { '0,1': 1 / h },
    activation: { op: 'HardSigmoid', domain: '', attrs: { alpha: float(slope), beta: float(0.5) } },
  });
  if (line(1 / 6)) return [{ outer: { '1,1': 1 / h }, activation: own('HardSwish') }, sigmoid(1 / 6)];
  return line(0.2) ? [sigmoid(0.2)] : [];
}

/** Clip, Relu, Max and Min with one number, and two of them in a row; `nodes` from the last to the first. */
function clampChain(node: Node, m: Matcher): (Clamp & { x: ValueName; nodes: readonly Node[] }) | undefined {
  const last = clampOf(node, m.facts);
  if (!last) return undefined;
  const before = m.index.producers.get(last.x);
  const first = before && clampOf(before, m.facts);
  if (!before || !first) return { ...last.clamp, x: last.x, nodes: [node] };
  return { ...composed(first.clamp, last.clamp), x: first.x, nodes: [node, before] };
}

/** Softplus, or log(1 + exp(x)). */
function softplusOf(name: ValueName, m: Matcher): { x: ValueName; nodes: readonly Node[] } | undefined {
  const node = m.producer(name, 'Softplus', 'Log');
  const inside = node?.inputs[0];
  if (!node || inside === undefined) return undefined;
  if (node.op === 'Softplus') return { x: inside, nodes: [node] };
  const sum = m.producer(inside, 'Add');
  for (const [e, one] of sum ? orders(sum) : []) {
    const exp = m.producer(e, 'Exp');
    const x = exp?.inputs[0];
    if (sum && exp && x !== undefined && m.scalar(one) === 1) return { x, nodes: [node, sum, exp] };
  }
  return undefined;
}
