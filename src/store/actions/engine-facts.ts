/** What the engine can do here, asked once: the providers that work, quantizers and export formats with their options, the named recipes. */
import { fieldsOf } from '../run-job';
import { services } from '../services';
import { notifyError, setWork } from '../store';
import { loadFormats } from './export';

export async function askEngine(): Promise<void> {
  const { engine } = services();
  try {
    await askAlgorithms();
    setWork({ presets: await engine.presets() });
    await loadFormats();
    setWork({ providers: await engine.providers() });
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}

/** Plugins change what there is. */
export async function askAlgorithms(): Promise<void> {
  setWork({ algorithms: await services().engine.algorithms() });
}
