/**
 * Operator type -> backward rule, one line each. Where a gradient would have to flow through an operator that is not here,
 * differentiation refuses by name; an operator that gradients do not reach needs no rule.
 */
import type { BackwardRule } from '../backward';
import { addBackward, divBackward, mulBackward, powBackward, subBackward } from './arithmetic';
import { absBackward, clipBackward, negBackward, roundBackward, sigmoidBackward } from './elementwise';
import { matmulBackward } from './matmul';
import { reshapeBackward, transposeBackward } from './move';
import { reduceMeanBackward, reduceSumBackward } from './reduce';

export const backwardRules: ReadonlyMap<string, BackwardRule> = new Map<string, BackwardRule>([
  ['Add', addBackward],
  ['Sub', subBackward],
  ['Mul', mulBackward],
  ['Div', divBackward],
  ['Pow', powBackward],
  ['Sigmoid', sigmoidBackward],
  ['Abs', absBackward],
  ['Neg', negBackward],
  ['Round', roundBackward],
  ['Clip', clipBackward],
  ['MatMul', matmulBackward],
  ['ReduceSum', reduceSumBackward],
  ['ReduceMean', reduceMeanBackward],
  ['Reshape', reshapeBackward],
  ['Flatten', reshapeBackward],
  ['Squeeze', reshapeBackward],
  ['Unsqueeze', reshapeBackward],
  ['Identity', reshapeBackward],
  ['Transpose', transposeBackward],
]);
