/**
 * Vite plugin: tells the service worker (workers/offline.ts) which files of the build to keep. Files without a hash in
 * their name get one beside it. Files of megabytes are a list of their own; TypeScript, which only the editor of plugins needs, is kept
 * once it was asked for.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

export const offlineEntry = 'offline.js';
/** Of public/, in which Vite has no part. */
const publicFiles = ['logo.svg', 'theme.js', 'app.webmanifest'];

const revision = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex').slice(0, 16);

/** `root`: the folder of public/. */
export function offlinePlugin(root: string): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const worker = bundle[offlineEntry];
        if (worker?.type !== 'chunk') throw new Error(`${offlineEntry} is missing in the build`);
        const built = Object.values(bundle)
          .filter(({ fileName }) => fileName !== offlineEntry && !/\.(wasm|map)$|^assets\/language-/.test(fileName))
          .map((file) => ({
            url: file.fileName,
            revision: file.fileName.startsWith('assets/') ? null : revision(file.type === 'chunk' ? file.code : file.source),
          }));
        const copied = publicFiles.map((url) => ({ url, revision: revision(readFileSync(join(root, 'public', url))) }));
        const list = [...built, ...copied].sort((a, b) => (a.url < b.url ? -1 : 1));
        const large = Object.keys(bundle).filter((name) => name.endsWith('.wasm'));
        for (const [name, files] of Object.entries({ 'self.__FILES': list, 'self.__LARGE_FILES': large })) {
          if (!worker.code.includes(name)) throw new Error(`${offlineEntry} has no ${name}`);
          worker.code = worker.code.replace(name, () => JSON.stringify(files));
        }
      },
    },
  };
}
