/** The handlers of ChipApi over what is converted now. What was made for one conversion ends with it. */
import { accumulatorUses, defaultWidths, hardwareReport, placeOf, StudioError, traceOutput } from '../core/index';
import type { AccumulatorUse } from '../core/analysis/hardware/types';
import type { ChipApi } from './chip-api';
import { compareDumps, dumpWindow, nextPosition, type KeptDump } from './dumps';
import type { Converted, OpenModel } from './state';

interface Made {
  readonly dumps: Map<string, KeptDump>;
  accumulators: ReadonlyMap<string, AccumulatorUse> | undefined;
}

export function chipHandlers(now: () => { readonly model: OpenModel; readonly converted: Converted }): ChipApi {
  const made = new WeakMap<Converted, Made>();
  const madeOf = (converted: Converted): Made => {
    const known = made.get(converted) ?? { dumps: new Map<string, KeptDump>(), accumulators: undefined };
    made.set(converted, known);
    return known;
  };
  const dumpOf = (id: string): KeptDump => {
    const dump = madeOf(now().converted).dumps.get(id);
    if (dump) return dump;
    throw new StudioError({ code: 'bad-usage', what: 'The dump is not there any more', got: id, todo: 'Give it again.' });
  };
  return {
    async trace(layer, index) {
      const { integer, tensors } = now().converted;
      return traceOutput(integer, tensors, layer, index);
    },
    async hardware(request) {
      const { converted } = now();
      const { integer, tensors } = converted;
      const known = madeOf(converted);
      known.accumulators ??= accumulatorUses(integer, tensors, defaultWidths);
      return hardwareReport(integer, tensors, { ...request, accumulators: known.accumulators });
    },
    async compareDumps(files, target) {
      const { model, converted } = now();
      const { dumps } = madeOf(converted);
      return compareDumps(files, target, model, converted, (dump) => void dumps.set(dump.result.id, dump));
    },
    dumpWindow: async (id, index, window) => dumpWindow(dumpOf(id), index, window),
    async nextMismatch(id, position, by) {
      const { differing, golden, values } = dumpOf(id);
      const at = nextPosition(differing, position, by);
      if (at === undefined) return undefined;
      return { position: at, index: placeOf(at, golden.shape), expected: String(golden.data[at]), got: String(values[at] ?? 'x') };
    },
    async dropDumps(ids) {
      const { dumps } = madeOf(now().converted);
      for (const id of ids) dumps.delete(id);
    },
  };
}
