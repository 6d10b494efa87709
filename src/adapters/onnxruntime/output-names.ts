/**
 * ONNX Runtime's JavaScript keeps the outputs that are asked for as keys of a plain object, in which `__proto__` is no key. A model
 * with an output of that name is loaded under another name. Law: what is asked for and given back has the model's names.
 */
import { utf8Encode } from '../../core/index';

const name = '__proto__';
/** As long as the name, so that no length in the file changes. */
const aliases = ['__pr0to__', '__pr1to__', '__pr2to__', '__pr3to__', '__pr4to__'];

export interface OutputNames {
  readonly model: Uint8Array;
  /** The name under which the runtime knows it. */
  of(output: string): string;
}

/** undefined: the runtime can be asked for these outputs as they are. */
export function otherNames(model: Uint8Array, outputs: readonly string[]): OutputNames | undefined {
  if (!outputs.includes(name)) return undefined;
  const alias = aliases.find((other) => placesOf(model, other).length === 0);
  if (alias === undefined) return undefined;
  const renamed = model.slice();
  for (const at of placesOf(model, name)) renamed.set(utf8Encode(alias), at);
  return { model: renamed, of: (output) => (output === name ? alias : output) };
}

/** Where the file has this text as a whole: after a byte that says its length. */
function placesOf(model: Uint8Array, text: string): number[] {
  const bytes = utf8Encode(text);
  const places: number[] = [];
  for (let at = model.indexOf(bytes.length); at !== -1; at = model.indexOf(bytes.length, at + 1)) {
    if (bytes.every((b, i) => model[at + 1 + i] === b)) places.push(at + 1);
  }
  return places;
}
