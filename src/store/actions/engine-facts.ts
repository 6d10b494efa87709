/** What the engine can do here, asked once: the providers that work, quantizers and export formats with their options, the named recipes. */
import { fieldsOf } from '../run-job';
import { services } from '../services';
import { notifyError, setWork } from '../store';
import { loadFormats } from './export';

export async function askEngine(): Promise<void> {
  const { engine } = services();
  try {
    await askAlgorithms();
    setWork({ providers: await engine.providers() });
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}

/** What plugins change: quantizers, pairs of them, formats. */
export async function askAlgorithms(): Promise<void> {
  const { engine } = services();
  setWork({ algorithms: await engine.algorithms(), presets: await engine.presets() });
  await loadFormats();
}
