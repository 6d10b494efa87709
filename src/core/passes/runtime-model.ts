/**
 * What the float runtime must run in place of the file: the file's own graph, but with the input shapes that the
 * canonical model has where a static batch was cut to one sample, and with its functions inlined where it has any (a
 * runtime cannot be asked for values inside of functions). Law: it computes what the file computes, sample by sample.
 */
import type { CanonicalModel, Model } from '../ir/model';
import { withInputShapes } from './static-shapes';

/** `original` is the model as read. undefined: the file itself will do. */
export function runtimeModel(original: Model, canonical: CanonicalModel): Model | undefined {
  const shapes = new Map(canonical.model.graph.inputs.map((i) => [i.name, (i.shape ?? []).map(Number)] as const));
  const isCut = original.graph.inputs.some((i) => {
    const used = shapes.get(i.name);
    return i.shape?.some((d, axis) => typeof d === 'number' && d > 0 && d !== used?.[axis]) === true;
  });
  if (isCut) return withInputShapes(original, shapes);
  // a node of an inlined function has the name of the call as its source, not its own
  const isInlined = original.graph.nodes.some((n) => !n.sources.includes(n.id));
  return isInlined ? original : undefined;
}
