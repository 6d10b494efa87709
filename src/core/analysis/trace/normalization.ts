/** Traces of softmax and of layer normalization: what the whole row gives, then the one element. */
import type { LayerNormOp, SoftmaxOp } from '../../ir/integer-model';
import type { Body } from './linear';
import { placeOf, positionOf } from '../../ir/places';
import { broadcastTo, computed, given, read, type Operand, type Reader } from './reader';
import { endLines, roundedShift, shiftLines } from './requant';
import type { TraceLine, TraceTerm } from './types';

export function traceSoftmax(op: SoftmaxOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const a = op.softmax;
  const x = reader.operand(op.inputs[0] as string);
  const table = reader.operand(a.table);
  const mask = a.mask === undefined ? undefined : reader.operand(a.mask);
  const last = BigInt((table.shape[0] as number) - 1);
  const row = Array.from({ length: x.shape[a.axis] as number }, (_, i) => index.with(a.axis, i));
  const isMasked = (at: readonly number[]): boolean =>
    mask !== undefined && mask.at(positionOf(broadcastTo(at, mask.shape), mask.shape)) !== 0n;
  const elements = row.map((at) => x.at(positionOf(at, x.shape)));
  const kept = row.map((at) => !isMasked(at));
  let most: bigint | undefined;
  elements.forEach((q, i) => {
    if (kept[i] && (most === undefined || q > most)) most = q;
  });
  const top = most ?? 0n;
  let S = 0n;
  const self = index[a.axis] as number;
  const rows = row.map((at, i): TraceTerm => {
    const q = elements[i] as bigint;
    const d = top - q;
    const e = kept[i] ? table.at(Number(d < last ? d : last)) : 0n;
    S += e;
    return { at: [at], values: [q, d, e], mark: i === self ? 'self' : kept[i] ? undefined : 'masked' };
  });
  const [q, d, e] = (rows[self] as TraceTerm).values as readonly [bigint, bigint, bigint];
  const out = (symbol: string, title: string, formula: string, value: bigint): TraceLine => {
    const { bits, signed } = output;
    return { symbol, title, formula, value, bits, signed, from: undefined };
  };
  const first: TraceLine[] = [
    {
      ...computed('max', mask ? 'Largest of the row, masked elements left out' : 'Largest of the row', 'max x', top, x.bits),
      bits: x.bits,
      signed: x.signed,
    },
    { symbol: 'x', title: 'The element', formula: undefined, value: q, bits: x.bits, signed: x.signed, from: { value: x.name, index } },
    computed('d', 'How far it is below the largest', 'max − x', d, x.bits + 1),
    {
      ...computed(
        'e',
        kept[self] ? `Its exponential, entry min(d, ${last}) of the table` : 'Masked: it has no part',
        kept[self] ? `table[min(d, ${last})]` : '0',
        e,
        table.bits,
      ),
      bits: table.bits,
      signed: table.signed,
    },
  ];
  const terms = {
    title: 'Row',
    columns: [
      { symbol: 'x', title: 'Element of the input', bits: x.bits, signed: x.signed },
      { symbol: 'd', title: 'max − x', bits: x.bits + 1, signed: true },
      { symbol: 'e', title: 'Exponential, from the table', bits: table.bits, signed: table.signed },
    ],
    rows,
    weighty: 2,
  };
  const operands = [reader.link('x1', x.name), ...(mask ? [reader.link('x2', mask.name)] : [])];
  if (a.mode === 'deferred') {
    const y = out('y', 'The exponential; the product that reads it divides', 'e', e);
    return { formula: `y = table[min(max − x, ${last})]; the product that reads it divides`, operands, terms, lines: [...first, y] };
  }
  const full = (1n << BigInt(a.pb)) - 1n;
  const sums: TraceLine[] = [
    ...first,
    computed('S', 'Sum of the exponentials of the row', 'Σ e', S, 32),
    { ...given('F', 'Largest probability', full, a.pb), bits: a.pb, signed: false },
  ];
  if (!kept[self] || S === 0n) {
    const y = out('y', S === 0n ? 'Every element of the row is masked' : 'Masked', '0', 0n);
    return { formula: 'y = 0', operands, terms, lines: [...sums, y] };
  }
  if (a.mode === 'divide') {
    const dividend = e * full + (S >> 1n);
    const lines = [
      ...sums,
      computed('p', 'Its share of F', 'e × F', e * full, 64),
      computed('h', 'With half the divisor, so that the division rounds', 'p + (S >> 1)', dividend, 64),
      out('y', 'Probability', 'h ÷ S, rounded down', dividend / S),
    ];
    return { formula: 'y = (e × F + (S >> 1)) ÷ S, rounded down', operands, terms, lines };
  }
  const R = (full << 31n) / S;
  const lines = [
    ...sums,
    computed('R', 'Reciprocal of the sum, one division a row', '(F << 31) ÷ S, rounded down', R, 64),
    computed('p', 'Product', 'e × R', e * R, 64),
    computed('h', 'With half a step of the result', 'p + 2^30', e * R + (1n << 30n), 64),
    out('y', 'Probability', 'h >> 31', (e * R + (1n << 30n)) >> 31n),
  ];
  return { formula: 'y = (e × R + 2^30) >> 31, R = (F << 31) ÷ S, rounded down', operands, terms, lines };
}

/** floor(sqrt(v)), bit by bit from the top. */
export function floorRoot(v: bigint): bigint {
  let root = 0n;
  for (let bit = BigInt((v.toString(2).length + 1) >> 1); bit >= 0n; bit--) {
    const next = root | (1n << bit);
    if (next * next <= v) root = next;
  }
  return root;
}

const sizeOf = (v: bigint): bigint => (v < 0n ? -v : v);

export function traceLayerNorm(op: LayerNormOp, index: readonly number[], reader: Reader, output: Operand): Body {
  const a = op.layernorm;
  const x = reader.operand(op.inputs[0] as string);
  const C = BigInt(a.C);
  const [t, f, k] = [BigInt(a.t), BigInt(a.f), BigInt(a.k)];
  const position = positionOf(index, x.shape);
  const self = position % a.C;
  const from = position - self;
  const elements = Array.from({ length: a.C }, (_, i) => x.at(from + i));
  const sum = elements.reduce((p, q) => p + q, 0n);
  const m = a.rms ? C * x.zeroPoint : sum;
  const centred = elements.map((q) => roundedShift(C * q - m, t, 'floor'));
  const squares = centred.reduce((p, c) => p + c * c, 0n);
  const E = BigInt(a.E);
  const V = (squares << (2n * f)) + E;
  const root = floorRoot(V);
  const D = root > 1n ? root : 1n;
  const rows = elements.map((q, i): TraceTerm => {
    const c = centred[i] as bigint;
    return { at: [placeOf(from + i, x.shape)], values: [q, c, c * c], mark: i === self ? 'self' : undefined };
  });
  const wide = x.bits + 1 + a.C.toString(2).length;
  const down = a.t > 0 ? ` >> ${a.t}` : '';
  const centre = a.rms ? `(C × (x − zx))${down}` : `(C × x − m)${down}`;
  const c = centred[self] as bigint;
  const lines: TraceLine[] = [
    ...(a.rms ? [given('zx', 'Zero point of the input', x.zeroPoint, x.bits + 1)] : [computed('m', 'Sum of the row', 'Σ x', sum, wide)]),
    given('C', 'Elements of the row', C, 16),
    computed('Q', 'Sum of the squares of c', 'Σ c²', squares, 64),
    given('E', 'Epsilon, in units of V', E, 64),
    computed('V', 'Variance, in fine steps', a.f > 0 ? `(Q << ${2 * a.f}) + E` : 'Q + E', V, a.boundBits),
    computed('D', 'Its root, rounded down, at least 1', 'max(1, isqrt(V))', D, 32),
    {
      symbol: 'x',
      title: 'The element',
      formula: undefined,
      value: elements[self] as bigint,
      bits: x.bits,
      signed: x.signed,
      from: { value: x.name, index },
    },
    computed('c', a.rms ? 'Without the zero point, C times' : 'Distance from the mean, C times', centre, c, wide),
  ];
  let u: bigint;
  if (a.mode === 'divide') {
    const scaled = sizeOf(c) << (k + f);
    const dividend = scaled + (D >> 1n);
    u = dividend / D;
    lines.push(
      computed('s', 'Its size in fine steps', `|c| << ${a.k + a.f}`, scaled, 64),
      computed('h', 'With half the divisor, so that the division rounds', 's + (D >> 1)', dividend, 64),
      computed('u', 'Normalized, with the sign of c', 'sign(c) × (h ÷ D, rounded down)', c < 0n ? -u : u, a.k + 2),
    );
  } else {
    const R = (1n << (k + f + 31n)) / D;
    u = (sizeOf(c) * R + (1n << 30n)) >> 31n;
    lines.push(
      computed('R', 'Reciprocal of the root, one division a row', `2^${a.k + a.f + 31} ÷ D, rounded down`, R, 64),
      computed('h', 'Product with half a step of the result', '|c| × R + 2^30', sizeOf(c) * R + (1n << 30n), 64),
      computed('u', 'Normalized, with the sign of c', 'sign(c) × (h >> 31)', c < 0n ? -u : u, a.k + 2),
    );
  }
  if (c < 0n) u = -u;
  const G = read('G', 'Gain of this element', reader.operand(a.G), [self]);
  const H = read('H', 'Offset of this element', reader.operand(a.H), [self]);
  const v = u * G.value + H.value;
  const n = BigInt(a.shift);
  const shifted = shiftLines('p', v, n, reader.model.arithmetic.rounding);
  return {
    formula: `y = clamp(zy + rshift(u × G + H, n), ${a.lo}, ${a.hi})`,
    operands: [reader.link('x1', x.name)],
    terms: {
      title: 'Row',
      columns: [
        { symbol: 'x', title: 'Element of the input', bits: x.bits, signed: x.signed },
        { symbol: 'c', title: centre, bits: wide, signed: true },
        { symbol: 'c²', title: 'Its square', bits: 2 * wide, signed: true },
      ],
      rows,
      weighty: 2,
    },
    lines: [
      ...lines,
      G,
      H,
      computed('p', 'With gain and offset', 'u × G + H', v, 64),
      given('n', 'Shift', n, 8),
      ...shifted,
      ...endLines((shifted.at(-1) as TraceLine).value, a, output),
    ],
  };
}
