/**
 * A weight whose quantizer has a codebook brings its codes and its code table along as constants. Ops read the integers; codes are how
 * memories hold them. Law: integer i is table[codes[i]], the code the first one with that integer.
 */
import type { IntConstant, IntStorage } from '../../ir/integer-model';
import type { LowerContext } from '../lowering';

/** Declares the weight; gives its name. */
export function codedWeight(weight: IntConstant, stem: string, ctx: Pick<LowerContext, 'addConstant' | 'addTable'>): string {
  const book = weight.quant?.codebook;
  if (!book) return ctx.addConstant(weight);
  const codeOf = new Map<number, number>();
  book.table.forEach((t, code) => !codeOf.has(t) && codeOf.set(t, code));
  const wide = book.bits > 8;
  const data: IntStorage['uint8' | 'uint16'] = wide ? new Uint16Array(weight.data.length) : new Uint8Array(weight.data.length);
  for (let i = 0; i < data.length; i++) data[i] = codeOf.get(Number(weight.data[i])) ?? 0; // every integer is in the table
  const codes = ctx.addConstant({
    name: `${stem}_codes`,
    dtype: wide ? 'uint16' : 'uint8',
    shape: weight.shape,
    quant: { bits: book.bits, signed: false, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo: 0, hi: book.table.length - 1 },
    data,
  });
  const table = ctx.addTable(`${stem}_table`, [book.table.length], book.table, undefined);
  return ctx.addConstant({ ...weight, coded: { bits: book.bits, codes, table } });
}
