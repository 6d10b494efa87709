/**
 * The operators that become several with values between them that the file does not have: Gemm with a C of rows, Einsum,
 * Sum of many. One list, for the canonical form and the model that the runtime is given must agree on those values.
 */
import type { Model } from '../ir/model';
import type { Pass } from './pass';
import { splitEinsum } from './split-einsum';
import { splitGemm } from './split-gemm';
import { splitSum } from './split-sum';

/** In this order; each gives back the model itself where there is nothing to split. */
export const splits = [splitGemm, splitEinsum, splitSum] satisfies readonly Pass[];

export const splitOps: ReadonlySet<string> = new Set(['Gemm', 'Einsum', 'Sum']);

/** Might the passes find something? Constants are not decoded otherwise. */
export const maySplit = (model: Model): boolean => model.graph.nodes.some((n) => splitOps.has(n.op));
