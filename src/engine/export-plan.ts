/** The handlers of ExportPlanApi over what is converted now. Nothing is written, and no tensor is looked through. */
import { checkFormats, exportFormat, exportOptions, layoutOf, StudioError, tensorFacts } from '../core/index';
import type { Exporter, TensorFacts } from '../core/exporters/exporter';
import type { ExportPlanApi } from './export-api';
import { layerTensors } from './layer';
import { exportTensor, tensorOfRole } from './layer-tensors';
import type { Converted, OpenModel } from './state';

/** A zip's head and directory entry of one file. */
const entryBytes = 180;

/** Every file of a tensor in the bundle, copies included. */
function factsOf({ integer, tensors }: Converted): readonly TensorFacts[] {
  const layout = layoutOf(integer);
  const facts = new Map<string, TensorFacts>();
  for (const place of layout.values.values()) {
    const value = integer.values.get(place.name) ?? integer.constants.get(place.name);
    const tensor = tensors.get(place.name) ?? integer.constants.get(place.name);
    if (value && tensor) facts.set(place.name, tensorFacts(place, value, tensor));
  }
  const copies = layout.copies.flatMap((copy) => facts.get(copy.value) ?? []);
  return [...facts.values(), ...copies];
}

export function exportPlanHandlers(
  now: () => { readonly model: OpenModel; readonly converted: Converted },
  exporters: () => readonly Exporter[],
): ExportPlanApi {
  const known = new WeakMap<Converted, readonly TensorFacts[]>();
  return {
    exportFormats: async () =>
      exporters().map(({ id, title, help, group, place, options, needs = [], preview }) => ({
        ...{ id, title, help, group, place, options, needs, previews: preview !== undefined },
      })),
    async exportEstimate({ formats: chosen, options: given }) {
      const { converted } = now();
      checkFormats(chosen, given, exporters());
      const facts = known.get(converted) ?? factsOf(converted);
      known.set(converted, facts);
      const sizes = exporters().map((format): [string, number | undefined] => {
        const { id, estimate } = format;
        if (!estimate) return [id, undefined];
        const options = exportOptions(format, given[id] ?? {});
        return [id, Math.round(facts.reduce((sum, f) => sum + estimate(f, options), 0))];
      });
      const files = facts.length * entryBytes;
      const weights = facts.reduce((sum, { role, shape }) => sum + (role === 'weight' ? shape.reduce((a, b) => a * b, 1) : 0), 0);
      const formats = Object.fromEntries(sizes);
      // the two models hold the weights in a byte each
      return { always: (formats['npy'] ?? 0) + files + 2 * weights + 1500 * converted.integer.ops.length, formats };
    },
    async exportPreview({ format: id, options: given, layer, role, words }) {
      const { model, converted } = now();
      const format = exportFormat(id, exporters());
      const options = exportOptions(format, given);
      if (!format.preview) throw new StudioError({ code: 'bad-usage', what: 'The format has no words to show', got: id });
      const tensor = exportTensor(converted, tensorOfRole(layerTensors(model, converted, layer), layer, role));
      const files = [...(format.tensorFiles?.(tensor, options) ?? [])].map((f) => f.path);
      const bytes = format.estimate?.(tensor.info, options);
      return { ...format.preview(tensor, options, words), files: files.length === 0 ? [format.place] : files, bytes };
    },
  };
}
