/** Where files go that were dropped on the page or picked: a project, a model, data, a dump or a plugin, told by their names. */
import type { FileInput } from '../../engine/api';
import { conversionOf } from '../selectors';
import { held } from '../services';
import { notifyError, state } from '../store';
import { areDumps, compareDumps } from './chip';
import { useDataOf } from './data';
import { openFiles } from './open';
import { addPlugins, arePlugins } from './plugins';
import { isProject, openProject, openWithProject } from './project';

/**
 * What was dropped or picked: models go to the engine as a model, everything else as data of the open model; a project brings all of
 * these. External data files come together with their .onnx, and its calibration data may. After a conversion, what can be a simulator's dump is compared: with the
 * layer that it was dropped on (`target`), or by its name. Programs are plugins.
 */
export async function takeFiles(files: readonly FileInput[], target?: { readonly layer: string; readonly role: string }): Promise<void> {
  const project = files.find(isProject);
  if (project !== undefined) {
    await openProject(
      project,
      files.filter((f) => !isProject(f)),
    );
    return;
  }
  const isModel = (f: FileInput) => /\.(onnx|pb)$/i.test(f.name);
  const isData = (f: FileInput) => /\.(npz|npy|png|jpe?g|csv)$/i.test(f.name);
  if (files.length === 0) return;
  if (arePlugins(files)) {
    await addPlugins(files);
    return;
  }
  if (state().work.modelWanted !== undefined && files.some(isModel)) {
    await openWithProject(files);
    return;
  }
  if (conversionOf(state()) !== undefined && areDumps(files, target !== undefined)) {
    await compareDumps(files, target);
    return;
  }
  if (!files.some(isModel) && files.some(isData)) {
    if (state().work.model.kind === 'empty') {
      notifyError({
        code: 'not-ready',
        what: 'These are data, and no model is open yet',
        todo: 'Open an .onnx model first, then drop the data again.',
      });
      return;
    }
    await useDataOf(files);
    return;
  }
  const data = files.filter(isData);
  if (await openFiles(files.filter((f) => !isData(f)))) await useDataOf(data);
  else if (state().work.shapeWanted !== undefined) held.pendingData = data;
}
