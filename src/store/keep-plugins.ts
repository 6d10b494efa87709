/** Plugins are kept for the next visit, whatever model is open then: their files, as small data. */
import * as v from 'valibot';
import { keep } from './keep';
import { services } from './services';
import { state } from './store';

const key = 'plugins';
const kept = v.array(v.object({ file: v.string(), source: v.string() }));

export const keepPlugins = (): Promise<void> =>
  keep(() =>
    services().storage.writeMeta(
      key,
      state().plugins.files.map(({ file, source }) => ({ file, source })),
    ),
  );

/** Those of the last visit; none where they cannot be read. */
export async function keptPlugins(): Promise<v.InferOutput<typeof kept>> {
  const parsed = v.safeParse(kept, await services().storage.readMeta(key));
  return parsed.success ? parsed.output : [];
}
