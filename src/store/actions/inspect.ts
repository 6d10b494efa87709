/** What the inspector asks of the engine: a layer's detail (kept by id until the next conversion), integers, files. */
import type { LayerDetail, TensorWindow } from '../../engine/api';
import { shown, type Loadable } from '../loadable';
import { fieldsOf } from '../run-job';
import { saveBlob } from '../save-blob';
import { services } from '../services';
import { notify, notifyError, setWork, state } from '../store';

/** Asks once; again after `layers` was emptied by a newer result. */
export async function loadLayer(id: string): Promise<void> {
  const before = state().work.layers.get(id);
  if (before !== undefined && before.kind !== 'failed') return;
  const loading: Loadable<LayerDetail> = {
    kind: 'loading',
    progress: undefined,
    previous: before === undefined ? undefined : shown(before),
  };
  const put = (next: Loadable<LayerDetail>) => setWork({ layers: new Map(state().work.layers).set(id, next) });
  // An answer counts while its question still stands: a newer result empties `layers`.
  const stands = () => state().work.layers.get(id) === loading;
  put(loading);
  try {
    const detail = await services().engine.layer(id);
    if (stands()) put({ kind: 'ready', value: detail });
  } catch (error) {
    if (stands()) put({ kind: 'failed', error: fieldsOf(error), previous: undefined });
  }
}

/** A window of an integer tensor. Rejects with the engine's error: the grid shows it in place. */
export function tensorWindow(
  layer: string,
  role: string,
  index: readonly number[],
  window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): Promise<TensorWindow> {
  return services().engine.tensorWindow(layer, role, index, window);
}

const copied = { path: 'Its path in the bundle is copied', c: 'Copied as C', verilog: 'Copied as SystemVerilog' } as const;

/** To the clipboard: where the bundle has the tensor, or its integers as source text. */
export async function copyTensor(layer: string, role: string, form: keyof typeof copied): Promise<void> {
  try {
    const text = await services().engine.tensorText(layer, role, form);
    await navigator.clipboard.writeText(text);
    notify({ tone: 'good', title: copied[form], detail: form === 'path' ? text : undefined });
  } catch (error) {
    if (error instanceof DOMException) notify({ tone: 'watch', title: 'The browser did not allow copying', detail: undefined });
    else notifyError(fieldsOf(error));
  }
}

export async function downloadTensor(layer: string, role: string, format: 'npy' | 'mem'): Promise<void> {
  try {
    const { fileName, bytes } = await services().engine.tensorFile(layer, role, format);
    // The engine's bytes never lie in shared memory.
    saveBlob(new Blob([bytes as Uint8Array<ArrayBuffer>]), fileName);
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}
