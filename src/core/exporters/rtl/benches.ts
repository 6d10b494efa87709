/** The benches of an op, by its kind: one file per family makes them. Nearly always one; a concat has one per operand. */
import type { ManifestOp } from '../manifest';
import type { Bench } from './bench';
import type { RtlContext } from './context';
import { lutBench, pairBench, requantBench } from './elementwise';
import { linearBench } from './linear';
import { moveBenches, whereBench } from './moves';
import { layernormBench, softmaxBench } from './rows';
import { poolBench, reduceBench } from './window';

/** Empty: the op has no bench. */
export function benchesOf(op: ManifestOp, id: string, c: RtlContext): readonly Bench[] {
  switch (op.kind) {
    case 'conv':
    case 'gemm':
    case 'matmul':
      return [linearBench(op, id, c)];
    case 'add':
    case 'sub':
    case 'mul':
      return [pairBench(op, id, c)];
    case 'requant':
      return [requantBench(op, id, c)];
    case 'lut':
      return [lutBench(op, id, c)];
    case 'pool':
      return [poolBench(op, id, c)];
    case 'reduce':
      return [reduceBench(op, id, c)];
    case 'where':
      return [whereBench(op, id, c)];
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'expand':
    case 'gather':
      return moveBenches(op, id, c);
    case 'softmax':
      return [softmaxBench(op, id, c)];
    case 'layernorm':
      return [layernormBench(op, id, c)];
    default:
      return op satisfies never;
  }
}
