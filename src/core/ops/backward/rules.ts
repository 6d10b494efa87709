/**
 * Operator type -> backward rule, one line each. Where a gradient would have to flow through an operator that is not here,
 * differentiation refuses by name; an operator that gradients do not reach needs no rule.
 */
import type { BackwardRule } from '../backward';
import { addBackward, divBackward, mulBackward, powBackward, subBackward } from './arithmetic';
import { extremumBackward, reducedExtremumBackward, whereBackward } from './choose';
import { convBackward } from './conv';
import * as functions from './elementwise';
import { gemmBackward, matmulBackward } from './matmul';
import {
  concatBackward,
  expandBackward,
  gatherBackward,
  padBackward,
  reshapeBackward,
  sliceBackward,
  splitBackward,
  tileBackward,
  transposeBackward,
} from './move';
import { batchNormBackward, layerNormBackward } from './normalization';
import { averagePoolBackward, globalAveragePoolBackward, globalMaxPoolBackward, maxPoolBackward } from './pool';
import { reduceMeanBackward, reduceSumBackward } from './reduce';
import { logSoftmaxBackward, softmaxBackward } from './softmax';

export const backwardRules: ReadonlyMap<string, BackwardRule> = new Map<string, BackwardRule>([
  ['Add', addBackward],
  ['Sub', subBackward],
  ['Mul', mulBackward],
  ['Div', divBackward],
  ['Pow', powBackward],
  ['Sigmoid', functions.sigmoidBackward],
  ['Abs', functions.absBackward],
  ['Neg', functions.negBackward],
  ['Round', functions.roundBackward],
  ['Clip', functions.clipBackward],
  ['Relu', functions.reluBackward],
  ['LeakyRelu', functions.leakyReluBackward],
  ['ThresholdedRelu', functions.thresholdedReluBackward],
  ['PRelu', functions.preluBackward],
  ['Elu', functions.eluBackward],
  ['Celu', functions.celuBackward],
  ['Selu', functions.seluBackward],
  ['Softplus', functions.softplusBackward],
  ['Softsign', functions.softsignBackward],
  ['HardSigmoid', functions.hardSigmoidBackward],
  ['HardSwish', functions.hardSwishBackward],
  ['Mish', functions.mishBackward],
  ['Gelu', functions.geluBackward],
  ['Tanh', functions.tanhBackward],
  ['Erf', functions.erfBackward],
  ['Exp', functions.expBackward],
  ['Log', functions.logBackward],
  ['Sqrt', functions.sqrtBackward],
  ['Reciprocal', functions.reciprocalBackward],
  ['Sin', functions.sinBackward],
  ['Cos', functions.cosBackward],
  ['MatMul', matmulBackward],
  ['Gemm', gemmBackward],
  ['Conv', convBackward],
  ['MaxPool', maxPoolBackward],
  ['GlobalMaxPool', globalMaxPoolBackward],
  ['AveragePool', averagePoolBackward],
  ['GlobalAveragePool', globalAveragePoolBackward],
  ['Softmax', softmaxBackward],
  ['LogSoftmax', logSoftmaxBackward],
  ['LayerNormalization', layerNormBackward],
  ['BatchNormalization', batchNormBackward],
  ['ReduceSum', reduceSumBackward],
  ['ReduceMean', reduceMeanBackward],
  ['ReduceMax', reducedExtremumBackward],
  ['ReduceMin', reducedExtremumBackward],
  ['Max', extremumBackward],
  ['Min', extremumBackward],
  ['Where', whereBackward],
  ['Reshape', reshapeBackward],
  ['Flatten', reshapeBackward],
  ['Squeeze', reshapeBackward],
  ['Unsqueeze', reshapeBackward],
  ['Identity', reshapeBackward],
  ['Dropout', reshapeBackward],
  ['Transpose', transposeBackward],
  ['Slice', sliceBackward],
  ['Split', splitBackward],
  ['Concat', concatBackward],
  ['Pad', padBackward],
  ['Expand', expandBackward],
  ['Tile', tileBackward],
  ['Gather', gatherBackward],
]);
