/**
 * The one error type of the studio: a code, what was expected, what came, where, and what to do.
 * It is thrown where the fault is found and shown once, by the shell (page or CLI). A cancelled
 * job is not an error: it rejects with `CancelledError`, which shells swallow.
 */

export type ErrorCode =
  | 'not-onnx' // the bytes are not an ONNX model
  | 'truncated' // the file ends before its own lengths say so
  | 'empty-file'
  | 'missing-external-data'
  | 'unsupported-operator'
  | 'unsupported-dtype'
  | 'dynamic-shape' // a shape must be chosen before the work can go on
  | 'bad-shape' // shapes contradict each other
  | 'bad-attribute'
  | 'bad-graph' // cycle, missing producer, duplicate output
  | 'not-finite' // NaN or infinity in weights or data
  | 'bad-data' // calibration or evaluation data do not fit the model
  | 'bad-recipe'
  | 'bad-plugin' // a plugin's form, or what it answered
  | 'bad-usage' // command line
  | 'bad-bundle'
  | 'bad-project'
  | 'accumulator-overflow'
  | 'out-of-range' // a proof obligation of the arithmetic failed
  | 'runtime' // ONNX Runtime refused or failed
  | 'storage' // quota, permission
  | 'not-ready' // a step was asked for before the one it needs
  | 'internal';

export interface ErrorPlace {
  readonly file?: string;
  /** Of a text file, from 1. */
  readonly line?: number;
  readonly node?: string;
  readonly op?: string;
  readonly value?: string;
  readonly sample?: string;
}

export interface ErrorFields {
  readonly code: ErrorCode;
  /** One sentence: what is wrong. */
  readonly what: string;
  readonly expected?: string;
  readonly got?: string;
  readonly where?: ErrorPlace;
  /** One sentence: what the user can do about it. */
  readonly todo?: string;
}

export class StudioError extends Error {
  override readonly name = 'StudioError';
  readonly fields: ErrorFields;

  constructor(fields: ErrorFields) {
    super(describeError(fields));
    this.fields = fields;
  }

  get code(): ErrorCode {
    return this.fields.code;
  }
}

/** A job that was cancelled. Not an error: never shown. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  constructor() {
    super('cancelled');
  }
}

/** One line for people: what, expected/got, where, what to do. */
export function describeError(f: ErrorFields): string {
  const parts = [f.what.replace(/\.$/, '')];
  if (f.expected !== undefined) parts.push(`expected ${f.expected}`);
  if (f.got !== undefined) parts.push(`got ${f.got}`);
  const w = f.where ?? {};
  const at = [
    w.file && `file ${w.file}${w.line === undefined ? '' : `, line ${w.line}`}`,
    w.node && `node ${w.node}${w.op ? ` (${w.op})` : ''}`,
    !w.node && w.op && `operator ${w.op}`,
    w.value && `tensor ${w.value}`,
    w.sample && `sample ${w.sample}`,
  ].filter(Boolean);
  const head = parts.join(', ') + (at.length > 0 ? ` [${at.join(', ')}]` : '');
  return f.todo === undefined ? head : `${head}. ${f.todo}`;
}
