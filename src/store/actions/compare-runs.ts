/** Paths and runs side by side: what the view asks of the engine. Rejects with the engine's error, which the view shows in place. */
import type { ComparedLayer, ComparedPath, LayerComparison, RealWindow, Runs } from '../../engine/compare-api';
import { services } from '../services';

export const compareLayers = (a: ComparedPath, b: ComparedPath): Promise<readonly ComparedLayer[]> => services().engine.compareLayers(a, b);

export const compareLayer = (layer: string, a: ComparedPath, b: ComparedPath): Promise<LayerComparison> =>
  services().engine.compareLayer(layer, a, b);

export const compareWindow = (
  layer: string,
  paths: readonly ComparedPath[],
  index: readonly number[],
  window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): Promise<RealWindow> => services().engine.compareWindow(layer, paths, index, window);

export const runs = (): Promise<Runs> => services().engine.runs();
export const pinRun = (isPinned: boolean): Promise<void> => services().engine.pinRun(isPinned);
