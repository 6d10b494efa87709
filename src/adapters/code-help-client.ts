/** The page's side of the language worker. Without it (a browser that cannot start it) the editor is a plain one. */
import { wrap } from 'comlink';
import type { CodeHelp } from '../engine/code-help';

export function createCodeHelp(): CodeHelp {
  const worker = new Worker(new URL('../../workers/language.ts', import.meta.url), { type: 'module', name: 'language' });
  const remote = wrap<CodeHelp>(worker);
  // methods of a remote are looked up at each call: spread out, they are plain functions
  return {
    faults: (...args) => remote.faults(...args),
    completions: (...args) => remote.completions(...args),
    detail: (...args) => remote.detail(...args),
    explain: (...args) => remote.explain(...args),
  };
}
