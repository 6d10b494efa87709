/**
 * How one element of an op's output came about, as plain data with integers only: a table of what was summed (or compared)
 * and the lines from there to the element. Law: the last line's value is the element that the executor gives.
 */
import type { IntOp } from '../../ir/integer-model';

/** An integer and the width in which hexadecimal and binary show it: it fits. */
export interface TraceWord {
  readonly value: bigint;
  readonly bits: number;
  readonly signed: boolean;
}

export interface TraceLine extends TraceWord {
  /** `acc`, `M`, `y`: as the formulas of the arithmetic name it; a line has it once. */
  readonly symbol: string;
  /** What it is, in words. */
  readonly title: string;
  /** From which lines it is made: `acc × M`. undefined: it is read, not computed. */
  readonly formula: string | undefined;
  /** The element that it was read from. */
  readonly from: TraceSource | undefined;
}

export interface TraceSource {
  /** A name in the values or constants of the model. */
  readonly value: string;
  readonly index: readonly number[];
}

export interface TraceColumn {
  readonly symbol: string;
  readonly title: string;
  readonly bits: number;
  readonly signed: boolean;
}

/** One product, summand or candidate. `at`: the element of each of the table's operands; undefined where none was read. */
export interface TraceTerm {
  readonly at: readonly (readonly number[] | undefined)[];
  readonly values: readonly bigint[];
  /** `padding`: the zero point stands for an element outside. `masked`: it takes no part. `self`: the element asked for. */
  readonly mark: 'padding' | 'masked' | 'self' | undefined;
}

export interface TraceTerms {
  /** `Products`. */
  readonly title: string;
  readonly columns: readonly TraceColumn[];
  readonly rows: readonly TraceTerm[];
  /** The column whose size says how much a row contributes. */
  readonly weighty: number;
}

/** What the rows' elements were read from. */
export interface TraceOperand {
  readonly role: 'x1' | 'x2';
  readonly value: string;
  /** The op that made it: its elements can be traced in turn. */
  readonly madeBy: string | undefined;
}

export interface Trace {
  readonly op: string;
  readonly kind: IntOp['kind'];
  readonly output: string;
  readonly shape: readonly number[];
  readonly index: readonly number[];
  /** Row-major position. */
  readonly position: number;
  /** `y = clamp(zy + (acc × M >> n), lo, hi)`: the whole of it in one line. */
  readonly formula: string;
  readonly operands: readonly TraceOperand[];
  readonly terms: TraceTerms | undefined;
  readonly lines: readonly TraceLine[];
}
