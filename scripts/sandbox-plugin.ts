/**
 * Vite plugin: `virtual:plugin-runtime` is the program of workers/plugin.ts as text, an expression whose value is its `start`. One
 * script without imports: it runs where nothing can be loaded.
 */
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

const name = 'virtual:plugin-runtime';

export async function runtimeText(root: string): Promise<string> {
  const made = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      write: false,
      target: 'esnext',
      copyPublicDir: false,
      lib: { entry: join(root, 'workers/plugin.ts'), formats: ['iife'], name: 'runtime' },
    },
  });
  const outputs = (Array.isArray(made) ? made : [made]).flatMap((m) => ('output' in m ? m.output : []));
  const [chunk] = outputs;
  if (outputs.length !== 1 || chunk?.type !== 'chunk') throw new Error('workers/plugin.ts is not one script');
  return `(()=>{${chunk.code};return runtime.start})()`;
}

/** `root`: the folder of workers/. */
export function sandboxPlugin(root: string): Plugin {
  let text: Promise<string> | undefined;
  return {
    name: 'sandbox',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    async load(id) {
      if (id !== `\0${name}`) return undefined;
      return `export const runtimeText = ${JSON.stringify(await (text ??= runtimeText(root)))};`;
    },
  };
}
