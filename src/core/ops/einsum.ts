/**
 * Einsum (ONNX 12): sums of products after numpy.einsum, any number of operands, diagonals and ellipses included.
 * The sum runs over all letters that the result does not name, in float64.
 */
import type { Node } from '../ir/model';
import { sizeOf, stridesOf, type Tensor } from '../ir/tensor';
import { stringAttr, type OpFamily, type TypedShape } from './family';
import { badAttribute, badShape, inputAt, tensorAt } from './readers';
import { fromNumbers, numbersOf } from './storage';

export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
  readonly extents: ReadonlyMap<string, number>;
}

/** Axes of `...` are named `.0`, `.1`, ... from the right end of the longest ellipsis, so that they line up as in broadcasting. */
function letters(term: string, rank: number, ellipsis: number): string[] {
  const [before = '', after] = term.split('...');
  const named = (s: string): string[] => [...s];
  if (after === undefined) return named(before);
  const dots = rank - before.length - after.length;
  return [...named(before), ...Array.from({ length: dots }, (_, i) => `.${ellipsis - dots + i}`), ...named(after)];
}

export function parseEinsum(node: Node, shapes: readonly (readonly number[])[]): Equation {
  const text = stringAttr(node, 'equation', '').replaceAll(/\s/g, '');
  if (!/^[A-Za-z.,]*(->[A-Za-z.]*)?$/.test(text)) throw badAttribute(node, 'an equation of letters', text);
  const [left = '', right] = text.split('->');
  const terms = left.split(',');
  if (terms.length !== shapes.length) throw badShape(node, `${terms.length} operands`, `${shapes.length}`);
  const dots = terms.map((t, i) => (t.includes('...') ? (shapes[i] as readonly number[]).length - t.replace('...', '').length : 0));
  const ellipsis = Math.max(0, ...dots);
  const extents = new Map<string, number>();
  const operands = terms.map((term, i) => {
    const shape = shapes[i] as readonly number[];
    const named = letters(term, shape.length, ellipsis);
    if (named.length !== shape.length) throw badShape(node, `an operand of rank ${named.length} for ${term}`, shape);
    named.forEach((letter, a) => {
      const [known, d] = [extents.get(letter) ?? 1, shape[a] as number];
      if (known !== 1 && d !== 1 && known !== d) throw badShape(node, `extent ${known} for ${letter}`, shape);
      extents.set(letter, d === 1 ? known : d);
    });
    return named;
  });
  const all = operands.flat();
  const once = [...new Set(all)].filter((l) => !l.startsWith('.') && all.indexOf(l) === all.lastIndexOf(l)).sort();
  const spread = Array.from({ length: ellipsis }, (_, i) => `.${i}`);
  const result = right === undefined ? [...spread, ...once] : letters(right, right.replace('...', '').length + ellipsis, ellipsis);
  const unknown = result.find((l) => !extents.has(l));
  if (unknown !== undefined) throw badAttribute(node, 'a result of letters of the operands', text);
  return { operands, result, extents };
}

const extentOf = (e: Equation, letter: string): number => e.extents.get(letter) as number; // parse saw every letter

function evaluate(node: Node, inputs: readonly Tensor[]): Tensor {
  const e = parseEinsum(
    node,
    inputs.map((t) => t.shape),
  );
  const summed = [...e.extents.keys()].filter((l) => !e.result.includes(l));
  const order = [...e.result, ...summed];
  const extents = order.map((l) => extentOf(e, l));
  // how far each operand moves per step of each letter; a repeated letter walks a diagonal
  const steps = inputs.map((t, i) => {
    const strides = stridesOf(t.shape);
    return order.map((l) =>
      (e.operands[i] ?? []).reduce((sum, name, a) => sum + (name === l && t.shape[a] !== 1 ? (strides[a] as number) : 0), 0),
    );
  });
  const data = inputs.map(numbersOf);
  const shape = extents.slice(0, e.result.length);
  const out = new Float64Array(sizeOf(shape));
  const run = sizeOf(extents.slice(e.result.length));
  const at = new Array<number>(inputs.length).fill(0);
  const index = new Array<number>(order.length).fill(0);
  for (let o = 0; o < out.length; o++) {
    let sum = 0;
    for (let r = 0; r < run; r++) {
      let product = 1;
      for (let i = 0; i < data.length; i++) product *= data[i]?.[at[i] as number] as number;
      sum += product;
      // the next index tuple, the last letter fastest
      for (let l = order.length - 1; l >= 0; l--) {
        index[l] = (index[l] as number) + 1;
        const wrap = index[l] === extents[l];
        for (let i = 0; i < at.length; i++) {
          const step = steps[i]?.[l] as number;
          at[i] = (at[i] as number) + (wrap ? -step * ((extents[l] as number) - 1) : step);
        }
        if (!wrap) break;
        index[l] = 0;
      }
    }
    out[o] = sum;
  }
  return fromNumbers((inputs[0] as Tensor).dtype, shape, out);
}

function resultShape(node: Node, inputs: readonly (TypedShape | undefined)[]): number[] {
  const e = parseEinsum(
    node,
    inputs.map((_, i) => inputAt({ node, inputs }, i).shape),
  );
  return e.result.map((l) => extentOf(e, l));
}

export const einsum: OpFamily = {
  id: 'einsum',
  types: ['Einsum'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: resultShape(s.node, s.inputs) }],
  evaluate: (f) => [
    evaluate(
      f.node,
      f.inputs.map((_, i) => tensorAt(f, i)),
    ),
  ],
  /** One product per element of the space of all letters; an operand alone is only moved or summed. */
  macs(node, inputs) {
    if (inputs.length < 2) return 0;
    const { extents } = parseEinsum(
      node,
      inputs.map((t) => t.shape),
    );
    return sizeOf([...extents.values()]);
  },
  quantizer: 'own',
};
