/**
 * Add, Sub, Mul and Div as integers. A sum has one common shift and one rounding:
 * y = clamp(zy + rshift((a-za)*Ma + (b-zb)*Mb, n)). A product of two tensors is one MulShift; a product with
 * one number only changes the scale.
 */
import { frexp, multiplier, powerOfTwo, roundHalfEven, productBound, type MultiplierForm } from '../../base/fixed-point';
import { StudioError } from '../../base/errors';
import type { QuantInfo } from '../../ir/integer-model';
import type { Node, ValueName } from '../../ir/model';
import type { IntegerRule, LowerContext, NodeView } from '../lowering';
import { constantInput, inputOf, isActivation, magnitudeOf, opBase, outputOf, scalar, scaleOf } from './common';

/** Two multipliers with one shift for two real scales (either sign): the larger one fills the word. */
export function commonShift(a: number, b: number, form: MultiplierForm): { Ma: number; Mb: number; n: number } {
  const largest = Math.max(Math.abs(a), Math.abs(b));
  switch (form.kind) {
    case 'normalized':
    case 'tflite':
    case 'qformat': {
      // a sum is rounded once, whatever the style: 31 bits beside gemmlowp's multiplier
      const { n } = multiplier(largest, form.kind === 'tflite' ? { kind: 'normalized', bits: 31 } : form);
      const word = form.kind === 'qformat' ? powerOfTwo(form.swl - 1) - 1 : powerOfTwo(31) - 1;
      const whole = (r: number): number => Math.min(word, Math.max(-word, roundHalfEven(r * powerOfTwo(n))));
      return { Ma: whole(a), Mb: whole(b), n };
    }
    case 'pow2': {
      const exponent = (r: number): number => {
        const { m, e } = frexp(r);
        return (m < Math.SQRT1_2 ? 1 : 0) - e;
      };
      const used = [a, b].filter((r) => r !== 0).map((r) => exponent(Math.abs(r)));
      if (used.length === 0) return { Ma: 0, Mb: 0, n: 0 };
      const n = Math.min(62, Math.max(0, Math.min(Math.max(...used), Math.min(...used) + 30)));
      const whole = (r: number): number => (r === 0 ? 0 : Math.sign(r) * roundHalfEven(powerOfTwo(n - exponent(Math.abs(r)))));
      return { Ma: whole(a), Mb: whole(b), n };
    }
    default:
      return form satisfies never;
  }
}

/** Indices of the constant operands among the first two inputs. */
function constants(node: Node, view: NodeView): number[] {
  return [0, 1].filter((i) => !isActivation(node, i, view));
}

interface Operand {
  readonly name: string;
  readonly q: QuantInfo;
}

/** Operand i as a value or as a constant `<stem>_x1` / `<stem>_x2`. */
function operandAt(node: Node, ctx: LowerContext, i: number): Operand {
  if (!isActivation(node, i, ctx)) return ctx.constantOperand(node, i, `${ctx.stem(node)}_x${i + 1}`);
  const name = ctx.operand(node, i);
  return { name, q: ctx.quant(name) };
}

function sumRule(kind: 'add' | 'sub'): IntegerRule {
  return {
    operands: 'any',
    refuse: (node, view) => (constants(node, view).length === 2 ? 'both operands are constants' : undefined),
    quantizedConstants: constants,
    lower(node, ctx) {
      const [a, b] = [operandAt(node, ctx, 0), operandAt(node, ctx, 1)];
      const q = ctx.quant(outputOf(node));
      const sy = scaleOf(q);
      const { Ma, Mb, n } = commonShift(scaleOf(a.q) / sy, ((kind === 'sub' ? -1 : 1) * scaleOf(b.q)) / sy, ctx.form(q));
      const bound = magnitudeOf(a.q) * Math.abs(Ma) + magnitudeOf(b.q) * Math.abs(Mb);
      if (productBound(BigInt(bound), 1, n) >= 1n << 63n) {
        throw new StudioError({ code: 'out-of-range', what: 'A sum could leave 64 bits', where: { node: node.id, op: node.op } });
      }
      const { lo, hi } = ctx.clampRange(q, node.clamp);
      const inputs = [0, 1].filter((i) => isActivation(node, i, ctx)).map((i) => (i === 0 ? a.name : b.name));
      ctx.emit({
        ...opBase(node, ctx, inputs),
        kind,
        operands: [a.name, b.name],
        add: { mulA: Ma, mulB: Mb, shift: n, zeroPointA: a.q.zeroPoint, zeroPointB: b.q.zeroPoint, zeroPoint: q.zeroPoint, lo, hi },
      });
    },
  };
}

export const addRule = sumRule('add');
export const subRule = sumRule('sub');

/** y = x * factor: the integers of x under another scale. */
export function emitScaled(node: Node, ctx: LowerContext, x: ValueName, factor: number): void {
  const [qx, qy] = [ctx.quant(x), ctx.quant(outputOf(node))];
  const requant = ctx.requant(node, ctx.stem(node), [(scaleOf(qx) * factor) / scaleOf(qy)], qy, magnitudeOf(qx), node.clamp);
  ctx.emit({ ...opBase(node, ctx, [x]), kind: 'requant', requant });
}

/** The one number that a constant operand holds, and which input the activation is. */
function scalarOperand(node: Node, view: NodeView): { i: number; value: number } | undefined {
  const [c] = constants(node, view);
  const value = c === undefined ? undefined : scalar(constantInput(node, c, view));
  const keepsShape = c !== undefined && view.shape(inputOf(node, 1 - c)).length === view.shape(outputOf(node)).length;
  return c !== undefined && value !== undefined && keepsShape ? { i: 1 - c, value } : undefined;
}

export const mulRule: IntegerRule = {
  operands: 'any',
  refuse: (node, view) => (constants(node, view).length === 2 ? 'both operands are constants' : undefined),
  quantizedConstants: (node, view) => (scalarOperand(node, view) ? [] : constants(node, view)),
  lower(node, ctx) {
    const one = scalarOperand(node, ctx);
    if (one) {
      emitScaled(node, ctx, ctx.operand(node, one.i), one.value);
      return;
    }
    const [a, b] = [operandAt(node, ctx, 0), operandAt(node, ctx, 1)];
    const q = ctx.quant(outputOf(node));
    const bound = magnitudeOf(a.q) * magnitudeOf(b.q);
    const requant = ctx.requant(node, ctx.stem(node), [(scaleOf(a.q) * scaleOf(b.q)) / scaleOf(q)], q, bound, node.clamp);
    const inputs = [0, 1].filter((i) => isActivation(node, i, ctx)).map((i) => (i === 0 ? a.name : b.name));
    ctx.emit({
      ...opBase(node, ctx, inputs),
      kind: 'mul',
      operands: [a.name, b.name],
      zeroPoints: [a.q.zeroPoint, b.q.zeroPoint],
      requant,
    });
  },
};

/** Division by one number. */
export const divRule: IntegerRule = {
  operands: 'any',
  refuse(node, view) {
    const one = scalarOperand(node, view);
    if (!one || one.i !== 0) return 'its divisor is not one constant number';
    return one.value === 0 ? 'its divisor is 0' : undefined;
  },
  lower(node, ctx) {
    emitScaled(node, ctx, ctx.operand(node, 0), 1 / (scalarOperand(node, ctx)?.value ?? 1));
  },
};
