/**
 * Reads a model as quantization needs it: one sample, static shapes, constants folded, layers with what belongs to them
 * in one node. The named passes are listed here in their order; each is a file of its own.
 * A static batch of several samples is cut to one where the graph does not have the number built in: every value must
 * shrink by exactly that factor. Where it has, the batch stays and a warning says so.
 */
import type { Context } from '../base/context';
import { CancelledError, StudioError } from '../base/errors';
import type { CanonicalModel, Model } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { channelNorms } from './channel-norms';
import { checkFinite } from './check-finite';
import { constantOf } from './constants';
import { decompose } from './decompose';
import { decodeConstants } from './decode-constants';
import { dropDead } from './drop-dead';
import { floatOutputs } from './float-outputs';
import { foldBatchNorm } from './fold-batch-norm';
import { foldChannelAffine } from './fold-channel-affine';
import { fuseActivation } from './fuse-activation';
import { fuseMatMulBias } from './fuse-matmul-bias';
import { foldProductScale } from './fold-product-scale';
import { foldConstants, inferAndFold } from './infer-and-fold';
import { joinMoves } from './join-moves';
import { masksLast } from './masks-last';
import { plainForms } from './plain-forms';
import { plainMoves } from './plain-moves';
import { runPasses, type Pass } from './pass';
import { recogniseFunctions } from './recognise-functions';
import { recogniseL2Norm } from './recognise-l2-norm';
import { recogniseLayerNorm } from './recognise-layer-norm';
import { recogniseMask } from './recognise-mask';
import { recogniseSoftmax } from './recognise-softmax';
import { removeNoOps, removePlainNoOps } from './remove-no-ops';
import { splits } from './split';
import { inputShapes, staticBatch, withInputShapes, type ChosenShapes } from './static-shapes';
import { stemsOf } from './stems';
import { widenFloats } from './widen-floats';

export interface CanonicaliseOptions {
  /** Full shapes of inputs, by name. */
  readonly shapes?: ChosenShapes;
}

/**
 * Throws `not-finite`, `dynamic-shape`, `bad-usage`, `bad-shape`, `unsupported-operator`, `unsupported-dtype`,
 * `bad-attribute`, `bad-graph`. Weights that no pass changes stay views of the file's bytes.
 */
export async function canonicalise(model: Model, options: CanonicaliseOptions, ctx: Context): Promise<CanonicalModel> {
  const passes: readonly Pass[] = [
    decodeConstants,
    checkFinite,
    ...splits,
    { name: 'static-shapes', run: (m, c) => oneSample(m, options.shapes ?? {}, c) },
    inferAndFold,
    floatOutputs,
    // a reader that nobody needs must not keep two nodes apart
    dropDead,
    widenFloats,
    decompose,
    masksLast,
    channelNorms,
    plainForms,
    plainMoves,
    removePlainNoOps,
    joinMoves,
    removePlainNoOps,
    recogniseLayerNorm,
    recogniseL2Norm,
    recogniseFunctions,
    recogniseSoftmax,
    removeNoOps,
    recogniseMask,
    foldProductScale,
    fuseMatMulBias,
    foldBatchNorm,
    foldChannelAffine,
    fuseActivation,
    dropDead,
  ];
  const canonical = await runPasses(model, passes, ctx);
  return {
    model: canonical,
    stems: stemsOf(model, canonical),
    // a large weight that does not lie on a boundary of its type is a copy: it is not kept
    constants: (name) => constantOf(canonical.graph, name),
  };
}

async function oneSample(model: Model, chosen: ChosenShapes, ctx: Context): Promise<Model> {
  const whole = withInputShapes(model, inputShapes(model, chosen));
  const batch = staticBatch(model, chosen);
  if (batch === undefined) return whole;
  const shapes = whole.graph.inputs.map((i) => [i.name, [1, ...(i.shape ?? []).slice(1)] as number[]] as const);
  const single = withInputShapes(model, new Map(shapes));
  if (await shrinksBy(batch, whole, single, ctx)) {
    ctx.warn({ code: 'batch-cut', message: `the model is written for batches of ${batch}; one sample is used at a time` });
    return single;
  }
  ctx.warn({
    code: 'fixed-batch',
    message: `the batch of ${batch} is built into the model: each "sample" here is a whole batch. Export it with a dynamic batch, or batch 1`,
  });
  return whole;
}

/** Has every value of the one model `factor` times the elements that it has in the other, on one axis? */
async function shrinksBy(factor: number, whole: Model, single: Model, ctx: Context): Promise<boolean> {
  const large = await foldConstants(whole, ctx);
  let small: Model;
  try {
    small = await foldConstants(single, ctx);
  } catch (e) {
    if (e instanceof CancelledError || !(e instanceof StudioError)) throw e;
    return false;
  }
  if (large.graph.values.size !== small.graph.values.size) return false;
  return [...large.graph.values].every(([name, { shape = [] }]) => {
    const cut = small.graph.values.get(name)?.shape ?? [];
    const [from, to] = [shape, cut].map((s) => s.map(Number)) as [number[], number[]];
    const changed = from.filter((d, i) => d !== to[i]);
    return from.length === to.length && changed.length === 1 && sizeOf(from) === factor * sizeOf(to);
  });
}
