/**
 * A value as a polynomial in a few others, by the sums, products and small powers that it is computed with: the way to
 * know a formula in any order of its factors and terms. Not an algebra system: quotients by one number only, degree 4.
 */
import type { Node, ValueName } from '../ir/model';
import type { Matcher } from './matcher';

/** Exponents of the variables, joined by commas -> coefficient. */
export interface Polynomial {
  readonly terms: ReadonlyMap<string, number>;
  /** The nodes that compute it. */
  readonly nodes: ReadonlySet<Node>;
}

/** The operators that it is made of. */
export const arithmetic: readonly string[] = ['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Pow'];

const MOST_DEGREE = 4;
const DEPTH = 10;

/** undefined: the value is computed with more than these variables, numbers and operators. */
export function polynomialOf(
  m: Matcher,
  name: ValueName | undefined,
  variables: readonly ValueName[],
  depth = DEPTH,
): Polynomial | undefined {
  if (name === undefined) return undefined;
  const at = variables.indexOf(name);
  if (at >= 0) return { terms: new Map([[variables.map((_, i) => (i === at ? 1 : 0)).join(), 1]]), nodes: new Set() };
  const constant = m.scalar(name);
  if (constant !== undefined) return { terms: new Map([[variables.map(() => 0).join(), constant]]), nodes: new Set() };
  const node = m.producer(name, ...arithmetic);
  if (!node || depth === 0) return undefined;
  const [first, second] = node.inputs;
  const a = polynomialOf(m, first, variables, depth - 1);
  if (!a) return undefined;
  const terms = node.op === 'Neg' ? scaled(a.terms, -1) : node.op === 'Pow' ? power(a.terms, m.scalar(second)) : undefined;
  if (terms) return { terms, nodes: new Set([...a.nodes, node]) };
  const b = node.op === 'Pow' ? undefined : polynomialOf(m, second, variables, depth - 1);
  const joined = b && combined(node.op, a.terms, b.terms);
  return b && joined && { terms: joined, nodes: new Set([...a.nodes, ...b.nodes, node]) };
}

type Terms = Polynomial['terms'];

function combined(op: string, a: Terms, b: Terms): Terms | undefined {
  switch (op) {
    case 'Add':
      return sum(a, b);
    case 'Sub':
      return sum(a, scaled(b, -1));
    case 'Mul':
      return product(a, b);
    case 'Div': {
      const divisor = b.size === 1 ? [...b][0] : undefined;
      const isNumber = divisor?.[0].split(',').every((e) => e === '0') === true;
      return isNumber && divisor && divisor[1] !== 0 ? scaled(a, 1 / divisor[1]) : undefined;
    }
    default:
      return undefined;
  }
}

function sum(a: Terms, b: Terms): Terms {
  const terms = new Map(a);
  for (const [key, c] of b) terms.set(key, (terms.get(key) ?? 0) + c);
  return terms;
}

function scaled(a: Terms, factor: number): Terms {
  return new Map([...a].map(([key, c]) => [key, c * factor]));
}

function product(a: Terms, b: Terms): Terms | undefined {
  const terms = new Map<string, number>();
  for (const [p, c] of a) {
    for (const [q, d] of b) {
      const [x, y] = [p.split(',').map(Number), q.split(',').map(Number)];
      const exponents = x.map((e, i) => e + (y[i] as number)); // the same variables
      if (exponents.reduce((s, e) => s + e, 0) > MOST_DEGREE) return undefined;
      const key = exponents.join();
      terms.set(key, (terms.get(key) ?? 0) + c * d);
    }
  }
  return terms;
}

function power(a: Terms, exponent: number | undefined): Terms | undefined {
  if (exponent !== 1 && exponent !== 2 && exponent !== 3) return undefined;
  let terms: Terms | undefined = a;
  for (let i = 1; i < exponent && terms; i++) terms = product(terms, a);
  return terms;
}
