/**
 * Operator type -> integer rule, one line each. An operator that is not here has no integer form yet and
 * runs as a float island.
 */
import type { IntegerRule } from '../lowering';
import { addRule, divRule, mulRule, subRule } from './arithmetic';
import { clipRule, reluRule } from './clamp';
import { functionTypes } from './functions';
import { layerNormRule, rmsNormRule } from './layernorm';
import { convRule, gemmRule, matmulRule } from './linear';
import { comparisonRule } from './comparison';
import { castRule, concatRule, expandRule, gatherRule, padRule, reshapeRule, sliceRule, splitRule, transposeRule, whereRule } from './move';
import { averagePoolRule, globalAveragePoolRule, globalMaxPoolRule, maxPoolRule, reduceMeanRule, reduceSumRule } from './pool';
import { softmaxRule } from './softmax';
import { functionRule, powRule, preluRule } from './table';

const rules: ReadonlyMap<string, IntegerRule> = new Map<string, IntegerRule>([
  ...functionTypes.map((type): [string, IntegerRule] => [type, functionRule]),
  ['PRelu', preluRule],
  ['Pow', powRule],
  ['Conv', convRule],
  ['Gemm', gemmRule],
  ['MatMul', matmulRule],
  ['Add', addRule],
  ['Sub', subRule],
  ['Mul', mulRule],
  ['Div', divRule],
  ['Relu', reluRule],
  ['Clip', clipRule],
  ['MaxPool', maxPoolRule],
  ['GlobalMaxPool', globalMaxPoolRule],
  ['AveragePool', averagePoolRule],
  ['GlobalAveragePool', globalAveragePoolRule],
  ['ReduceMean', reduceMeanRule],
  ['ReduceSum', reduceSumRule],
  ['Reshape', reshapeRule],
  ['Flatten', reshapeRule],
  ['Squeeze', reshapeRule],
  ['Unsqueeze', reshapeRule],
  ['Identity', reshapeRule],
  ['Dropout', reshapeRule],
  ['Transpose', transposeRule],
  ['Slice', sliceRule],
  ['Split', splitRule],
  ['Gather', gatherRule],
  ['Expand', expandRule],
  ['Concat', concatRule],
  ['Pad', padRule],
  ['Where', whereRule],
  ['Cast', castRule],
  ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Not'].map((type): [string, IntegerRule] => [type, comparisonRule]),
  ['Softmax', softmaxRule],
  ['LayerNormalization', layerNormRule],
  ['RMSNormalization', rmsNormRule],
  ['SimplifiedLayerNormalization', rmsNormRule],
]);

/** Domains whose operators of these names mean the same: ONNX, our fused forms, ONNX Runtime's Gelu and the like. */
const domains: readonly string[] = ['', 'ai.onnx', 't2c', 'com.microsoft'];

export function integerRuleOf(op: string, domain: string): IntegerRule | undefined {
  return domains.includes(domain) ? rules.get(op) : undefined;
}
