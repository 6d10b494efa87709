/**
 * Ops that move integers and change none, as the ONNX operators of the same names.
 */
import { StudioError } from '../base/errors';
import type { MoveOp } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { intAttr, intsAttr, type IntegerGraph } from './integer-onnx-graph';

export function emitMove(g: IntegerGraph, op: MoveOp): void {
  const out = g.tensor(op.output);
  if (op.kind === 'concat') {
    const operands = (op.operands ?? op.inputs).map((name) => g.tensor(name));
    g.emit('Concat', operands, out, { axis: intAttr(op.attrs.axis ?? 0) });
    return;
  }
  if (op.table !== undefined) {
    const at = g.cast(g.tensor(op.inputs[0] as string), 'int64', `${op.name}_at`);
    g.emit('Gather', [g.tensor(op.table), at], out, { axis: intAttr(op.attrs.axis ?? 0) });
    return;
  }
  const name = op.inputs[0] as string;
  const x = g.tensor(name);
  const rank = g.info(name).shape.length;
  switch (op.kind) {
    case 'reshape':
      g.emit('Reshape', [x, g.ints(`${op.name}_shape`, g.info(op.output).shape)], out);
      break;
    case 'transpose':
      g.emit('Transpose', [x], out, { perm: intsAttr(op.attrs.perm ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)) });
      break;
    case 'slice': {
      const { starts = [], ends = [], steps } = op.attrs;
      const axes = op.attrs.axes ?? starts.map((_, i) => i);
      const lists = { starts, ends, axes, steps: steps ?? starts.map(() => 1) };
      g.emit('Slice', [x, ...Object.entries(lists).map(([label, v]) => g.ints(`${op.name}_${label}`, v))], out);
      break;
    }
    case 'pad':
      g.emit('Pad', [x, ...padInputs(g, x, op.attrs.pads ?? [], op.attrs.value ?? 0, op.name)], out, {
        mode: { type: 'string', value: op.attrs.mode ?? 'constant' },
      });
      break;
    case 'expand':
      g.emit('Expand', [x, g.ints(`${op.name}_shape`, g.info(op.output).shape)], out);
      break;
    case 'gather': {
      const indices = op.attrs.indices;
      if (indices === undefined) throw new StudioError({ code: 'internal', what: 'A gather has no indices', where: { node: op.name } });
      const at = g.constant(`${op.name}_at`, 'int64', g.info(indices).shape, g.numbers(indices));
      g.emit('Gather', [x, at], out, { axis: intAttr(op.attrs.axis ?? 0) });
      break;
    }
    default:
      op.kind satisfies never;
  }
}

/** x with constant padding on every axis (ONNX order); itself where there is none. */
export function padded(g: IntegerGraph, x: ValueName, pads: readonly number[], value: number, stem: string): ValueName {
  if (pads.every((p) => p === 0)) return x;
  return g.apply('Pad', [x, ...padInputs(g, x, pads, value, stem)], `${stem}_padded`);
}

function padInputs(g: IntegerGraph, x: ValueName, pads: readonly number[], value: number, stem: string): ValueName[] {
  return [g.ints(`${stem}_pads`, pads), g.constant(`${stem}_fill`, g.intTypeOf(x), [], [value])];
}
