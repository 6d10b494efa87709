/**
 * What the float runtime must run in place of the file: the file's own graph, but with the input shapes that the
 * canonical model has where a static batch was cut to one sample, with its functions inlined where it has any (a
 * runtime cannot be asked for values inside of functions), with the values that only the canonical model has where an
 * operator becomes several or sums change their order (split.ts, decompose.ts, masks-last.ts, channel-norms.ts,
 * plain-moves.ts), and in float32 with its constants folded where it holds bfloat16 or double, for which the runtime lacks
 * most operators, or takes a float type that samples do not have.
 * Law: it computes what the file computes, sample by sample.
 */
import type { Context } from '../base/context';
import type { CanonicalModel, Model } from '../ir/model';
import type { DType } from '../ir/tensor';
import { channelNorms } from './channel-norms';
import { decodeConstants } from './decode-constants';
import { decompose } from './decompose';
import { dropConstantOutputs, dropUnread } from './drop-dead';
import { foldConstants } from './infer-and-fold';
import { masksLast } from './masks-last';
import { mayMove, plainMoves } from './plain-moves';
import { maySplit, splits } from './split';
import { withInputShapes } from './static-shapes';
import { widenFloats } from './widen-floats';

/** `file` is the model as read. undefined: the file itself will do. */
export async function runtimeModel(file: Model, canonical: CanonicalModel, ctx: Context): Promise<Model | undefined> {
  const plain = maySplit(file) ? decodeConstants.run(file) : file;
  const split = splits.reduce((model, pass) => pass.run(model), plain);
  const original = split === plain ? file : split;
  const shapes = new Map(canonical.model.graph.inputs.map((i) => [i.name, (i.shape ?? []).map(Number)] as const));
  const isApart = hasNewValues(original, canonical.model);
  if (isApart || needsFloat32(original) || mayMove(original)) {
    const folded = await foldConstants(decodeConstants.run(withInputShapes(original, shapes)), ctx);
    const wide = widenFloats.run(dropUnread(dropConstantOutputs(folded)));
    const apart = isApart ? dropUnread(channelNorms.run(masksLast.run(decompose.run(wide)))) : wide;
    return plainMoves.run(apart);
  }
  const isCut = original.graph.inputs.some((i) => {
    const used = shapes.get(i.name);
    return i.shape?.some((d, axis) => typeof d === 'number' && d > 0 && d !== used?.[axis]) === true;
  });
  if (isCut) return withInputShapes(original, shapes);
  // a node of an inlined function has the name of the call as its source, not its own
  const isInlined = original.graph.nodes.some((n) => !n.sources.includes(n.id));
  return isInlined || original !== file ? original : undefined;
}

/** Does the canonical model compute real numbers that the file has no name for? */
function hasNewValues(file: Model, canonical: Model): boolean {
  const known = new Set(file.graph.nodes.flatMap((n) => n.outputs));
  return canonical.graph.nodes.some((n) => n.outputs.some((o) => !known.has(o) && canonical.graph.values.get(o)?.dtype === 'float32'));
}

/** TensorProto.DataType of double and bfloat16, as a Cast names them. */
const WIDE = [11, 16];

function needsFloat32({ graph }: Model): boolean {
  const wide = (dtype: DType): boolean => dtype === 'float64' || dtype === 'bfloat16';
  return (
    graph.inputs.some((i) => wide(i.dtype) || i.dtype === 'float16') ||
    [...graph.initializers.values(), ...graph.values.values(), ...graph.outputs].some((t) => wide(t.dtype)) ||
    graph.nodes.some((n) =>
      Object.entries(n.attrs).some(
        ([key, a]) =>
          (a.type === 'tensor' && wide(a.value.dtype)) ||
          ((key === 'to' || key === 'dtype' || key === 'output_dtype') && a.type === 'int' && WIDE.includes(a.value)),
      ),
    )
  );
}
