/**
 * Every operator family, one line each, and the way from a node to its family. An operator that is not here has no
 * shape rule: a model with it does not open.
 */
import { cumSum, nonZero, oneHot, topK, trilu } from './along-axis';
import { arithmetic, pow, variadic } from './arithmetic';
import { attention } from './attention';
import { cast, castLike } from './cast';
import { clip, relu } from './clip';
import { conv, convTranspose } from './conv';
import { depthSpace } from './depth-space';
import { einsum } from './einsum';
import { elementwise, prelu } from './elementwise';
import type { OpFamily } from './family';
import { biasSplitGelu, fusedAttention, fusedConv, fusedGemm, rotary } from './fused';
import { gather, gatherElements, gatherNd } from './gather';
import { embedLayerNorm, layerNorm, skipLayerNorm } from './layer-norm';
import { lpNorm } from './lp-norm';
import { comparison, test, where } from './logic';
import { constant, constantOfShape, eyeLike, range, shapeOfTensor, size } from './make';
import { fusedMatmul, gemm, matmul } from './matmul';
import { concat, expand, pad, slice, split, tile, transpose } from './move';
import { batchNorm, groupNorm, instanceNorm, localResponseNorm } from './normalization';
import { averagePool, maxPool } from './pool';
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from './quantize-linear';
import { argReduce, reduce } from './reduce';
import { dropout, flatten, identity, reshape, squeeze, unsqueeze } from './reshape';
import { resize } from './resize';
import { scatterElements, scatterNd } from './scatter';
import { softmax } from './softmax';

export const families: readonly OpFamily[] = [
  conv,
  convTranspose,
  gemm,
  matmul,
  fusedMatmul,
  arithmetic,
  pow,
  variadic,
  relu,
  clip,
  elementwise,
  prelu,
  softmax,
  batchNorm,
  instanceNorm,
  groupNorm,
  localResponseNorm,
  layerNorm,
  lpNorm,
  skipLayerNorm,
  embedLayerNorm,
  attention,
  fusedAttention,
  fusedConv,
  fusedGemm,
  biasSplitGelu,
  rotary,
  maxPool,
  averagePool,
  reduce,
  argReduce,
  reshape,
  flatten,
  squeeze,
  unsqueeze,
  identity,
  dropout,
  transpose,
  slice,
  split,
  expand,
  tile,
  concat,
  pad,
  gather,
  gatherElements,
  gatherNd,
  scatterElements,
  scatterNd,
  cumSum,
  topK,
  oneHot,
  nonZero,
  trilu,
  einsum,
  depthSpace,
  resize,
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantizeLinear,
  cast,
  castLike,
  constant,
  shapeOfTensor,
  size,
  constantOfShape,
  range,
  eyeLike,
  comparison,
  test,
  where,
];

const byType: ReadonlyMap<string, OpFamily> = new Map(families.flatMap((f) => f.types.map((type): [string, OpFamily] => [type, f])));

/** `ai.onnx` is the default domain by its full name; our fused forms (`t2c`) mean what the ONNX operators mean. */
export function familyOf(op: string, domain: string): OpFamily | undefined {
  if (domain === '' || domain === 'ai.onnx') return byType.get(op);
  return byType.get(`${domain}:${op}`) ?? (domain === 't2c' ? byType.get(op) : undefined);
}
