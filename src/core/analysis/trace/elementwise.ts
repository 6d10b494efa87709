/** Traces of ops without a sum: add, mul, requant, table, where. */
import type { AddOp, LutOp, MulOp, RequantOp, WhereOp } from '../../ir/integer-model';
import type { Body } from './linear';
import { broadcastTo, computed, given, read, type Operand, type Reader } from './reader';
import { endLines, mulShiftFormula, mulShiftLines, shiftLines } from './requant';
import type { TraceLine } from './types';

export function traceAdd(op: AddOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const c = op.add;
  const [a, b] = op.operands.map((name) => reader.operand(name)) as [Operand, Operand];
  const part = (symbol: 'a' | 'b', o: Operand, zero: number, mul: number): readonly [TraceLine[], bigint] => {
    const q = read(symbol, symbol === 'a' ? 'First operand' : 'Second operand', o, broadcastTo(index, o.shape));
    const M = BigInt(mul);
    const value = (q.value - BigInt(zero)) * M;
    const formula = `(${symbol} − z${symbol}) × M${symbol}`;
    return [
      [
        q,
        given(`z${symbol}`, 'Its zero point', BigInt(zero), 32),
        given(`M${symbol}`, 'Its multiplier', M, 32),
        computed(`${symbol}′`, 'In fine steps of the output', formula, value, 64),
      ],
      value,
    ];
  };
  const [linesA, va] = part('a', a, c.zeroPointA, c.mulA);
  const [linesB, vb] = part('b', b, c.zeroPointB, c.mulB);
  const n = BigInt(c.shift);
  const shifted = shiftLines('s', va + vb, n, reader.model.arithmetic.rounding);
  return {
    formula: `y = clamp(zy + rshift((a − za) × Ma + (b − zb) × Mb, n), ${c.lo}, ${c.hi})`,
    operands: [reader.link('x1', a.name), reader.link('x2', b.name)],
    terms: undefined,
    lines: [
      ...linesA,
      ...linesB,
      computed('s', 'Sum', 'a′ + b′', va + vb, 64),
      given('n', 'Shift', n, 8),
      ...shifted,
      ...endLines((shifted.at(-1) as TraceLine).value, c, output),
    ],
  };
}

export function traceMul(op: MulOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const [a, b] = op.operands.map((name) => reader.operand(name)) as [Operand, Operand];
  const [za, zb] = op.zeroPoints.map(BigInt) as [bigint, bigint];
  const qa = read('a', 'First operand', a, broadcastTo(index, a.shape));
  const qb = read('b', 'Second operand', b, broadcastTo(index, b.shape));
  const acc = (qa.value - za) * (qb.value - zb);
  return {
    formula: `acc = (a − za) × (b − zb); ${mulShiftFormula('acc', op.requant)}`,
    operands: [reader.link('x1', a.name), reader.link('x2', b.name)],
    terms: undefined,
    lines: [
      qa,
      given('za', 'Its zero point', za, 32),
      qb,
      given('zb', 'Its zero point', zb, 32),
      computed('acc', 'Accumulator', '(a − za) × (b − zb)', acc, 32),
      ...mulShiftLines(reader, op.requant, 'acc', acc, 0, output),
    ],
  };
}

export function traceRequant(op: RequantOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const x = reader.operand(op.inputs[0] as string);
  const q = read('x', 'Element of the input', x, index);
  const acc = q.value - x.zeroPoint;
  return {
    formula: `acc = x − zx; ${mulShiftFormula('acc', op.requant)}`,
    operands: [reader.link('x1', x.name)],
    terms: undefined,
    lines: [
      q,
      given('zx', 'Its zero point', x.zeroPoint, 32),
      computed('acc', 'Without the zero point', 'x − zx', acc, 32),
      ...mulShiftLines(reader, op.requant, 'acc', acc, index[1] ?? 0, output),
    ],
  };
}

export function traceLut(op: LutOp, index: readonly number[], reader: Reader): Body {
  const x = reader.operand(op.inputs[0] as string);
  const table = reader.operand(op.lut.table);
  const q = read('x', 'Element of the input', x, index);
  const entry = q.value - BigInt(op.lut.offset);
  return {
    formula: `y = table[x − ${op.lut.offset}], of ${op.lut.fn}`,
    operands: [reader.link('x1', x.name)],
    terms: undefined,
    lines: [
      q,
      computed('i', 'Entry of the table', `x − ${op.lut.offset}`, entry, 16),
      { ...read('y', 'The entry', table, [Number(entry)]), formula: 'table[i]' },
    ],
  };
}

export function traceWhere(op: WhereOp, index: readonly number[], reader: Reader): Body {
  const condition = reader.operand(op.condition);
  const [a, b] = op.operands.map((name) => reader.operand(name)) as [Operand, Operand];
  const c = read('c', 'Condition', condition, broadcastTo(index, condition.shape));
  const chosen = c.value === 1n ? a : b;
  return {
    formula: 'y = c ? a : b',
    operands: [reader.link('x1', a.name), reader.link('x2', b.name)],
    terms: undefined,
    lines: [
      c,
      {
        ...read('y', c.value === 1n ? 'The first operand' : 'The second operand', chosen, broadcastTo(index, chosen.shape)),
        formula: 'c ? a : b',
      },
    ],
  };
}
