/**
 * One integer tensor as source text to paste: a C array or a SystemVerilog parameter, nested as its shape is. Not for files:
 * large tensors have those. Law: a compiler reads the very integers from it.
 */
import { StudioError } from '../base/errors';
import { rangeOf, storageBits } from '../ir/int-tensor';
import type { IntTensor } from '../ir/integer-model';

export type LiteralForm = 'c' | 'verilog';

/** More than anybody pastes. */
export const mostElements = 65_536;

export interface LiteralOptions {
  /** Letters, digits and underscores; what is not becomes one. A layer's name with a role is no keyword. */
  readonly name: string;
  readonly signed: boolean;
  /** Width of an element in Verilog; widened to the storage's where the integers need it. */
  readonly bits: number;
}

/** Throws `bad-usage` for tensors that are empty or too large. */
export function literalOf(tensor: IntTensor, form: LiteralForm, options: LiteralOptions): string {
  const elements = tensor.shape.reduce((a, b) => a * b, 1);
  if (elements === 0) throw new StudioError({ code: 'bad-usage', what: 'The tensor has no elements to copy' });
  if (elements > mostElements) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'The tensor is too large to copy as text',
      expected: `at most ${mostElements} elements`,
      got: String(elements),
      todo: 'Take its .npy or .mem file, or export the bundle.',
    });
  }
  const name = identifier(options.name);
  return form === 'c' ? cLiteral(tensor, name) : verilogLiteral(tensor, name, options);
}

/** A name that no language reads as anything else. */
export function identifier(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9_]+/g, '_');
  return /^[A-Za-z]/.test(safe) ? safe : `t_${safe}`;
}

type Elements = IntTensor['data'];

function cLiteral({ dtype, shape, data }: IntTensor, name: string): string {
  const dims = shape.map((n) => `[${n}]`).join('');
  return `static const ${dtype}_t ${name}${dims} = ${nested(shape, data, '{', cNumber)};\n`;
}

/** Digits beyond int get a suffix; the least int64 has no literal of its own. */
function cNumber(value: number | bigint): string {
  if (value >= -2147483647 && value <= 2147483647) return String(value);
  return BigInt(value) === -(1n << 63n) ? '(-9223372036854775807LL - 1)' : `${value}LL`;
}

function verilogLiteral({ dtype, shape, data }: IntTensor, name: string, { signed, bits }: LiteralOptions): string {
  const { min, max } = rangeOf(data);
  const [lo, hi] = signed ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n] : [0n, (1n << BigInt(bits)) - 1n];
  const width = min >= lo && max <= hi ? bits : storageBits(dtype);
  const dims = shape.map((n) => `[0:${n - 1}]`).join('');
  const mask = (1n << BigInt(width)) - 1n;
  const digits = Math.ceil(width / 4);
  // two's complement in hexadecimal: no sign, no width to be guessed
  const number = (value: number | bigint): string =>
    `${width}'${signed ? 's' : ''}h${(BigInt(value) & mask).toString(16).padStart(digits, '0')}`;
  return `localparam logic ${signed ? 'signed ' : ''}[${width - 1}:0] ${name}${dims === '' ? '' : ` ${dims}`} = ${nested(shape, data, "'{", number)};\n`;
}

const perLine = 16;

function nested(shape: readonly number[], data: Elements, open: string, number: (value: number | bigint) => string): string {
  const at = (i: number): string => number(data[i] as number | bigint);
  const [inner] = shape.slice(-1);
  if (inner === undefined) return at(0);
  const part = (axis: number, from: number, indent: string): string => {
    const step = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const extent = shape[axis] as number;
    const deeper = `${indent}  `;
    if (axis < shape.length - 1) {
      const parts = Array.from({ length: extent }, (_, i) => `${deeper}${part(axis + 1, from + i * step, deeper)}`);
      return `${open}\n${parts.join(',\n')}\n${indent}}`;
    }
    const all = Array.from({ length: extent }, (_, i) => at(from + i));
    if (extent <= perLine) return `${open}${all.join(', ')}}`;
    const lines: string[] = [];
    for (let i = 0; i < extent; i += perLine) lines.push(`${deeper}${all.slice(i, i + perLine).join(', ')}`);
    return `${open}\n${lines.join(',\n')}\n${indent}}`;
  };
  return part(0, 0, '');
}
