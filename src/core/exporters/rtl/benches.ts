/** The bench of an op, by its kind. Every kind has one, and one file per family makes it. */
import type { ManifestOp } from '../manifest';
import type { Bench } from './bench';
import type { RtlContext } from './context';
import { linearBench } from './linear';

/** undefined: the op has no bench. */
export function benchOf(op: ManifestOp, id: string, c: RtlContext): Bench | undefined {
  switch (op.kind) {
    case 'conv':
    case 'gemm':
    case 'matmul':
      return linearBench(op, id, c);
    default:
      return undefined;
  }
}
