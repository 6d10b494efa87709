/** What the engine can do here, asked once: the providers that work and the quantizers with their options, the named recipes. */
import { fieldsOf } from '../run-job';
import { services } from '../services';
import { notifyError, setWork } from '../store';

export async function askEngine(): Promise<void> {
  const { engine } = services();
  try {
    setWork({ algorithms: await engine.algorithms() });
    setWork({ presets: await engine.presets() });
    setWork({ providers: await engine.providers() });
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}
